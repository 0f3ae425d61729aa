"""Identity: who may claim again, and what two racers who read the same past run into."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.identity import Prior, Seat, holder, seat

GRANTS = ("default", "friend-1", "friend-2", "friend-3")
Wish = tuple[str, int]
"""A grant asked for, and which of the claims so far, if that many, is cancelled afterwards."""
WISHES = st.lists(st.tuples(st.sampled_from(GRANTS), st.integers(0, 11)), max_size=12)


def _prior(grant: str, slot: int, *, cancelled: bool = False) -> Prior:
    return Prior(
        id=ClaimId(f"{grant} {slot}"),
        campaign="festival",
        user="li",
        account="shop",
        grant=grant,
        slot=slot,
        cancelled=cancelled,
    )


def _lives(wishes: Sequence[Wish], limit: int) -> tuple[list[Prior], list[tuple[str, Seat]]]:
    """Let a user claim and cancel, and return what stands and every seat that was taken."""
    past: list[Prior] = []
    seats: list[tuple[str, Seat]] = []
    for grant, victim in wishes:
        place = None if holder(past, grant) else seat(past, grant, limit)
        if place is not None:
            seats.append((grant, place))
            past.append(_prior(grant, place.slot))
        if victim < len(past):
            past[victim] = structs.replace(past[victim], cancelled=True)
    return past, seats


@settings(max_examples=40)
@given(WISHES, st.integers(1, 4))
def test_no_two_claims_ever_break_a_unique_key(wishes: list[Wish], limit: int) -> None:
    """Over any life of claims and cancels, both unique keys stay unique."""
    _, seats = _lives(wishes, limit)
    identities = [(grant, place.turn) for grant, place in seats]
    slots = [(place.slot, place.slot_turn) for _, place in seats]
    assert len(set(identities)) == len(identities)
    assert len(set(slots)) == len(slots)


@settings(max_examples=40)
@given(WISHES, st.integers(1, 4))
def test_nobody_holds_more_than_the_limit(wishes: list[Wish], limit: int) -> None:
    """At no time has a user more claims that count than slots, nor two on one grant."""
    past, _ = _lives(wishes, limit)
    held = [prior for prior in past if not prior.cancelled]
    assert len(held) <= limit
    assert len({prior.grant for prior in held}) == len(held)
    assert {prior.slot for prior in held} <= set(range(1, limit + 1))


@settings(max_examples=40)
@given(WISHES, st.integers(1, 4), st.sampled_from(GRANTS), st.sampled_from(GRANTS))
def test_racers_who_read_the_same_past_collide(
    wishes: list[Wish], limit: int, one: str, other: str
) -> None:
    """Whatever the two ask for, they want the same slot at the same turn: one of them loses."""
    past, _ = _lives(wishes, limit)
    first, second = seat(past, one, limit), seat(past, other, limit)
    assert (first is None) == (second is None)
    if first is not None and second is not None:
        assert (first.slot, first.slot_turn) == (second.slot, second.slot_turn)


@settings(max_examples=40)
@given(WISHES)
def test_the_order_of_the_past_does_not_matter(wishes: list[Wish]) -> None:
    """A store may return a user's claims in any order."""
    past, _ = _lives(wishes, 3)
    assert seat(past, "default", 3) == seat(past[::-1], "default", 3)


def test_a_cancel_frees_identity_and_slot() -> None:
    """After a cancel the same person claims the same grant again, under fresh turns."""
    past = [_prior("default", 1, cancelled=True)]
    assert holder(past, "default") is None
    assert seat(past, "default", 1) == Seat(turn=1, slot=1, slot_turn=1)


def test_a_slot_is_freed_for_another_grant() -> None:
    """Slot and grant are counted apart: the grant is new, the slot has been used before."""
    past = [_prior("friend-1", 1, cancelled=True)]
    assert seat(past, "friend-2", 1) == Seat(turn=0, slot=1, slot_turn=1)


def test_what_is_not_cancelled_frees_nothing() -> None:
    """A claim that was declined is as much a prior as one that was issued."""
    declined = _prior("default", 1)
    assert holder([declined], "default") == declined
    assert seat([declined], "friend-1", 1) is None


def test_the_lowest_free_slot_is_taken() -> None:
    """A gap that a cancel left is filled before a new slot is opened."""
    past = [_prior("a", 1), _prior("b", 2, cancelled=True), _prior("c", 3)]
    assert seat(past, "d", 4) == Seat(turn=0, slot=2, slot_turn=1)
    assert seat(past, "d", 2) == Seat(turn=0, slot=2, slot_turn=1)
