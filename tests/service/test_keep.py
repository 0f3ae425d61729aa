"""Keep: one leads, chores come in turn, and whatever fails is survived."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest

from fulfiller.domain.claim import Stage
from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.validity import SECOND
from fulfiller.service.helm import Survey
from fulfiller.service.keep import BUSY, IDLE, LEASE, RENEW, TTL, WATCH, Keeper, News
from fulfiller.service.log import Unsealed
from fulfiller.service.steer import Act, let_flow, pause
from fulfiller.store.memory import MemoryStore
from tests.service.backlog import Backlog, ids

FAULT_S = 0.1
"""How long a keeper's process rests after a fault."""


class Watch:
    """Keepers on one backlog, ticked as their processes would tick them."""

    def __init__(self, *names: str) -> None:
        """Let these keepers start."""
        self.backlog = Backlog("festival")
        self._epochs = count(1)
        self.keepers = {name: self.keeper(name, self.backlog.store) for name in names}
        self.news: list[tuple[str, News]] = []

    def keeper(self, name: str, store: MemoryStore) -> Keeper:
        """Return another keeper on this queue."""
        return Keeper(
            store=store,
            queue=self.backlog.queue,
            holder=name,
            new_epoch=lambda: f"epoch {next(self._epochs)}",
        )

    def run(self, seconds: float) -> None:
        """Let time pass, ticking everybody whenever something is due."""
        end = self.backlog.now + int(seconds * SECOND)
        while self.backlog.now < end:
            rests = [self._tick(name, keeper) for name, keeper in self.keepers.items()]
            self.backlog.now += max(1_000, int(min(rests) * SECOND))

    def leaders(self) -> list[str]:
        """Return who leads, as far as each knows."""
        return [name for name, keeper in self.keepers.items() if keeper.leading]

    def _tick(self, name: str, keeper: Keeper) -> float:
        try:
            kept = keeper.tick(self.backlog.now)
        except StoreUnavailable:
            return FAULT_S
        self.news += [(name, news) for news in kept.news]
        return kept.rest_s


class Faulty(MemoryStore):
    """A store that fails at one thing while it is told to."""

    failing: str | None = None

    def unsealed(self, *, after: tuple[int, int], limit: int) -> Sequence[Unsealed]:
        """Fail, or read as always."""
        self._check("unsealed")
        return super().unsealed(after=after, limit=limit)

    def lease(self, name: str, holder: str, *, ttl_s: float) -> int | None:
        """Fail, or lease as always."""
        self._check("lease")
        return super().lease(name, holder, ttl_s=ttl_s)

    def _check(self, step: str) -> None:
        if self.failing == step:
            raise StoreUnavailable(step)


class Robbed(MemoryStore):
    """A store in which somebody else takes the lease while events are read for sealing."""

    def unsealed(self, *, after: tuple[int, int], limit: int) -> Sequence[Unsealed]:
        """Read as always, and come too late."""
        self.shelves.leases[LEASE].epoch += 1
        return super().unsealed(after=after, limit=limit)


def test_one_of_two_leads() -> None:
    """Run as many as you like: only one holds the lease."""
    watch = Watch("a", "b")
    watch.run(5)
    assert watch.leaders() == ["a"]
    assert watch.news == [("a", News.LEADING)]


def test_another_takes_over_within_five_seconds() -> None:
    """When the leader dies without a word, its lease runs out and another leads."""
    watch = Watch("a", "b")
    watch.run(2)
    del watch.keepers["a"]
    watch.run((TTL + RENEW + WATCH) / SECOND)
    assert watch.leaders() == ["b"]
    assert TTL + RENEW + WATCH < 5 * SECOND


def test_a_retiring_leader_makes_room_at_once() -> None:
    """An ordered stop gives the lease back: nobody waits for it to run out."""
    watch = Watch("a", "b")
    watch.run(2)
    watch.keepers.pop("a").retire()
    watch.run((WATCH + 10_000) / SECOND)
    assert watch.leaders() == ["b"]


def test_a_new_leader_offers_everything_again() -> None:
    """It can't know what was offered, and a repeat changes nothing."""
    watch = Watch("a", "b")
    claims = watch.backlog.claims(50)
    watch.run(1)
    assert ids(watch.backlog.queue.take()) == claims
    watch.keepers.pop("a").retire()
    watch.run(1)
    assert ids(watch.backlog.queue.take()) == claims


def test_a_leader_that_was_frozen_steps_down_first() -> None:
    """After a pause longer than its lease, what it remembers is worth nothing."""
    watch = Watch("a", "b")
    watch.run(2)
    frozen = watch.keepers.pop("a")
    watch.run(6)
    watch.keepers["a"] = frozen
    watch.run(0.1)
    assert watch.leaders() == ["b"]
    assert ("a", News.STANDING_BY) in watch.news


def test_a_lost_broker_is_filled_again() -> None:
    """FLUSHALL takes the epoch along with the hints: everything open is offered again."""
    watch = Watch("a")
    claims = watch.backlog.claims(50)
    watch.run(0.2)
    assert ids(watch.backlog.queue.take()) == claims
    watch.backlog.queue.lose_everything()
    watch.run(1.2)
    assert ids(watch.backlog.queue.take()) == claims
    assert watch.news[-1] == ("a", News.BROKER_EMPTIED)


