"""A pause while all is killed: nobody is admitted beyond it, no place is lost, it ends itself."""

import signal
from collections.abc import Sequence

from fulfiller.client import Client
from fulfiller.domain.breaker import MINUTE, SECOND, Mode
from fulfiller.domain.campaign import BreakerTerms
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.stripe import Count, counted
from fulfiller.ops.supervise.stack import Stack
from fulfiller.store.proof import prove
from fulfiller.wiring import Truth
from tests.stack.blows import wipe_broker
from tests.stack.opening import MODES, caller, events, opened, rush, spans
from tests.stack.rush import claims
from tests.waiting import until

NAME = "interrupted"
TERMS = {
    "backlog_threshold": 100,
    "resume_threshold": 40,
    "issuing_rate": "200/s",
    "breaker": BreakerTerms(hold_s=4, hold_max_s=8, ramp_s=4),
}
GRACE = SECOND
CROWD = 200
"""Claims that come at once: twice the threshold."""


def outlives_everything(stack: Stack, truth: Truth) -> None:
    """Kill on the way in, while paused and on the way out: the mode and every place stand."""
    opened(truth, NAME, **TERMS)
    rushing = rush(stack, truth, NAME)
    with Client(stack.urls.intake, caller(stack, truth, "crowd")) as crowd:
        # At once, for on a busy machine senders one by one may stay below the rate.
        crowd.submit_many(claims(NAME, CROWD))
    rushing.start()
    try:
        _paused_and_killed(stack, truth)
    finally:
        rushing.stop()
    _until_mode(truth, Mode.FLOWING)
    record = rushing.collect()

    assert record.ended.keys() == record.promised.keys()
    assert len(set(record.codes)) == len(record.promised)
    assert [finding for finding in prove(stack.settings.store_url) if not finding.ok] == []
    log = events(truth, NAME)
    _nobody_beyond(log)
    _few_moves(log)


def _paused_and_killed(stack: Stack, truth: Truth) -> None:
    _until_mode(truth, Mode.PAUSED)
    for name in ("keeper", "intake", "worker1"):
        stack.kill(name, signal.SIGKILL)
    wipe_broker(stack)
    until(lambda: _waiting(truth) > 100, within_s=30)
    _until_mode(truth, Mode.RAMPING)
    for name in ("keeper", "worker1"):
        stack.kill(name, signal.SIGKILL)


def _until_mode(truth: Truth, mode: Mode) -> None:
    until(lambda: truth.modes()[NAME].mode is mode, within_s=60, what=f"it is {mode}")


def _waiting(truth: Truth) -> int:
    return counted(truth.stripes(NAME), Count.WAITLISTED)


def _nobody_beyond(log: Sequence[Event]) -> None:
    """While paused nobody was admitted, but for who was being decided in the first second."""
    admitted = [e.at for e in log if e.kind in (Kind.CLAIM_ACCEPTED, Kind.CLAIM_ADMITTED)]
    pauses = list(spans(log, Kind.MODE_PAUSED))
    assert pauses
    for began, ended in pauses:
        assert [at for at in admitted if began + GRACE < at < ended] == []
    issued = [event.at for event in log if event.kind is Kind.CLAIM_ISSUED]
    assert any(began < at < ended for at in issued for began, ended in pauses)


def _few_moves(log: Sequence[Event]) -> None:
    """At most four in any minute."""
    moves = [event.at for event in log if event.kind in MODES]
    assert all(fifth - first >= MINUTE for first, fifth in zip(moves, moves[4:], strict=False))
