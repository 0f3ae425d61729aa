"""Patience is fast: at five times what can be issued, with a broker in any state."""

import asyncio
import signal
import sys
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from fulfiller.ops.bench.sending import Record, Sender, claim_requests
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.steer import Act, pause
from fulfiller.wiring import Truth
from tests.stack.opening import caller, opened
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
RATE = 200
OVERLOAD = 5
ROUNDS, SECONDS = 3, 1.5
P99_S = 0.1
"""Of the middle one of the rounds: a machine that stands still for once spoils one of them."""
CONNECTIONS = 64


def test_patience_stays_fast_whatever_the_broker_does(stack: Stack, truth: Truth) -> None:
    """Alive, frozen and dead: each of five times the rate gets its place within 100 ms."""
    opened(truth, "rush", issuing_rate=f"{RATE}/s")
    assert pause("rush", Act(reason="x", actor="test", now=truth.now()), store=truth).changed
    key = caller(stack, truth, "caller")
    until(lambda: _told(stack, key, "first")["message"], what="the door knows of the pause")
    _lasting(stack, key, "alive")
    stack.kill("broker", signal.SIGSTOP, group=False)
    _lasting(stack, key, "frozen")
    stack.kill("broker", signal.SIGKILL)
    _lasting(stack, key, "dead")


def _lasting(stack: Stack, key: str, state: str) -> None:
    """Send round after round and judge the answers."""
    p99_s = []
    for _ in range(ROUNDS):
        record = asyncio.run(_overload(stack, key))
        assert record.statuses == {"202": round(RATE * OVERLOAD * SECONDS)}
        p99_s.append(sorted(record.latencies_s)[int(0.99 * len(record.latencies_s))])
    sys.stdout.write(f"{state}: p99 {', '.join(f'{each * 1e3:.1f}' for each in p99_s)} ms\n")
    assert median(p99_s) <= P99_S, state
    told = _told(stack, key, state)
    assert told["state"] == "waitlisted"
    assert told["position"]
    assert "\u2068" in told["message"]


def _told(stack: Stack, key: str, user: str) -> Any:
    """Return what somebody who reads Arabic is told about their claim."""
    headers = {"authorization": f"Bearer {key}", "idempotency-key": user, "accept-language": "ar"}
    claim = {"campaign": "rush", "user": user}
    return httpx.post(f"{stack.urls.intake}/v1/claims", headers=headers, json=claim).json()


async def _overload(stack: Stack, key: str) -> Record:
    """Send at five times the rate, open loop: the clock decides when, not the answers."""
    door = urlsplit(stack.urls.intake)
    total = round(RATE * OVERLOAD * SECONDS)
    due_s = [number / (RATE * OVERLOAD) for number in range(total)]
    sender = Sender(claim_requests(door.netloc, key, "rush", total), due_s)
    await sender.connect(door.hostname or "", door.port or 0, CONNECTIONS)
    await sender.run()
    return sender.record
