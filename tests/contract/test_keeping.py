"""Leases, slots, the event log in its order, and its seals."""

import pytest

from fulfiller.domain.claim import Stage
from fulfiller.domain.error import Deposed, Raced
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.tier import Tier
from fulfiller.service.log import Seal
from fulfiller.service.move import park
from fulfiller.service.port import Writes
from fulfiller.service.seal import seal
from fulfiller.wiring import Truth
from tests.contract.crowd import LONGEST_S, aside, together, waits
from tests.contract.world import START, Open, claim, closing, event, found, taken_in
from tests.waiting import until

LONG_S = 60.0
SHORT_S = 0.1


def noted(store: Truth, *details: str) -> None:
    """Write one event per text, each in a transaction of its own."""
    for detail in details:
        store.write(Writes(events=(_note(detail),)))


def told(store: Truth, after: tuple[int, int] = (0, 0), limit: int = 1_000) -> list[str]:
    """Return the texts of the events behind a position."""
    return [entry.event.detail for entry in store.unsealed(after=after, limit=limit)]


def _note(detail: str) -> Event:
    return event(kind=Kind.BUDGET_GATHERED, tier=None, detail=detail)


def test_a_lease_is_held_by_one(truth: Truth) -> None:
    """While one holds it everybody else gets nothing; renewing keeps the epoch."""
    epoch = truth.lease("keeper", "a", ttl_s=LONG_S)
    assert epoch == 1
    assert truth.lease("keeper", "b", ttl_s=LONG_S) is None
    assert truth.lease("keeper", "a", ttl_s=LONG_S) == epoch
    assert truth.leader("keeper") == "a"


def test_leases_of_different_names_have_nothing_to_do_with_each_other(truth: Truth) -> None:
    """Each name has its holder and its epochs."""
    assert truth.lease("keeper", "a", ttl_s=LONG_S) == 1
    assert truth.lease("other", "b", ttl_s=LONG_S) == 1
    assert (truth.leader("keeper"), truth.leader("other")) == ("a", "b")


def test_an_expired_lease_goes_to_whoever_asks_with_a_new_epoch(truth: Truth) -> None:
    """A lease that is not renewed ends by itself, by the store's clock."""
    assert truth.lease("keeper", "a", ttl_s=SHORT_S) == 1
    assert until(lambda: truth.lease("keeper", "b", ttl_s=LONG_S)) == 2
    assert truth.lease("keeper", "a", ttl_s=LONG_S) is None


def test_even_the_same_holder_gets_a_new_epoch_after_a_gap(truth: Truth) -> None:
    """Whatever happened in the gap, writes from before it are fenced off."""
    assert truth.lease("keeper", "a", ttl_s=SHORT_S) == 1
    until(lambda: truth.leader("keeper") is None)
    assert truth.lease("keeper", "a", ttl_s=LONG_S) == 2


def test_a_renewed_lease_lives_longer(truth: Truth) -> None:
    """Renewing counts from now."""
    # Again, should this process have stood still between the two for longer than a lease lives.
    until(lambda: _renewed(truth))
    begun = truth.now()
    until(lambda: truth.now() > begun + 150_000)
    assert truth.leader("keeper") == "a"


def _renewed(truth: Truth) -> bool:
    """Take a short lease and make it a long one; return whether it is the same one."""
    epoch = truth.lease("keeper", "a", ttl_s=SHORT_S)
    return truth.lease("keeper", "a", ttl_s=LONG_S) == epoch


def test_a_lease_given_back_is_free_at_once(truth: Truth) -> None:
    """Only its holder can give it back."""
    truth.lease("keeper", "a", ttl_s=LONG_S)
    truth.release_lease("keeper", "b")
    assert truth.leader("keeper") == "a"
    truth.release_lease("keeper", "a")
    assert truth.leader("keeper") is None
    assert truth.lease("keeper", "b", ttl_s=LONG_S) == 2
    truth.release_lease("nobody's", "a")


def test_of_many_who_ask_at_once_one_leads(open_one: Open, truth: Truth) -> None:
    """A race for a lease has one winner."""
    works = [
        lambda store, name=f"k{n}": store.lease("keeper", name, ttl_s=LONG_S) for n in range(8)
    ]
    won = [epoch for epoch in together(open_one, works) if epoch is not None]
    assert won == [1]
    assert truth.leader("keeper") is not None


def test_slots_are_summed_while_they_are_announced(truth: Truth) -> None:
    """Each worker says what it runs, again and again; the last word counts."""
    assert (truth.slots(), dict(truth.workers())) == (0, {})
    truth.announce("a", 2, ttl_s=LONG_S)
    truth.announce("b", 3, ttl_s=LONG_S)
    truth.announce("a", 4, ttl_s=LONG_S)
    assert truth.slots() == 7
    assert dict(truth.workers()) == {"a": 4, "b": 3}


def test_slots_of_a_silent_worker_run_out(truth: Truth) -> None:
    """A worker that no longer says so runs nothing."""
    truth.announce("a", 2, ttl_s=LONG_S)
    truth.announce("b", 3, ttl_s=SHORT_S)
    until(lambda: truth.slots() == 2)
    assert dict(truth.workers()) == {"a": 2}


