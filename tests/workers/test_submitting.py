"""What a submission is counted as, with real parts and without a worker around them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fulfiller.domain.claim import State
from fulfiller.ops.embedded.server import Server
from fulfiller.service.steer import Act, pause
from fulfiller.settings import load
from fulfiller.wiring import Parts, open_parts
from tests.workers.conftest import worker_env
from tests.workers.festival import ACCOUNT, NAME, Festival
from tests.workers.upstream import Upstream, claim
from workers.submitting import submit


@pytest.fixture
def parts(sqlite_url: str, valkey: Server, tmp_path: Path) -> Iterator[Parts]:
    """The parts of a worker."""
    opened = open_parts(load(worker_env(sqlite_url, valkey.url, tmp_path)), application="test")
    yield opened
    opened.close()


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_claim_that_keeps_its_place_is_counted_as_that(
    parts: Parts, festival: Festival, upstream: Upstream
) -> None:
    """While the campaign is paused nothing is accepted, and nobody is told that it was."""
    act = Act(reason="a check", actor="test", now=festival.store.now())
    assert pause(NAME, act, store=festival.store).changed
    message = upstream.message(claim("li", "order-1"), claim("li", "order-1"))
    told = submit((), message, parts, message_id="one")
    assert told == f"{ACCOUNT}: repeated=1 waitlisted=1"
    assert parts.queue.submitted() == {"repeated": 1, "waitlisted": 1}
    (claim_id,) = festival.store.by_key([(ACCOUNT, "order-1")]).values()
    assert festival.states([claim_id]) == [State.WAITLISTED]
