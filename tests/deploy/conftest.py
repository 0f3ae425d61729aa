"""The services of compose.yaml."""

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.deploy.compose import COMPOSE


@pytest.fixture(scope="package")
def services() -> dict[str, Any]:
    """The services as compose reads them."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return found
