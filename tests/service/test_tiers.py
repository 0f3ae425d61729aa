"""Tiers: served by weight, each with a guaranteed share, the most urgent now and then first."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from fulfiller.domain.campaign import TierTerms, tier_terms
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.pace import EVERY_KEY, Rate
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.service.memory import Memory
from fulfiller.service.release import release
from fulfiller.service.turns import TierTurns, Turns, longest_wait_s, share, weight
from tests.service.backlog import Backlog

USUAL = tier_terms()
YOUNG = dict.fromkeys(Tier, 0)
RATE = Rate.parse("20/s")
TICK = SECOND // 20


@dataclass
class Rush:
    """Claims that come in at so many a second per tier, and leave at RATE."""

    per_s: Mapping[Tier, float]
    backlog: Backlog = field(default_factory=lambda: Backlog("festival"))
    memory: Memory = field(default_factory=Memory)
    came: dict[ClaimId, int] = field(default_factory=dict)
    waits_s: defaultdict[Tier, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Let nothing go faster than RATE."""
        self.backlog.rate(("festival", EVERY_KEY), str(RATE))
        self._due = dict.fromkeys(self.per_s, 0.0)

    def run(self, seconds: int) -> None:
        """Let time pass, tick by tick."""
        for _ in range(seconds * SECOND // TICK):
            self.backlog.now += TICK
            for tier, per_s in self.per_s.items():
                self._due[tier] += per_s * TICK / SECOND
                fresh = self.backlog.claims(int(self._due[tier]), tier=tier)
                self._due[tier] -= len(fresh)
                self.came |= dict.fromkeys(fresh, self.backlog.now)
            self._serve()

    def _serve(self) -> None:
        backlog = self.backlog
        release(self.memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
        hints = backlog.queue.take()
        backlog.work(hints)
        for hint in hints:
            for claim_id in hint.ids:
                wait = backlog.now - self.came[claim_id]
                self.waits_s[hint.lane.tier].append(wait / SECOND)


def test_the_lowest_keeps_its_share_under_a_triple_rush_at_the_top() -> None:
    """What it is guaranteed it gets, within its stated longest wait, and far below it."""
    low = share(Tier.P3, USUAL) * RATE.per_s
    rush = Rush({Tier.P0: 3 * RATE.per_s, Tier.P3: low})
    rush.run(40)
    waits = sorted(rush.waits_s[Tier.P3])
    assert len(waits) >= 0.95 * low * 40 - 1
    assert waits[int(0.99 * len(waits))] < 5 < USUAL[Tier.P3].longest_wait_s
    served = sum(map(len, rush.waits_s.values()))
    assert served >= 0.95 * RATE.per_s * 40


def test_with_equal_demand_a_higher_tier_never_waits_longer() -> None:
    """Of those who are served in any second, whoever stands higher came no earlier."""
    rush = Rush(dict.fromkeys(Tier, 10.0))
    rush.run(40)
    means = [sum(rush.waits_s[tier]) / len(rush.waits_s[tier]) for tier in Tier]
    assert means == sorted(means)
    counts = [len(rush.waits_s[tier]) for tier in Tier]
    assert counts == sorted(counts, reverse=True)


def test_shares_go_by_weight() -> None:
    """8, 4, 2 and 1, while all have enough to do and nobody is late."""
    turns, served = TierTurns(), Counter[Tier]()
    for _ in range(1_500):
        tier = turns.next(YOUNG, USUAL)
        turns.pay(tier, 10, USUAL)
        served[tier] += 10
    assert [served[tier] for tier in Tier] == [8_000, 4_000, 2_000, 1_000]


@pytest.mark.parametrize("late", Tier)
def test_a_late_tier_gets_a_turn_in_four_on_top(late: Tier) -> None:
    """From half of its longest wait on it is urgent; the others keep three quarters of theirs."""
    half = USUAL[late].longest_wait_s * SECOND // 2
    turns, served = TierTurns(), Counter[Tier]()
    for _ in range(1_200):
        tier = turns.next(YOUNG | {late: half}, USUAL)
        turns.pay(tier, 1, USUAL)
        served[tier] += 1
    assert served[late] >= 300
    for tier in Tier:
        assert served[tier] >= 1_200 * share(tier, USUAL) - 1, tier


def test_at_equal_age_the_higher_tier_is_the_more_urgent() -> None:
    """Also where a campaign states its longest waits and weights upside down."""
    upside_down = {
        tier: TierTerms(weight=1 + tier.value, longest_wait_s=60 * (4 - tier.value))
        for tier in Tier
    }
    assert [weight(tier, upside_down) for tier in Tier] == [4, 4, 4, 4]
    assert [longest_wait_s(tier, upside_down) for tier in Tier] == [60, 60, 60, 60]
    turns = TierTurns(number=3)
    assert turns.next(dict.fromkeys(Tier, 50 * SECOND), upside_down) is Tier.P0


def test_nobody_saves_up_turns_while_away() -> None:
    """Who comes back after a long time is served in its turn, not for all the time it was away."""
    turns: Turns[str] = Turns()
    for _ in range(1_000):
        turns.pay(turns.next({"always"}), 1)
    served = Counter[str]()
    for _ in range(100):
        who = turns.next({"always", "back"})
        turns.pay(who, 1)
        served[who] += 1
    assert served["back"] <= 51


def test_a_top_claim_waits_for_no_pile_of_lower_ones() -> None:
    """Its hint is the next of its queue, however full the queues of lower tiers are."""
    backlog, memory = Backlog("festival"), Memory()
    backlog.claims(5_000, tier=Tier.P3)
    release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
    assert len(backlog.queue.waiting[Tier.P3]) == 4
    (urgent,) = backlog.claims(1, tier=Tier.P0)
    backlog.now += TICK
    release(memory, store=backlog.store, queue=backlog.queue, now=backlog.now)
    assert [hint.ids for hint in backlog.queue.waiting[Tier.P0]] == [(urgent,)]
    assert len(backlog.queue.waiting[Tier.P3]) == 4
