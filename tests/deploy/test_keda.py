"""config/keda: the example for KEDA fits the route, the scope and the workers that it speaks of."""

from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml  # type: ignore[import-untyped]

from fulfiller.intake.contract import OPERATIONS
from fulfiller.intake.scale import MAX_MOST, PublicScale

FILE = Path(__file__).parents[2] / "config" / "keda" / "scaledobject.yaml"


def test_the_example_asks_for_what_there_is() -> None:
    """The address is the route's, the value is a whole number of its answer, the key is named."""
    scaled: dict[str, Any]
    scaled, secret = yaml.safe_load_all(FILE.read_text("utf-8"))
    (trigger,) = scaled["spec"]["triggers"]
    asked = trigger["metadata"]
    (operation,) = (each for each in OPERATIONS if each.name == "show_scale")
    url = urlsplit(asked["url"])
    assert (trigger["type"], url.path) == ("metrics-api", operation.path)
    whole = {each.name for each in fields(PublicScale) if each.type in (int, "int")}
    assert asked["valueLocation"] in whole
    (most,) = parse_qs(url.query)["max"]
    assert int(most) == scaled["spec"]["maxReplicaCount"] * int(asked["targetValue"]) <= MAX_MOST
    assert trigger["authenticationRef"]["name"] == secret["metadata"]["name"]
    assert [each["parameter"] for each in secret["spec"]["secretTargetRef"]] == ["token"]
    assert asked["authMode"] == "bearer"
    assert operation.scope
    assert f"--scope {operation.scope}" in FILE.read_text("utf-8")
