"""Seal: every event gets one number and one place in the chain, once."""

from dataclasses import replace

import pytest

from fulfiller.domain.error import Deposed
from fulfiller.domain.event import GENESIS, digest
from fulfiller.service.keep import LEASE
from fulfiller.service.seal import BATCH, START, chain, seal
from tests.service.stall import Stall


def _lead(stall: Stall, holder: str = "keeper") -> int:
    epoch = stall.store.lease(LEASE, holder, ttl_s=3)
    assert epoch is not None
    return epoch


def test_the_chain_can_be_verified() -> None:
    """Numbers without a gap, and each digest over the one before it and its event."""
    stall = Stall()
    stall.issue(*stall.claims(5))
    assert seal(store=stall.store, fence=_lead(stall)) == 7
    previous = GENESIS
    events = stall.store.shelves.events
    for number, (one, event) in enumerate(zip(stall.store.shelves.seals, events, strict=True), 1):
        previous = digest(previous, number, event)
        assert (one.number, one.digest) == (number, previous)


def test_sealing_again_seals_nothing_twice() -> None:
    """A second run goes on behind the first, and the chain goes on with it."""
    stall = Stall()
    fence = _lead(stall)
    stall.claims(2)
    assert [seal(store=stall.store, fence=fence) for _ in range(2)] == [3, 0]
    stall.claims(1)
    assert seal(store=stall.store, fence=fence) == 1
    seals = stall.store.shelves.seals
    assert [one.number for one in seals] == [1, 2, 3, 4]
    assert seals[3].digest == digest(seals[2].digest, 4, stall.store.shelves.events[3])


def test_a_batch_has_a_limit() -> None:
    """No round is so long that it costs the lease."""
    stall = Stall()
    stall.store.shelves.events *= BATCH + 5
    fence = _lead(stall)
    assert [seal(store=stall.store, fence=fence) for _ in range(3)] == [BATCH, 5, 0]


def test_a_keeper_that_was_deposed_seals_nothing() -> None:
    """Its epoch is over, whatever it believes."""
    stall = Stall()
    fence = _lead(stall, "old")
    stall.now += 4_000_000
    assert _lead(stall, "new") == fence + 1
    with pytest.raises(Deposed):
        seal(store=stall.store, fence=fence)
    assert stall.store.shelves.seals == []


def test_an_empty_log_needs_no_seal() -> None:
    """Nothing is asked of the store when nothing waits, not even the lease."""
    stall = Stall()
    stall.store.shelves.events.clear()
    assert seal(store=stall.store, fence=99) == 0


def test_a_change_breaks_all_that_follows() -> None:
    """Whoever alters an event would have to alter every later seal."""
    stall = Stall()
    stall.claims(3)
    waiting = stall.store.unsealed(after=(0, 0), limit=9)
    altered = [replace(waiting[0], event=replace(waiting[0].event, amount=1)), *waiting[1:]]
    pairs = zip(chain(START, waiting), chain(START, altered), strict=True)
    assert all(one.digest != other.digest for one, other in pairs)
