"""What commands find around them."""

from pathlib import Path

import pytest

NOBODY = "127.0.0.1:9"


@pytest.fixture
def environ(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    """Settings of a store of this test's own, with no broker in sight."""
    return {
        "FULFILLER_HOME": str(tmp_path),
        "FULFILLER_STORE_URL": sqlite_url,
        "FULFILLER_BROKER_URL": f"redis://{NOBODY}/0",
    }
