"""Accept, raced with: losers decide again, and arrival decides whatever happens on the way."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfiller.domain.claim import ClaimId, Request
from fulfiller.domain.error import Raced
from fulfiller.domain.outcome import Accepted, Answer, Refused, Repeated, Why
from fulfiller.domain.tier import Tier
from fulfiller.service.accept import LOSSES_MAX
from fulfiller.service.port import Ask, Writes
from tests.domain.festival import VALUE, festival
from tests.service.stall import Stall, accepted, last, lose, wish

Result = TypeVar("Result")
SOLD_OUT = Refused(Why.SOLD_OUT)


def _at_once(calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return what these calls give, each made by a thread of its own."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda call: call(), calls))


def _sizes(stall: Stall) -> list[int]:
    """Note the number of claims in each write from now on."""
    sizes: list[int] = []
    lost = stall.store.before.get("write", lambda _writes: None)

    def note(writes: Writes) -> None:
        sizes.append(len(writes.claims))
        lost(writes)

    stall.store.before["write"] = note
    return sizes


def test_a_lost_race_is_decided_again_on_fresh_reads() -> None:
    """Who loses to the same identity learns which claim won."""
    stall = Stall()
    won: list[ClaimId] = []

    def rival(_writes: Writes) -> None:
        del stall.store.before["write"]
        won.extend(answer.claim.id for answer in accepted(stall.accept(wish("li", key="first"))))

    stall.store.before["write"] = rival
    assert stall.accept(wish("li", key="second")) == (Repeated(won[0]),)
    assert set(stall.store.shelves.keys) == {("shop", "first"), ("shop", "second")}
    stall.audit()


def test_a_mode_that_moved_is_noticed() -> None:
    """Nothing is admitted on the strength of a mode that no longer stands."""
    stall = Stall()

    def move(_ask: Ask) -> None:
        del stall.store.after["look"]
        stall.mode("festival", generation=1)

    stall.store.after["look"] = move
    assert len(accepted(stall.accept(wish("li")))) == 1
    assert stall.store.steps == ["look", "write"] * 2


def test_a_group_that_loses_twice_is_halved() -> None:
    """Whoever keeps losing goes on in smaller steps, down to single requests."""
    stall = Stall()
    stall.store.before["write"] = lose(6)
    sizes = _sizes(stall)
    answers = stall.accept(*(wish(f"u{n}") for n in range(4)))
    assert [answer.claim.user for answer in accepted(answers)] == ["u0", "u1", "u2", "u3"]
    assert sizes == [4, 4, 2, 2, 1, 1, 1, 1, 2]
    stall.audit()


def test_halves_see_each_other() -> None:
    """What the first half stored is a repeat, a taken key or a full slot to the second."""
    stall = Stall()
    stall.store.before["write"] = lose(2)
    sizes = _sizes(stall)
    answers = stall.accept(
        wish("li", body="a"),
        wish("wu"),
        wish("he"),
        wish("li", body="a"),
        wish("li", body="b"),
        wish("wu", key="friend", grant="friend"),
    )
    first = accepted(answers)[0].claim.id
    assert answers[3:] == (Repeated(first), Refused(Why.KEY_REUSED), Refused(Why.USER_LIMIT))
    assert sizes == [4 - 1, 4 - 1, 3]
    stall.audit()


def test_the_second_half_waits_for_what_the_first_could_not_decide() -> None:
    """Also across halves nobody overtakes the first bearer of a key."""
    stall = Stall(last(1), festival(id="other"))
    stall.scatter(VALUE - 1, 1, 0, 0)
    stall.store.before["write"] = lose(2)
    answers = stall.accept(
        wish("li", key="k", body="a"),
        wish("he", campaign="other"),
        wish("li", key="k", campaign="other"),
        wish("ma", campaign="other"),
    )
    assert [answer.claim.user for answer in accepted(answers)] == ["li", "he", "ma"]
    assert answers[2] == Refused(Why.KEY_REUSED)
    stall.audit()


def test_losers_begin_at_another_stripe() -> None:
    """Two that met on a stripe don't meet there again."""
    stall = Stall()
    stall.store.before["write"] = lose(1)
    (answer,) = accepted(stall.accept(wish("li"), start=2))
    assert answer.stripe == 3


