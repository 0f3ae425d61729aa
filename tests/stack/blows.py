"""Blows that fall on a stack under load, and what has to hold after each of them."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from redis import Redis

from fulfiller.client import Unavailable
from fulfiller.clock import monotonic
from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId, State
from fulfiller.ops.supervise.stack import Stack
from fulfiller.store.proof import prove
from fulfiller.wiring import Truth
from tests.stack.opening import opened, rush
from tests.stack.rush import Record
from tests.waiting import until

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


def wipe_broker(stack: Stack) -> None:
    """Have the broker forget everything."""
    with Redis.from_url(stack.settings.broker_url) as broker:
        broker.flushall()


BLOWS: dict[str, Blow] = {
    "worker": _fall("worker1", group=True),
    "worker-main": _fall("worker1", group=False),
    "worker-child": _kill_child,
    "intake": _fall("intake", group=True),
    "keeper": _fall("keeper", group=True),
    "broker": _restart_broker,
    "wipe": wipe_broker,
}


def survives(stack: Stack, truth: Truth, blow: str) -> None:
    """Have many claim while a blow falls, and check what became of every promise."""
    name = f"rush-{blow}"
    opened(truth, name)
    rushing = rush(stack, truth, name)
    rushing.start()
    until(lambda: len(rushing.record.promised) >= BEFORE, within_s=30)
    BLOWS[blow](stack)
    fallen_at, open_then = monotonic(), tuple(rushing.record.promised)
    until(lambda: _all_done(truth, open_then), within_s=2 * RESCUE_S)
    rescued_s = monotonic() - fallen_at
    until(lambda: len(rushing.record.promised) >= len(open_then) + AFTER, within_s=30)
    rushing.stop()
    record = rushing.collect()
    assert rescued_s < RESCUE_S
    _check(record, stack, away=blow == "intake")


def _all_done(truth: Truth, promised: tuple[str, ...]) -> bool:
    ids = [ClaimId(claim_id.removeprefix(CLAIM_PREFIX)) for claim_id in promised]
    return all(view.state is State.ISSUED for view in truth.view(ids).values())


def _check(record: Record, stack: Stack, *, away: bool) -> None:
    """Every promise was kept once; only while the door itself is away is nobody answered."""
    assert all(away and isinstance(refusal, Unavailable) for refusal in record.refused)
    assert record.ended.keys() == record.promised.keys()
    assert len(set(record.codes)) == len(record.promised)
    assert [finding for finding in prove(stack.settings.store_url) if not finding.ok] == []
