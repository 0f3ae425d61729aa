"""Events: whatever is changed in a sealed event afterwards shows in its digest."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import GENESIS, Event, Kind, Packed, digest, packed, unpacked
from fulfiller.domain.tier import Tier

IDS = st.lists(st.uuids().map(lambda uuid: ClaimId(str(uuid))), max_size=4).map(tuple)
# Separators of all sorts are what a forger would try.
TEXTS = st.text(st.sampled_from('ab01\x00\x1e\x1f,:|\n"é'), max_size=4)
EVENTS = st.builds(
    Event,
    at=st.integers(0, 2**53),
    campaign=TEXTS,
    kind=st.sampled_from(Kind),
    tier=st.none() | st.sampled_from(Tier),
    ids=IDS,
    amount=st.integers(0, 2**53),
    actor=TEXTS,
    detail=TEXTS,
)
PLAIN = Event(
    at=1,
    campaign="festival",
    kind=Kind.CLAIM_ISSUED,
    tier=Tier.P1,
    ids=(ClaimId("01900000-0000-7000-8000-000000000001"),),
    amount=2_500,
    actor="worker",
    detail="",
)


@settings(max_examples=40)
@given(IDS)
def test_packing_is_undone_by_unpacking(ids: tuple[ClaimId, ...]) -> None:
    """Ids come back as they were, each in 16 bytes."""
    assert unpacked(packed(ids)) == ids
    assert len(packed(ids)) == 16 * len(ids)


@settings(max_examples=40)
@given(IDS, st.slices(8))
def test_packed_ids_are_the_ids(ids: tuple[ClaimId, ...], some: slice) -> None:
    """Whoever looks at them finds what was packed; nobody has to know that they are."""
    kept = Packed(packed(ids))
    assert (len(kept), list(kept), tuple(kept)) == (len(ids), list(ids), ids)
    assert kept == ids
    assert kept == Packed(packed(ids))
    assert kept != (*ids, *PLAIN.ids)
    assert (hash(kept), repr(kept)) == (hash(ids), repr(ids))
    assert kept[some] == ids[some]
    assert [kept[place] for place in range(-len(ids), len(ids))] == [*ids, *ids]
    with pytest.raises(IndexError):
        kept[len(ids)]


def test_a_digest_does_not_care_whether_ids_are_packed() -> None:
    """What the keeper seals, writers have written and whoever proves it reads."""
    read = replace(PLAIN, ids=Packed(packed(PLAIN.ids)))
    assert read == PLAIN
    assert digest(GENESIS, 1, read) == digest(GENESIS, 1, PLAIN)


@pytest.mark.parametrize(
    "change",
    [
        {"at": 2},
        {"campaign": "festivals"},
        {"kind": Kind.CLAIM_PARKED},
        {"tier": None},
        {"tier": Tier.P0},
        {"ids": ()},
        {"ids": (*PLAIN.ids, *PLAIN.ids)},
        {"amount": 2_501},
        {"actor": "operator:li"},
        {"detail": "because"},
        # Text moved from one field into the next.
        {"actor": "work", "detail": "er"},
        {"actor": "worker\x1f", "detail": ""},
        {"actor": "worker", "detail": "\x1f"},
    ],
)
def test_any_change_shows(change: dict[str, Any]) -> None:
    """No field of a sealed event can be altered under the same digest."""
    assert digest(GENESIS, 1, replace(PLAIN, **change)) != digest(GENESIS, 1, PLAIN)


def test_number_and_past_are_part_of_it() -> None:
    """An event can't be moved within the log, and nothing before it can be altered."""
    assert digest(GENESIS, 2, PLAIN) != digest(GENESIS, 1, PLAIN)
    assert digest(bytes([1]) + GENESIS[1:], 1, PLAIN) != digest(GENESIS, 1, PLAIN)


@pytest.mark.parametrize("separator", "\x00\x1e\x1f\n,:;|\t 10")
def test_separators_forge_nothing(separator: str) -> None:
    """Two events that differ only in where one text ends and the next begins differ."""
    one = replace(PLAIN, actor=f"a{separator}b", detail="")
    other = replace(PLAIN, actor="a", detail=f"b{separator}")
    assert digest(GENESIS, 1, one) != digest(GENESIS, 1, other)


@settings(max_examples=40)
@given(EVENTS, EVENTS)
def test_two_events_share_a_digest_only_if_they_are_equal(one: Event, other: Event) -> None:
    """The digest covers all that an event says, unambiguously."""
    assert (digest(GENESIS, 1, one) == digest(GENESIS, 1, other)) == (one == other)


@settings(max_examples=40)
@given(EVENTS)
def test_a_digest_is_repeatable(event: Event) -> None:
    """An auditor who recomputes it gets the same 32 bytes."""
    assert digest(GENESIS, 1, event) == digest(GENESIS, 1, replace(event))
    assert len(digest(GENESIS, 1, event)) == 32
