"""Patience is fast: at five times what can be issued, with a broker in any state."""

import signal
import sys
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from fulfiller.ops.bench.asking import singles
from fulfiller.ops.bench.sending import Record, Sender
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.steer import Act, hold, pause
from fulfiller.wiring import Truth
from tests.stack.opening import caller, opened
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
NAME, PLAIN = "patient", "plain"
RATE = 200
OVERLOAD = 5
ROUNDS, SECONDS = 7, 1.0
P99_S = 0.1
"""Of the middle one of the rounds: a machine that stands still for a second spoils one or two."""
FACTOR = 2
"""On a machine that is busy with others patience may take so many times what a plain answer does.

Whoever asks a broker that does not answer waits for seconds.
"""
AMPLE = {"backlog_threshold": 1_000_000, "resume_threshold": 500_000}
CONNECTIONS = 64


def test_patience_stays_fast_whatever_the_broker_does(stack: Stack, truth: Truth) -> None:
    """Alive, frozen and dead: each of five times the rate gets its place within 100 ms."""
    key = caller(stack, truth, f"caller-{NAME}")
    limit_s = max(P99_S, FACTOR * _plain_s(stack, truth, key))
    opened(truth, NAME, issuing_rate=f"{RATE}/s")
    assert pause(NAME, _act(truth), store=truth).changed
    until(lambda: _told(stack, key, "first")["message"], what="the door knows of the pause")
    _lasting(stack, key, "alive", limit_s)
    stack.kill("broker", signal.SIGSTOP, group=False)
    _lasting(stack, key, "frozen", limit_s)
    stack.kill("broker", signal.SIGKILL)
    _lasting(stack, key, "dead", limit_s)


def _plain_s(stack: Stack, truth: Truth, key: str) -> float:
    """Return the p99 of as many claims that are accepted; nothing is issued, as in the pause."""
    opened(truth, PLAIN, **AMPLE)
    assert hold(PLAIN, _act(truth), store=truth).changed
    return _p99_s(stack, key, PLAIN)


def _lasting(stack: Stack, key: str, state: str, limit_s: float) -> None:
    """Send round after round and judge the answers."""
    p99_s = _p99_s(stack, key, NAME, limit_s)
    sys.stdout.write(f"{state}: p99 {p99_s * 1e3:.1f} ms of {limit_s * 1e3:.1f} ms\n")
    assert p99_s <= limit_s, state
    told = _told(stack, key, state)
    assert told["state"] == "waitlisted"
    assert told["position"]
    assert "\u2068" in told["message"]


def _p99_s(stack: Stack, key: str, campaign: str, enough_s: float = P99_S) -> float:
    """Return the middle one of what the slowest hundredth of a round took.

    Once most of all the rounds are good enough, the middle one is known to be: no more are sent.
    """
    p99_s: list[float] = []
    while len(p99_s) < ROUNDS and sum(one <= enough_s for one in p99_s) <= ROUNDS // 2:
        record = _overload(stack, key, campaign)
        assert record.statuses == {"202": round(RATE * OVERLOAD * SECONDS)}
        p99_s.append(record.waits.percentiles_ms()["p99"] / 1_000)
    sys.stdout.write(f"{campaign}: {', '.join(f'{one * 1e3:.0f}' for one in p99_s)} ms\n")
    return median(p99_s)


def _act(truth: Truth) -> Act:
    return Act(reason="x", actor="test", now=truth.now())


def _told(stack: Stack, key: str, user: str) -> Any:
    """Return what somebody who reads Arabic is told about their claim."""
    headers = {"authorization": f"Bearer {key}", "idempotency-key": user, "accept-language": "ar"}
    claim = {"campaign": NAME, "user": user}
    return httpx.post(f"{stack.urls.intake}/v1/claims", headers=headers, json=claim).json()


def _overload(stack: Stack, key: str, campaign: str) -> Record:
    """Send at five times the rate, open loop: the clock decides when, not the answers."""
    door = urlsplit(stack.urls.intake)
    total = round(RATE * OVERLOAD * SECONDS)
    due_s = [number / (RATE * OVERLOAD) for number in range(total)]
    sender = Sender(singles(door.netloc, key, campaign, total), due_s)
    sender.connect(door.hostname or "", [door.port or 0], CONNECTIONS)
    return sender.run()