def test_a_broker_that_lost_nothing_is_not_filled_again() -> None:
    """The first mark of a reign is no loss, and a silent second is none either."""
    watch = Watch("a")
    watch.backlog.claims(50)
    watch.run(0.2)
    watch.backlog.queue.publish(watch.backlog.queue.take())
    watch.run(2)
    assert len(ids(watch.backlog.queue.take())) == 50
    assert watch.news == [("a", News.LEADING)]


def test_a_broker_that_is_away_is_asked_once_a_second() -> None:
    """Each question may cost a time-out; meanwhile sealing goes on and the lease is kept."""
    watch = Watch("a", "b")
    watch.run(1)
    watch.backlog.queue.answers = False
    claims = watch.backlog.claims(5)
    watch.backlog.queue.asked = 0
    watch.run(6)
    assert watch.backlog.queue.asked < 10
    assert watch.leaders() == ["a"]
    last = watch.backlog.store.last_seal()
    assert last is not None
    assert last.number == len(watch.backlog.store.shelves.events)
    watch.backlog.queue.answers = True
    watch.run(1.2)
    assert ids(watch.backlog.queue.take()) == claims
    assert [news for _, news in watch.news] == [
        News.LEADING,
        News.BROKER_AWAY,
        News.BROKER_BACK,
    ]


def test_everything_is_sealed_in_the_end() -> None:
    """The event log is numbered without a gap, more than a batch of it, too."""
    watch = Watch("a")
    for _ in range(1_500):
        watch.backlog.claims(1)
    watch.run(0.5)
    seals = watch.backlog.store.shelves.seals
    assert [seal.number for seal in seals] == list(range(1, 1_502))


def test_a_failing_chore_does_not_hold_up_the_others() -> None:
    """While sealing fails, claims are released all the same, and later it is made up for."""
    watch = Watch()
    store = Faulty(now=lambda: watch.backlog.now)
    store.shelves = watch.backlog.store.shelves
    store.failing = "unsealed"
    watch.keepers["a"] = watch.keeper("a", store)
    claims = watch.backlog.claims(5)
    watch.run(3)
    assert ids(watch.backlog.queue.take())[:5] == claims
    assert store.last_seal() is None
    store.failing = None
    watch.run(1.2)
    assert store.last_seal() is not None


def test_a_leader_that_can_not_renew_stops_leading() -> None:
    """Without the store nobody knows who leads, so after its time a leader does not."""
    watch = Watch()
    store = Faulty(now=lambda: watch.backlog.now)
    watch.keepers["a"] = watch.keeper("a", store)
    watch.run(1)
    store.failing = "lease"
    watch.run(TTL / SECOND + 1.1)
    assert watch.leaders() == []
    store.failing = None
    watch.run(WATCH / SECOND + 0.1)
    assert watch.leaders() == ["a"]


def test_a_deposed_leader_stands_by_at_once() -> None:
    """A seal refused for its epoch ends a reign, long before the next renewal would."""
    watch = Watch()
    store = Robbed(now=lambda: watch.backlog.now)
    store.shelves = watch.backlog.store.shelves
    keeper = watch.keeper("a", store)
    ticks = [keeper.tick(watch.backlog.now) for _ in range(7)]
    assert [kept.leading for kept in ticks] == [True] * 6 + [False]
    assert ticks[-1].news == (News.STANDING_BY,)


@pytest.mark.parametrize("keyless", [False, True])
def test_who_leads_again_starts_afresh(*, keyless: bool) -> None:
    """What was offered in an earlier reign may be lost, on a broker that keeps no epoch, too."""
    watch = Watch("a", "b")
    watch.backlog.queue.keyless = keyless
    claims = watch.backlog.claims(5)
    watch.run(1)
    watch.backlog.queue.take()
    frozen = watch.keepers.pop("a")
    watch.run(5)
    watch.backlog.queue.take()
    watch.keepers = {"a": frozen}
    watch.run(TTL / SECOND + 1)
    assert watch.leaders() == ["a"]
    assert ids(watch.backlog.queue.take()) == claims


def test_the_pace_follows_the_work() -> None:
    """The broker is looked at every 10 ms while there is work, and every 50 ms at rest."""
    watch = Watch("a")
    watch.run(1)
    queue = watch.backlog.queue
    queue.asked = 0
    watch.run(1)
    assert queue.asked < 1.2 * SECOND / IDLE
    queue.asked, end = 0, watch.backlog.now + SECOND
    while watch.backlog.now < end:
        watch.backlog.claims(1)
        queue.take()
        watch.run(BUSY / SECOND)
    assert queue.asked > 0.8 * SECOND / BUSY


class Counted(MemoryStore):
    """A store that counts how often it is surveyed."""

    surveys = 0

    def survey(self) -> Survey:
        """Count, and survey as always."""
        self.surveys += 1
        return super().survey()


def test_a_long_line_costs_a_keeper_nothing_while_nobody_may_be_admitted() -> None:
    """A look to govern and one to count places each second; many more only while it admits."""
    watch = Watch()
    store = Counted(now=lambda: watch.backlog.now)
    store.shelves = watch.backlog.store.shelves
    act = Act(reason="a check", actor="operator:li", now=watch.backlog.now)
    assert pause("festival", act, store=store).changed
    waiting = watch.backlog.claims(5)
    watch.keepers["a"] = watch.keeper("a", store)
    watch.run(10)
    assert store.surveys <= 2 * 11
    assert let_flow(
        "festival", replace(act, until=watch.backlog.now + 3_600 * SECOND), store=store
    ).changed
    watch.run(3)
    assert all(store.shelves.open[claim_id].stage is Stage.ACCEPTED for claim_id in waiting)
