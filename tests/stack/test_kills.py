"""Killing any process of the stack under load loses no promise and doubles no coupon."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from fulfiller.client import Unavailable
from fulfiller.clock import monotonic
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId, State
from fulfiller.domain.key import Scope
from fulfiller.domain.money import Money
from fulfiller.domain.validity import DAY, Validity
from fulfiller.ops.keys import add_key, new_key
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.create import create
from fulfiller.wiring import Truth, pepper
from tests.stack.rush import Record, Rush
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
BEFORE, AFTER = 150, 150
"""Promises made before the blow falls, and after it."""
RESCUE_S = 15.0
Blow = Callable[[Stack], None]


def _fall(name: str, *, group: bool) -> Blow:
    return lambda stack: stack.kill(name, signal.SIGKILL, group=group)


def _kill_child(stack: Stack) -> None:
    main = stack.pid("worker1")
    children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)


def _restart_broker(stack: Stack) -> None:
    stack.kill("broker")
    stack.restart("broker")


def _wipe_broker(stack: Stack) -> None:
    with Redis.from_url(stack.settings.broker_url) as broker:
        broker.flushall()


BLOWS: dict[str, Blow] = {
    "worker": _fall("worker1", group=True),
    "worker-main": _fall("worker1", group=False),
    "worker-child": _kill_child,
    "intake": _fall("intake", group=True),
    "keeper": _fall("keeper", group=True),
    "broker": _restart_broker,
    "wipe": _wipe_broker,
}


LATER = (pytest.mark.chaos,)
PUSHED: dict[str, tuple[pytest.MarkDecorator, ...]] = dict.fromkeys(("worker", "wipe"), ())
"""What runs on SQLite at every push; the others run in `make chaos`."""


@pytest.mark.parametrize("stack", ["postgres"], indirect=True)
@pytest.mark.parametrize("blow", BLOWS)
def test_a_kill_under_load_loses_no_promise_and_doubles_no_coupon(
    stack: Stack, truth: Truth, blow: str
) -> None:
    """Every 202 ends in its own coupon, whatever dies while claims come in."""
    _survives(stack, truth, blow)


@pytest.mark.parametrize("stack", ["sqlite"], indirect=True)
@pytest.mark.parametrize("blow", [pytest.param(b, marks=PUSHED.get(b, LATER)) for b in BLOWS])
def test_a_kill_under_load_is_as_harmless_on_sqlite(stack: Stack, truth: Truth, blow: str) -> None:
    """The embedded store keeps every promise, too."""
    _survives(stack, truth, blow)


def _survives(stack: Stack, truth: Truth, blow: str) -> None:
    rush = _open(stack, truth, campaign=f"rush-{blow}")
    rush.start()
    until(lambda: len(rush.record.promised) >= BEFORE, within_s=30)
    BLOWS[blow](stack)
    fallen_at, open_then = monotonic(), tuple(rush.record.promised)
    until(lambda: _all_done(truth, open_then), within_s=2 * RESCUE_S)
    rescued_s = monotonic() - fallen_at
    until(lambda: len(rush.record.promised) >= len(open_then) + AFTER, within_s=30)
    rush.stop()
    record = rush.collect()
    assert rescued_s < RESCUE_S
    _check(record, stack, away=blow == "intake")


def _open(stack: Stack, truth: Truth, campaign: str) -> Rush:
    now = truth.now()
    terms = Campaign(
        id=campaign,
        owner="owner",
        value=Money(2500, "CNY"),
        budget=2500 * 100_000,
        opens_at=now,
        closes_at=now + DAY,
        zone="Asia/Shanghai",
        validity=Validity(days=30),
    )
    assert create(terms, store=truth, now=now, actor="test")
    scopes = (Scope.CLAIM_WRITE, Scope.CLAIM_READ)
    fresh = new_key(f"caller-{campaign}", scopes, pepper=pepper(stack.settings), now=now)
    return Rush(stack.urls.intake, add_key(fresh, store=truth), campaign)


def _all_done(truth: Truth, promised: tuple[str, ...]) -> bool:
    ids = [ClaimId(claim_id.removeprefix(CLAIM_PREFIX)) for claim_id in promised]
    return all(view.state is State.ISSUED for view in truth.view(ids).values())


def _check(record: Record, stack: Stack, *, away: bool) -> None:
    """Every promise was kept once; only while the door itself is away is nobody answered."""
    assert all(away and isinstance(refusal, Unavailable) for refusal in record.refused)
    assert record.ended.keys() == record.promised.keys()
    assert len(set(record.codes)) == len(record.promised)
    from fulfiller.store.proof import prove

    assert [finding for finding in prove(stack.settings.store_url) if not finding.ok] == []
