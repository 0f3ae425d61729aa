"""Shares on real processes: a flood of one caller or of the top tier takes nobody's place."""

from collections.abc import Iterator, Sequence
from statistics import median
from threading import Event, Thread

import pytest

from fulfiller.clock import monotonic
from fulfiller.domain.breaker import SECOND
from fulfiller.domain.campaign import tier_terms
from fulfiller.domain.pace import Rate
from fulfiller.domain.tier import Tier
from fulfiller.ops.supervise.plan import Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.turns import longest_wait_s, share
from fulfiller.settings import Settings
from fulfiller.wiring import Truth, open_truth
from tests.stack.backlog import issued, pile
from tests.stack.opening import opened
from tests.stack.running import running
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
RATE = Rate.parse("100/s")
MINE, THEIRS = 20, 80
"""Claims a second of two callers that share the rate and leave nothing of it."""
FLOOD = 100 * THEIRS
LASTING_S = 4
AMPLE = {"backlog_threshold": 1_000_000, "resume_threshold": 500_000}
STEP_S = 0.1
ROUNDS = 7


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole stack with two workers."""
    with running(tmp_path_factory, Plan(store="postgres", workers=2, slots=1)) as stack:
        yield stack


def test_a_caller_at_a_hundred_times_its_share_delays_no_other(stack: Stack, truth: Truth) -> None:
    """The other's 95th percentile of waits grows by less than a fifth."""
    calm: list[int] = []
    flooded: list[int] = []
    # A round has few enough waits for one standstill of a shared machine to decide it either way:
    # the middle ones of more rounds tell, where the first do not.
    for number in range(1, ROUNDS + 1):
        calm.append(_p95_of_mine(stack, truth, f"calm-{number}", theirs=THEIRS, piled=0))
        piled = FLOOD * LASTING_S
        flooded.append(_p95_of_mine(stack, truth, f"flood-{number}", theirs=0, piled=piled))
        if median(flooded) < 1.2 * median(calm):
            break
    assert median(flooded) < 1.2 * median(calm)


def test_the_lowest_tier_keeps_its_share_under_a_triple_rush_at_the_top(
    stack: Stack, truth: Truth
) -> None:
    """What it is guaranteed it gets, far within its stated longest wait; the top gets the rest."""
    terms = tier_terms()
    low = max(1, round(share(Tier.P3, terms) * RATE.per_s))
    opened(truth, "rush", issuing_rate=str(RATE), **AMPLE)
    senders = [
        _sender(stack.settings, "rush", "top", round(3 * RATE.per_s), Tier.P0),
        _sender(stack.settings, "rush", "low", low, Tier.P3),
    ]
    _run(senders)
    until(lambda: len(_waits(truth, "rush", "low")) == low * LASTING_S, within_s=10)
    waits = _waits(truth, "rush", "low")
    p99 = waits[int(0.99 * (len(waits) - 1))]
    assert p99 < 2 * SECOND < longest_wait_s(Tier.P3, terms) * SECOND
    rest = RATE.per_s - low
    assert len(_waits(truth, "rush", "top")) >= 0.95 * rest * LASTING_S


def _p95_of_mine(stack: Stack, truth: Truth, campaign: str, *, theirs: int, piled: int) -> int:
    opened(truth, campaign, issuing_rate=str(RATE), **AMPLE)
    pile(truth, campaign, piled, account="theirs")
    senders = [_sender(stack.settings, campaign, "mine", MINE)]
    if theirs:
        senders.append(_sender(stack.settings, campaign, "theirs", theirs))
    _run(senders)
    until(lambda: len(_waits(truth, campaign, "mine")) == MINE * LASTING_S, within_s=10)
    waits = _waits(truth, campaign, "mine")
    return waits[int(0.95 * (len(waits) - 1))]


def _waits(truth: Truth, campaign: str, account: str) -> Sequence[int]:
    """Return how long a caller's coupons took, in microseconds, ascending."""
    return sorted(one.waited for one in issued(truth, campaign) if one.account == account)


def _sender(
    settings: Settings, campaign: str, account: str, per_s: int, tier: Tier = Tier.P2
) -> Thread:
    """Return a thread that has so many claims a second accepted, whatever becomes of them."""

    def send() -> None:
        store = open_truth(settings, application="test")
        due, sent, never = monotonic(), 0, Event()
        for step in range(1, round(LASTING_S / STEP_S) + 1):
            pile(store, campaign, round(per_s * STEP_S * step) - sent, account=account, tier=tier)
            sent, due = round(per_s * STEP_S * step), due + STEP_S
            never.wait(max(0.0, due - monotonic()))
        store.close()

    return Thread(target=send, name=account)


def _run(senders: Sequence[Thread]) -> None:
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
