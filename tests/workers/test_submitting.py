"""What a submission is counted as, with real parts and without a worker around them."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from fulfiller.domain.claim import State
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.spans import open_spans
from fulfiller.ops.trail import Trail
from fulfiller.service.steer import Act, pause
from fulfiller.settings import load
from fulfiller.wiring import Parts, open_parts
from tests.ops.receiver import receiving
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


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_claim_that_came_through_the_broker_is_followed_like_any_other(
    parts: Parts, festival: Festival, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    """Its trace begins with the message, and its lines name neither key nor person."""
    caplog.set_level(logging.INFO)
    message = upstream.message(claim("canary-user", "canary-order"))
    with receiving() as receiver:
        trail = Trail(20, open_spans(receiver.url, "worker", one_in=1))
        for _ in range(2):
            submit((), message, parts, message_id="one", trail=trail)
        trail.close()
    (claim_id,) = festival.store.by_key([(ACCOUNT, "canary-order")]).values()
    trace = claim_id.replace("-", "")
    lines = [each.getMessage() for each in caplog.records if each.name == "fulfiller.claims"]
    said = f"claim.accepted claim_id=clm_{claim_id} campaign={NAME} tier=p2 trace_id={trace}"
    assert lines == [said], "what repeats a claim is none"
    (taken,) = receiver.named("process claims.submit")
    (first,) = receiver.of(trace).values()
    assert (first.place, first.links) == ((trace, trace[16:]), frozenset({taken.place}))
    assert taken.links == frozenset({first.place})
    assert b"canary" not in receiver.raw + caplog.text.encode()
