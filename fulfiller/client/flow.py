"""What the clients do, as generators that neither send nor sleep: each step asks its driver.

A flow yields `Send` or `Pause` and is told the answer or the fault of a send. So retries,
deadlines and budgets are written once, for the blocking and for the async client.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import random
from time import monotonic  # noqa: TID251 - runs in other people's processes, without our clock
from typing import TypeGuard, TypeVar, cast

import httpx

from fulfiller.client import pressing, rating, scaling, spreading, wire
from fulfiller.client.error import ClientError, RateLimited, Unavailable
from fulfiller.client.result import Claim, CouponNow, NewClaim, Outcomes

PAUSE_S = 0.1
PAUSE_MAX_S = 5.0
BUDGET_MAX = 10.0
BUDGET_PER_ANSWER = 0.1
"""In the long run a tenth of all calls may be retries: a client must not feed a storm."""
POLL_S = 25.0
"""Longest single long poll: below what proxies usually allow."""
IDLE_MAX = 20
T = TypeVar("T")


def limits(connections_max: int) -> httpx.Limits:
    """Return how many connections a client may have, and how many of them idle.

    Every call looks at all idle ones: a hundred of them, left over from a moment in which the
    service was slow, make each call take milliseconds for as long as there are calls.
    """
    return httpx.Limits(
        max_connections=connections_max, max_keepalive_connections=min(IDLE_MAX, connections_max)
    )


@dataclass(frozen=True, slots=True)
class Send:
    """Send this call and wait for the answer that long at most."""

    call: wire.Call
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for a while."""

    seconds: float


Heard = httpx.Response | httpx.TransportError | None
Flow = Generator[Send | Pause, Heard, T]


@dataclass(slots=True, kw_only=True)
class Patience:
    """How long a client tries: in all, per try, and how many retries it can afford."""

    deadline_s: float
    try_s: float
    now: Callable[[], float] = monotonic
    jitter: Callable[[], float] = random
    budget: float = field(default=BUDGET_MAX)

    def earn(self) -> None:
        """Book an answer: it pays for a tenth of a retry."""
        self.budget = min(BUDGET_MAX, self.budget + BUDGET_PER_ANSWER)

    def spend(self, attempt: int, fault: ClientError) -> float | None:
        """Return how long to pause before the next try, or None when there is to be none.

        What the service asked for is never cut short; the jitter comes on top of it.
        """
        if not isinstance(fault, Unavailable) or self.budget < 1:
            return None
        if not isinstance(fault, RateLimited):
            # Who comes back when told to is no storm.
            self.budget -= 1
        pause_s = min(PAUSE_S * 2.0**attempt, PAUSE_MAX_S)
        return (fault.retry_after_s or 0) + pause_s * self.jitter()


def submit(claim: NewClaim, patience: Patience) -> Flow[Claim]:
    """Submit a claim and return it."""
    return wire.claim_in((yield from _exchange(wire.submitting(claim), patience)))


def get(claim_id: str, patience: Patience) -> Flow[Claim]:
    """Return a claim as it is now."""
    return wire.claim_in((yield from _exchange(wire.looking(claim_id), patience)))


def find(key: str, patience: Patience) -> Flow[Claim]:
    """Return the claim that was submitted with this key."""
    return wire.claim_in((yield from _exchange(wire.finding(key), patience)))


def cancel(claim_id: str, patience: Patience) -> Flow[Claim]:
    """Cancel a claim and return it."""
    return wire.claim_in((yield from _exchange(wire.cancelling(claim_id), patience)))


def coupon(code: str, patience: Patience) -> Flow[CouponNow]:
    """Return a coupon as it is now."""
    return wire.coupon_in((yield from _exchange(wire.seeing(code), patience)))


def handle(code: str, verb: str, key: str, patience: Patience) -> Flow[CouponNow]:
    """Do something to a coupon, once per key, and return it."""
    return wire.coupon_in((yield from _exchange(wire.handling(code, verb, key), patience)))


def report_pressure(
    campaign: str, report: pressing.NewReport, patience: Patience
) -> Flow[pressing.PressureNow]:
    """Report pressure, and return what is in force."""
    call = pressing.reporting(campaign, report)
    return pressing.pressure_in((yield from _exchange(call, patience)))


def set_rate(
    campaign: str, limit_key: str | None, new: rating.NewRate, patience: Patience
) -> Flow[rating.RateNow]:
    """Set a rate, and return it."""
    call = rating.setting(campaign, limit_key, new)
    return rating.rate_in((yield from _exchange(call, patience)))


