"""Accept: what is answered is committed, and the last coupon is given away before "sold out"."""

import pytest

from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Accepted, Refused, Repeated, Why
from fulfiller.domain.stripe import Purse
from fulfiller.service.accept import ROUNDS_MAX
from fulfiller.service.port import Ask
from tests.domain.festival import VALUE, festival
from tests.service.stall import Stall, accepted, last, lose, times, wish

SOLD_OUT = Refused(Why.SOLD_OUT)


def test_an_accepted_claim_is_in_the_store_with_its_money() -> None:
    """Once accept has returned, nothing else has to happen for the promise to hold."""
    stall = Stall()
    (answer,) = accepted(stall.accept(wish("li")))
    assert stall.store.view([answer.claim.id])[answer.claim.id].claim == answer.claim
    assert stall.money(Purse.RESERVED) == VALUE
    stall.audit()


def test_nobody_asks_nothing() -> None:
    """A group of none costs no round trip."""
    stall = Stall()
    assert stall.accept() == ()
    assert stall.store.steps == []


def test_a_group_is_one_read_and_one_write() -> None:
    """However many requests arrive together, the store is asked twice."""
    stall = Stall()
    assert len(accepted(stall.accept(*(wish(f"u{n}") for n in range(500))))) == 500
    assert stall.store.steps == ["look", "write"]
    stall.audit()


def test_running_again_changes_nothing() -> None:
    """The same requests a second time are repeats, and the store stays as it was."""
    stall = Stall()
    requests = [wish("li"), wish("wu"), wish("li", key="new")]
    ids = [answer.claim.id for answer in accepted(stall.accept(*requests))]
    before = stall.available(), len(stall.store.shelves.events)
    assert stall.accept(*requests) == tuple(map(Repeated, [*ids, ids[0]]))
    assert (stall.available(), len(stall.store.shelves.events)) == before


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_unknown_outcome_is_settled_by_running_again(when: str) -> None:
    """Whether or not the write got through, a second run leaves one claim and one answer."""
    stall = Stall()
    getattr(stall.store, when)["write"] = times(1, StoreUnavailable("the line is cut"))
    with pytest.raises(StoreUnavailable):
        stall.accept(wish("li"))
    (answer,) = stall.accept(wish("li"))
    assert isinstance(answer, Accepted if when == "before" else Repeated)
    assert len(stall.store.shelves.claims) == 1
    stall.audit()


# Money


def test_fragments_are_gathered_for_the_last_coupons() -> None:
    """Money that pays for no coupon where it lies pays for two once it is gathered."""
    stall = Stall(last(2))
    stall.scatter(*[VALUE // 2] * 4)
    answers = stall.accept(wish("li"), wish("wu"), wish("he"))
    assert len(accepted(answers)) == 2
    assert answers[2] == SOLD_OUT
    assert stall.available() == [0] * 4
    stall.audit()


def test_a_group_that_fits_in_part_is_served_in_order() -> None:
    """The first by arrival get the last coupons, the others hear that there are no more."""
    stall = Stall(last(4))
    answers = stall.accept(*(wish(f"u{n}") for n in range(10)))
    assert [answer.claim.user for answer in accepted(answers)] == ["u0", "u1", "u2", "u3"]
    assert answers[4:] == (SOLD_OUT,) * 6


def test_sold_out_is_said_only_after_a_count() -> None:
    """Each refusal rests on an event of locked stripes, written before it."""
    stall = Stall(last(4))
    stall.accept(*(wish(f"u{n}") for n in range(4)))
    assert not stall.store.shelves.modes["festival"].exhausted
    assert stall.events(Kind.BUDGET_GATHERED) == []
    assert stall.accept(wish("late")) == (SOLD_OUT,)
    (event,) = stall.events(Kind.BUDGET_GATHERED)
    assert event.detail == "available 0"
    assert stall.store.steps[-3:] == ["look", "lock", "look"]


def test_a_campaign_that_is_sold_out_is_not_counted_again() -> None:
    """The mark answers everybody after the first, at the price of one read."""
    stall = Stall(last(1))
    stall.accept(wish("li"), wish("wu"))
    stall.store.steps.clear()
    assert stall.accept(wish("he"), wish("ma")) == (SOLD_OUT,) * 2
    assert stall.store.steps == ["look"]
    assert len(stall.events(Kind.BUDGET_GATHERED)) == 1


def test_a_cancel_wakes_a_campaign_that_was_sold_out() -> None:
    """The coupon that came back goes to whoever asks next, under the key that was refused."""
    stall = Stall(last(1))
    (first,) = accepted(stall.accept(wish("li")))
    assert stall.accept(wish("wu")) == (SOLD_OUT,)
    assert stall.cancel(first.claim.id)
    row = stall.store.shelves.modes["festival"]
    assert (row.exhausted, row.money_generation) == (False, 1)
    assert len(accepted(stall.accept(wish("wu")))) == 1
    assert stall.accept(wish("li", key="again")) == (SOLD_OUT,)
    stall.audit()


def test_the_first_bearer_of_a_key_gets_the_gathered_money() -> None:
    """Another request under its key, for another campaign, does not overtake it meanwhile."""
    stall = Stall(last(1), festival(id="other"))
    stall.scatter(VALUE - 1, 1, 0, 0)
    answers = stall.accept(wish("li", key="k", body="a"), wish("li", key="k", campaign="other"))
    assert [answer.claim.campaign for answer in accepted(answers)] == ["festival"]
    assert answers[1] == Refused(Why.KEY_REUSED)


def test_a_count_that_loses_a_race_is_made_again() -> None:
    """A deadlock while gathering sends nobody away."""
    stall = Stall(last(1))
    stall.scatter(VALUE - 1, 1, 0, 0)
    stall.store.before["lock"] = lose(2)
    assert len(accepted(stall.accept(wish("li")))) == 1


def test_money_that_is_always_gone_again_is_given_up() -> None:
    """Whatever others do, an intake's thread does not go round for ever."""
    stall = Stall(last(1))

    def hide(_ask: Ask) -> None:
        stall.scatter(VALUE - 1, 1, 0, 0)

    stall.store.before["look"] = hide
    with pytest.raises(Raced, match=f"{ROUNDS_MAX}"):
        stall.accept(wish("li"))
    assert stall.store.steps.count("lock") == ROUNDS_MAX
