"""One claim, followed from HTTP through Celery to its coupon: by real processes and one id."""

import json
import logging
from collections.abc import Iterator

import pytest

from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.tier import Tier
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.overheard import Overheard
from fulfiller.ops.spans import open_spans
from fulfiller.ops.trail import Trail
from fulfiller.service.dispatch import Hint, Lane
from tests.intake.door import NAME, body, submit
from tests.intake.trailing import trailed
from tests.ops.receiver import Receiver, receiving
from tests.waiting import until
from tests.workers.conftest import StartWorker

CALLER = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A collector of spans."""
    with receiving() as opened:
        yield opened


def test_a_claim_is_followed_from_its_request_to_its_coupon(
    start_worker: StartWorker,
    sqlite_url: str,
    valkey: Server,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Intake and worker speak of it by its id, in lines and in spans; the hint carries no other."""
    caplog.set_level(logging.INFO)
    worker = start_worker(
        sqlite_url,
        FULFILLER_LOG_FORMAT="json",
        FULFILLER_TRACE_ENDPOINT=receiver.url,
        FULFILLER_TRACE_ONE_IN="1",
    )
    trail = Trail(20, open_spans(receiver.url, "intake", one_in=1))
    with trailed(sqlite_url, trail, broker_url=valkey.url) as door, door.caller() as caller:
        until(lambda: Tier.P2 in door.app.publisher.short(), what="the intake knows its queues")
        caller.headers["traceparent"] = f"00-{CALLER[0]}-{CALLER[1]}-01"
        claim_id = submit(caller, "canary-key", body("canary")).json()["claim_id"]
        coupon = caller.get(f"/v1/claims/{claim_id}?wait_s=20").json()["coupon"]
    trail.close()
    worker.says("claim.issued")
    assert worker.stop() == 0

    trace = claim_id.removeprefix("clm_").replace("-", "")
    said = [json.loads(line) for line in worker.text().splitlines() if line.startswith("{")]
    (issued,) = [line for line in said if line.get("event") == "claim.issued"]
    assert (issued["claim_id"], issued["trace_id"], issued["of"]) == (claim_id, trace, "1")
    (succeeded,) = [line for line in said if "succeeded in" in line["message"]]
    assert issued["task_id"] == succeeded["task_id"]
    ours = [each.getMessage() for each in caplog.records if each.name == "fulfiller.claims"]
    assert [line.split()[:2] for line in ours] == [
        [f"claim.{step}", f"claim_id={claim_id}"] for step in ("accepted", "offered")
    ]

    spans = receiver.of(trace)
    assert spans.keys() == {"claim", "commit", "send claims.p2", "process claims.issue"}
    first, task = spans["claim"], spans["process claims.issue"]
    assert {span.parent for span in spans.values()} == {"", first.span}
    assert (task.process, task.said["fulfiller.outcome"]) == ("fulfiller-worker", "issued")
    assert task.said["messaging.message.id"] == issued["task_id"]
    (request,) = receiver.of(CALLER[0]).values()
    assert (request.parent, request.links) == (CALLER[1], frozenset({first.place}))
    assert first.links == {request.place}

    for word in (b"canary", coupon["code"].encode()):
        assert word not in receiver.raw + worker.text().encode() + caplog.text.encode()


def test_what_a_keeper_offers_is_overheard(
    valkey: Server, caplog: pytest.LogCaptureFixture, receiver: Receiver
) -> None:
    """If the broker takes it, and only then."""
    caplog.set_level(logging.INFO)
    ids = [ClaimId(f"01890000-0000-7000-8000-{number:012x}") for number in range(3)]
    trail = Trail(20, open_spans(receiver.url, "keeper", one_in=1))
    for url in (valkey.url, "redis://127.0.0.1:9/0"):
        queue = CeleryQueue(url)
        Overheard(queue, trail).publish([Hint(Lane(NAME, Tier.P1), tuple(ids))])
        queue.close()
    trail.close()
    assert [line.split()[1:3] for line in map(logging.LogRecord.getMessage, caplog.records)] == [
        [f"claim_id=clm_{claim_id}", f"campaign={NAME}"] for claim_id in ids
    ]
    sent = receiver.named("send claims.p1")
    assert len(sent) == 1 + len(ids)
    (group,) = [span for span in sent if len(span.links) == len(ids)]
    assert {span.links for span in sent if span is not group} == {frozenset({group.place})}
