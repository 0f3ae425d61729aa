"""What commands find around them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.ops.test_cli import NOBODY, runner


@pytest.fixture
def environ(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    """Settings of a store of this test's own, with no broker in sight."""
    return {
        "FULFILLER_HOME": str(tmp_path),
        "FULFILLER_STORE_URL": sqlite_url,
        "FULFILLER_BROKER_URL": f"redis://{NOBODY}/0",
    }


@pytest.fixture
def run(environ: dict[str, str]) -> Callable[..., Result]:
    """Run a command on the test's store."""
    return runner(**environ)
