"""compose.yaml as compose reads it, and what its services are given."""

import re
from pathlib import Path
from typing import Any

from fulfiller.settings import PREFIX

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "compose.yaml"
OURS = ("upgrade", "intake", "worker", "keeper", "flower")
SECRET = "a secret of a test and of nothing else"


def environment(service: dict[str, Any]) -> dict[str, str]:
    """Return a service's settings, with the blanks filled in that .env fills."""
    said: dict[str, str] = service["environment"]
    filled = {name: re.sub(r"\$\{[^}]*\}", SECRET, value) for name, value in said.items()}
    return {name: value for name, value in filled.items() if name.startswith(PREFIX)}


def probe(service: dict[str, Any]) -> list[str]:
    """Return the command line of a service's health check, as the engine would run it."""
    how, *words = service["healthcheck"]["test"]
    words = [word.replace("$$", "$") for word in words]
    return ["sh", "-c", *words] if how == "CMD-SHELL" else words