def scale(max_workers: int | None, patience: Patience) -> Flow[scaling.Scale]:
    """Return what there is to do, and how many worker slots that takes."""
    return scaling.scale_in((yield from _exchange(scaling.asking(max_workers), patience)))


def wait(claim_id: str, patience: Patience, within_s: float) -> Flow[Claim]:
    """Return a claim once it is done, or as it is when the time is over."""
    end_at = patience.now() + within_s
    while True:
        began_at = patience.now()
        wait_s = min(POLL_S, max(0.0, end_at - began_at))
        call = wire.looking(claim_id, wait_s)
        claim = wire.claim_in((yield from _exchange(call, patience)))
        now = patience.now()
        if claim.done or now >= end_at:
            return claim
        if now - began_at < wait_s / 2:
            # It was not held: too many are waiting there. Look again when it says.
            yield Pause(min(claim.poll_after_s or 1.0, end_at - now))


def outcomes(after: int, patience: Patience, *, follow: bool) -> Flow[Outcomes]:
    """Return the next page that has outcomes; without `follow` an empty one at the end."""
    while True:
        answer = yield from _exchange(wire.following(after), patience)
        page = wire.outcomes_in(answer)
        if page.outcomes or (page.poll_after_s > 0 and not follow):
            return page
        after = page.after
        yield Pause(page.poll_after_s)


def submit_many(
    claims: Sequence[NewClaim], patience: Patience, spread_s: float = 0.0
) -> Flow[list[Claim | ClientError]]:
    """Submit claims in chunks, evenly over a span, and return a result for each, in order."""
    results: list[Claim | ClientError] = []
    now = patience.now()
    turns = spreading.Turns(turn_at=now, end_at=now + spread_s, left=len(claims))
    for part in spreading.parts(claims, spread_s):
        early_s = turns.due(len(part), patience.jitter()) - patience.now()
        if early_s > 0:
            yield Pause(early_s)
        for chunk in wire.chunks(part):
            results += yield from _submit_chunk(chunk, patience)
        turns.done(len(part), patience.now())
    return results


def _submit_chunk(chunk: list[bytes], patience: Patience) -> Flow[list[Claim | ClientError]]:
    """Submit a chunk; what could not be taken in goes again, alone, until the deadline.

    Who is to come back only after that keeps their answer, and holds up none of the others.
    """
    give_up_at = patience.now() + patience.deadline_s
    results: dict[int, Claim | ClientError] = {}
    pending = list(range(len(chunk)))
    for attempt in count():
        answers = yield from _answers([chunk[number] for number in pending], patience)
        results.update(zip(pending, answers, strict=True))
        left_s = give_up_at - patience.now()
        faults = {n: each for n, each in results.items() if _soon(each, left_s)}
        slowest = max(faults.values(), key=lambda fault: fault.retry_after_s or 0, default=None)
        pause_s = None if slowest is None else patience.spend(attempt, slowest)
        if pause_s is None or pause_s >= left_s:
            break
        pending = sorted(faults)
        yield Pause(pause_s)
    return [results[number] for number in range(len(chunk))]


def _soon(result: Claim | ClientError, left_s: float) -> TypeGuard[Unavailable]:
    return isinstance(result, Unavailable) and (result.retry_after_s or 0) < left_s


def _answers(bodies: list[bytes], patience: Patience) -> Flow[list[Claim | ClientError]]:
    """Return a result for each; if the service can't be reached, that is the result of all."""
    try:
        response = yield from _exchange(wire.submitting_many(bodies), patience)
        return wire.results_in(response, len(bodies))
    except Unavailable as fault:
        return [fault] * len(bodies)


def _exchange(call: wire.Call, patience: Patience) -> Flow[httpx.Response]:
    """Return the answer to a call, tried again while that is safe, affordable and in time."""
    give_up_at = patience.now() + patience.deadline_s + call.wait_s
    for attempt in count():
        left_s = max(0.001, give_up_at - patience.now())
        heard = yield Send(call, min(patience.try_s + call.wait_s, left_s))
        fault = _fault(heard)
        if fault is None:
            break
        pause_s = patience.spend(attempt, fault)
        if pause_s is None or patience.now() + pause_s >= give_up_at:
            raise fault
        yield Pause(pause_s)
    patience.earn()
    return cast("httpx.Response", heard)


def _fault(heard: Heard) -> ClientError | None:
    if isinstance(heard, httpx.Response):
        return wire.error_in(heard)
    return wire.unreachable(f"{type(heard).__name__}: {heard}")
