"""The log of PostgreSQL itself: it says that a race was lost, and not who ran."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from fulfiller.domain.error import Raced
from fulfiller.ops.embedded.server import Server
from fulfiller.store.discretion import indiscreet
from fulfiller.store.opening import open_store
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import claim, closing, found, writes

CANARY = "canary-user@example.com"
LOST = 'duplicate key value violates unique constraint "claim_identity"'


def _said(log: Path, before: int) -> str:
    return log.read_bytes()[before:].decode(errors="replace")


def _race(url: str) -> list[bool]:
    """Let two write a claim of one person at once, and return who got through."""
    opening = lambda: open_store(url, application="test")  # noqa: E731 - what both are opened by
    with closing(opening) as store:
        found(store)
    return sorted(together(opening, [_written, _written]))


def _written(store: Truth) -> bool:
    try:
        store.write(writes(claim(CANARY), keys=(), events=()))
    except Raced:
        return False
    return True


def _loud(url: str) -> None:
    """Set this database's log as PostgreSQL's is by itself."""
    name = url.rpartition("/")[2]
    with psycopg.connect(url, autocommit=True) as line:
        line.execute(f"alter database {name} set log_error_verbosity = 'default'".encode())
        line.execute(f"alter database {name} set log_parameter_max_length_on_error = -1".encode())


@pytest.mark.parametrize(("prepare", "named"), [(None, False), (_loud, True)])
def test_a_lost_race_is_logged_without_the_user(
    postgres: Server, postgres_url: str, prepare: Callable[[str], None] | None, *, named: bool
) -> None:
    """Our server says which constraint was hit; one that is set otherwise names the user."""
    if prepare is not None:
        prepare(postgres_url)
    before = postgres.log.stat().st_size
    assert _race(postgres_url) == [False, True]
    said = _said(postgres.log, before)
    assert LOST in said
    assert (CANARY in said) is named
    assert bool(indiscreet(postgres_url)) is named