def test_a_claim_that_only_loses_is_given_up() -> None:
    """After so many races it is a fault, not a race."""
    stall = Stall()
    stall.store.before["write"] = lose(1_000)
    with pytest.raises(Raced, match=f"lost {LOSSES_MAX} races"):
        stall.accept(wish("li"))
    assert stall.store.steps.count("write") == LOSSES_MAX
    assert stall.store.shelves.claims == {}


# Many at once


def test_the_last_coupons_go_to_exactly_as_many() -> None:
    """64 who fight for five coupons spread over the stripes: five get one."""
    stall = Stall(last(5))
    calls = [lambda n=n: stall.accept(wish(f"u{n}"), start=n)[0] for n in range(64)]
    answers: list[Answer] = _at_once(calls)
    assert len(accepted(answers)) == 5
    assert answers.count(SOLD_OUT) == 59
    stall.audit()


def test_a_key_submitted_many_times_at_once_is_one_claim() -> None:
    """A hundred of the same: one claim, and everybody learns which."""
    stall = Stall()
    answers: list[Answer] = _at_once([lambda: stall.accept(wish("li"))[0]] * 100)
    (kept,) = accepted(answers)
    assert answers.count(Repeated(kept.claim.id)) == 99
    stall.audit()


def test_one_person_under_many_keys_at_once_is_one_claim() -> None:
    """Fifty keys for one identity: one claim, and each key is bound to it."""
    stall = Stall()
    calls = [lambda n=n: stall.accept(wish("li", key=f"k{n}"), start=n)[0] for n in range(50)]
    (kept,) = accepted(_at_once(calls))
    bound = {binding.claim_id for binding in stall.store.shelves.keys.values()}
    assert (len(stall.store.shelves.keys), bound) == (50, {kept.claim.id})
    stall.audit()


def test_whoever_waits_for_a_key_is_not_overtaken_at_another_campaign() -> None:
    """A request that is undecided because of its key keeps its turn for its own identity."""
    worlds = [Stall(last(1), festival(id="other")) for _ in range(2)]
    for stall in worlds:
        stall.scatter(1, VALUE - 1, 0, 0)
    requests = [
        wish("li", key="k"),
        wish("li", key="k", account="rival"),
        wish("wu", key="k", account="rival", campaign="other"),
        wish("wu", key="l", campaign="other"),
    ]
    together = worlds[0].accept(*requests)
    singles = [worlds[1].accept(request)[0] for request in requests]
    assert _told(worlds[0], together) == _told(worlds[1], singles)
    assert together[3] == Refused(Why.IDENTITY_TAKEN)


REQUESTS = st.builds(
    wish,
    st.sampled_from(["li", "wu", "he"]),
    key=st.sampled_from("klmn"),
    body=st.sampled_from("ab"),
    account=st.sampled_from(["shop", "rival"]),
    campaign=st.sampled_from(["festival", "other", "nowhere"]),
    grant=st.sampled_from(["default", "friend"]),
    tier=st.sampled_from([None, Tier.P0]),
)


def _told(stall: Stall, answers: Sequence[Answer]) -> list[Any]:
    """Return answers in words that don't depend on ids."""
    claims = stall.store.shelves.claims
    words: list[Any] = []
    for answer in answers:
        match answer:
            case Accepted(claim):
                words.append(("accepted", claim.user, claim.grant, claim.slot))
            case Repeated(claim_id):
                words.append(("repeated", claims[claim_id].user, claims[claim_id].grant))
            case Refused(why):
                words.append(why)
    return words


@settings(max_examples=50)
@given(st.lists(REQUESTS, max_size=12), st.integers(0, 5), st.integers(0, VALUE), st.integers(0, 9))
def test_a_group_is_answered_as_if_one_by_one(
    requests: list[Request], coupons: int, scattered: int, losses: int
) -> None:
    """However a group is cut, gathered for and raced with, arrival decides and nothing else."""
    worlds = []
    for _ in range(2):
        stall = Stall(last(coupons + 1), festival(id="other", per_user_limit=2))
        stall.scatter(coupons * VALUE + scattered, VALUE - scattered, 0, 0)
        worlds.append(stall)
    together, one_by_one = worlds
    together.store.before["write"] = lose(losses)
    answers = together.accept(*requests)
    singles = [one_by_one.accept(request)[0] for request in requests]
    assert _told(together, answers) == _told(one_by_one, singles)
    for stall in worlds:
        stall.audit()