def test_events_come_in_the_order_of_their_transactions(truth: Truth) -> None:
    """One after the other, behind a position, as many as asked for."""
    noted(truth, "a", "b", "c", "d")
    entries = truth.unsealed(after=(0, 0), limit=100)
    assert [entry.event.detail for entry in entries] == ["a", "b", "c", "d"]
    positions = [entry.position for entry in entries]
    assert positions == sorted(set(positions))
    assert told(truth, after=positions[0], limit=2) == ["b", "c"]
    assert told(truth, after=positions[-1]) == []


def test_events_of_one_transaction_keep_their_order(truth: Truth) -> None:
    """What was written first is read first."""
    truth.write(Writes(events=tuple(_note(str(n)) for n in range(20))))
    assert told(truth) == [str(n) for n in range(20)]


def test_events_come_back_as_they_were_written(truth: Truth) -> None:
    """Every field of every kind of event, with no claim, one, or many."""
    several = tuple(claim("x").id for _ in range(500))
    written = (
        event(several[0], kind=Kind.CLAIM_ISSUED, tier=Tier.P0, amount=7, detail="quote ' \" 蛇"),
        event(*several, kind=Kind.CLAIM_PARKED, tier=Tier.P3, actor="operator:li", at=START + 1),
        event(kind=Kind.BUDGET_GATHERED, tier=None),
    )
    truth.write(Writes(events=written))
    assert tuple(entry.event for entry in truth.unsealed(after=(0, 0), limit=9)) == written


def test_an_event_of_a_running_transaction_is_not_passed(open_one: Open, truth: Truth) -> None:
    """Whoever reads the log in order never skips what commits late."""
    found(truth)
    (mine,) = taken_in(truth, "a")
    start = truth.unsealed(after=(0, 0), limit=9)[-1].position
    with closing(open_one) as other:
        with other.take([mine], (Stage.ACCEPTED,)) as unit:
            # Where writers queue this waits for the unit; elsewhere it commits before it.
            later = aside(open_one, lambda store: noted(store, "began later"))
            waits(later)
            first = truth.unsealed(after=start, limit=9)
            unit.commit(Writes(events=(_note("began sooner"),)))
        later.result(LONGEST_S)
    start = first[-1].position if first else start
    seen = [entry.event.detail for entry in first]
    until(lambda: sorted([*seen, *told(truth, after=start)]) == ["began later", "began sooner"])


def test_seals_are_appended_and_the_newest_is_known(truth: Truth) -> None:
    """Numbers, positions and digests come back as they were written."""
    assert truth.last_seal() is None
    noted(truth, "a", "b", "c")
    fence = truth.lease("keeper", "a", ttl_s=LONG_S)
    assert fence is not None
    entries = truth.unsealed(after=(0, 0), limit=9)
    seals = [Seal(n, e.position, bytes([n] * 32)) for n, e in enumerate(entries, start=1)]
    truth.seal(seals[:2], fence=fence)
    assert truth.last_seal() == seals[1]
    truth.seal(seals[2:], fence=fence)
    assert truth.last_seal() == seals[2]


def test_a_number_is_given_once(truth: Truth) -> None:
    """Sealing again under a number that exists loses the race and appends nothing."""
    noted(truth, "a", "b")
    fence = truth.lease("keeper", "a", ttl_s=LONG_S)
    assert fence is not None
    first, second = (e.position for e in truth.unsealed(after=(0, 0), limit=9))
    truth.seal([Seal(1, first, b"1")], fence=fence)
    with pytest.raises(Raced) as lost:
        truth.seal([Seal(1, second, b"2"), Seal(2, second, b"3")], fence=fence)
    assert lost.value.over == "seal_pkey"
    assert truth.last_seal() == Seal(1, first, b"1")


def test_a_deposed_keeper_seals_nothing(truth: Truth) -> None:
    """The lease's epoch is checked in the very transaction that appends."""
    noted(truth, "a")
    old = truth.lease("keeper", "old", ttl_s=LONG_S)
    assert old is not None
    truth.release_lease("keeper", "old")
    new = truth.lease("keeper", "new", ttl_s=LONG_S)
    assert new is not None
    with pytest.raises(Deposed):
        seal(store=truth, fence=old)
    assert truth.last_seal() is None
    assert seal(store=truth, fence=new) == 1


def test_a_keeper_that_was_deposed_counts_and_parks_nothing(truth: Truth) -> None:
    """Counting attempts and parking are writes of its lease's epoch, too."""
    found(truth)
    ids = taken_in(truth, "li")
    epoch = truth.lease("keeper", "a", ttl_s=LONG_S)
    assert truth.attempt(ids, fence=epoch) == {ids[0]: 1}
    with pytest.raises(Deposed):
        truth.attempt(ids, fence=7)
    with pytest.raises(Deposed):
        park(ids, "worn", store=truth, now=START, actor="keeper", fence=7)
    assert truth.attempt(ids) == {ids[0]: 2}
    assert park(ids, "worn", store=truth, now=START, actor="keeper", fence=epoch) == tuple(ids)
