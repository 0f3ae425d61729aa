"""Spans arrive at a real collector: each claim's trace has the claim's id, groups are linked."""

import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pytest

from fulfiller.clock import monotonic
from fulfiller.ops.spans import open_spans
from fulfiller.ops.trail import Trail
from tests.intake.door import body, submit
from tests.intake.trailing import trailed
from tests.ops.receiver import Receiver, receiving

NOWHERE = "http://127.0.0.1:9/v1/traces"
END_S = 6.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A collector."""
    with receiving() as opened:
        yield opened


def test_the_trace_of_a_claim_is_known_by_its_id(sqlite_url: str, receiver: Receiver) -> None:
    """The request is its first span, and the commit is below: no id was carried from there."""
    trail = Trail(0, open_spans(receiver.url, "intake", one_in=1))
    with trailed(sqlite_url, trail) as door, door.caller() as caller:
        caller.headers["x-request-id"] = "r-1"
        claim = submit(caller, "canary-key", body("canary")).json()
    trail.close()
    trace = claim["claim_id"].removeprefix("clm_").replace("-", "")
    spans = receiver.of(trace)
    assert spans.keys() == {"POST /v1/claims", "commit"}
    request, commit = spans["POST /v1/claims"], spans["commit"]
    assert (request.parent, request.span, request.process) == ("", trace[16:], "fulfiller-intake")
    assert request.said["http.request.header.x-request-id"] == "r-1"
    assert (commit.parent, commit.links) == (request.span, frozenset())
    assert 0 < commit.took_s <= request.took_s + 0.001 < 5
    assert b"canary" not in receiver.raw


def test_claims_that_come_together_are_linked_with_what_they_share(
    sqlite_url: str, receiver: Receiver
) -> None:
    """A batch and its commit have traces of their own, linked with those of their claims."""
    trail = Trail(0, open_spans(receiver.url, "intake", one_in=1))
    claims = [body(f"u{n}") | {"idempotency_key": f"k{n}"} for n in range(5)]
    with trailed(sqlite_url, trail) as door, door.caller() as caller:
        for _ in range(2):
            answer = caller.post("/v1/claims/batch", json={"claims": claims})
    trail.close()
    ids = [each["claim"]["claim_id"] for each in answer.json()["results"]]
    traces = {claim_id.removeprefix("clm_").replace("-", "") for claim_id in ids}
    firsts = {(trace, trace[16:]) for trace in traces}
    batch, again = receiver.named("POST /v1/claims/batch")
    group = next(span for span in receiver.named("commit") if span.trace not in traces)
    assert batch.links == again.links == group.links == firsts
    assert group.said["messaging.batch.message_count"] == 5
    for trace in traces:
        spans = receiver.of(trace)
        assert spans.keys() == {"claim", "commit"}, "what repeats a claim begins none"
        assert (spans["claim"].span, spans["claim"].links) == (trace[16:], frozenset({batch.place}))
        assert (spans["commit"].parent, spans["commit"].links) == (
            trace[16:],
            frozenset({group.place}),
        )


def test_one_claim_in_so_many_is_traced(sqlite_url: str, receiver: Receiver) -> None:
    """And what was done for claims of which none is traced has no span at all."""
    trail = Trail(0, open_spans(receiver.url, "intake", one_in=65_536))
    claims = [body(f"u{n}") | {"idempotency_key": f"k{n}"} for n in range(20)]
    with trailed(sqlite_url, trail) as door, door.caller() as caller:
        caller.post("/v1/claims/batch", json={"claims": claims})
    trail.close()
    assert receiver.spans == []


def test_a_collector_that_is_away_stops_nobody(sqlite_url: str) -> None:
    """Claims are taken in, and the process ends within seconds."""
    trail = Trail(0, open_spans(NOWHERE, "intake", one_in=1))
    with trailed(sqlite_url, trail) as door, door.caller() as caller:
        assert submit(caller, "k").status_code == 202
    began = monotonic()
    trail.close()
    assert monotonic() - began < END_S


INTAKE = """
import sys
from dataclasses import replace
from fulfiller.settings import load
from fulfiller.ops.intake import intake_parts
from fulfiller.ops.trail import open_trail

def show(settings):
    with_spans = open_trail(settings, "intake").traced
    known = [name for name in sys.modules if name.startswith(("opentelemetry.sdk.", "google."))]
    print(with_spans, bool(known))

wanted = load()
assert wanted.trace_endpoint == "http://127.0.0.1:9/v1/traces"
intake_parts(wanted)
show(replace(wanted, trace_endpoint=""))
sys.modules["opentelemetry.sdk"] = None
show(wanted)
del sys.modules["opentelemetry.sdk"]
show(wanted)
"""


def test_nothing_is_imported_unless_it_is_wanted(tmp_path: Path) -> None:
    """Whoever wants no spans does not pay for the SDK.

    The usual variable is a wish, too; where the extra is missing that is said, and stops nobody,
    for platforms set it for whatever they run.
    """
    environ = {
        "FULFILLER_HOME": str(tmp_path),
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9/",
    }
    argv = [sys.executable, "-c", INTAKE]
    done = run(argv, env=environ, capture_output=True, text=True, check=False)
    unwanted, missing, wanted = done.stdout.splitlines()
    assert (unwanted, missing.split()[0], wanted) == ("False False", "False", "True True")
    assert "trace.off" in done.stderr
    assert "pip install 'fulfiller[otel]'" in done.stderr
