"""Create: a campaign is born with all of its money available, once."""

from fulfiller.domain.event import Kind
from fulfiller.domain.stripe import Purse
from fulfiller.service.create import create
from tests.domain.festival import VALUE, festival
from tests.service.stall import Stall, last


def test_a_campaign_is_born_with_its_money() -> None:
    """Whole coupons on every stripe, the rest on the first, and an event that says so."""
    stall = Stall(festival(budget=6 * VALUE + 7))
    assert stall.available() == [2 * VALUE + 7, 2 * VALUE, VALUE, VALUE]
    assert stall.money(Purse.LIMIT) == 6 * VALUE + 7
    (event,) = stall.events(Kind.CAMPAIGN_CREATED)
    assert (event.campaign, event.amount, event.actor) == ("festival", 6 * VALUE + 7, "test")
    stall.audit()


def test_an_id_is_given_once() -> None:
    """Whoever comes second, with the same terms or others, changes nothing."""
    stall = Stall(last(4))
    stall.claims(1)
    assert not create(last(9), store=stall.store, now=stall.now, actor="test")
    assert stall.store.campaign("festival") == last(4)
    assert len(stall.events(Kind.CAMPAIGN_CREATED)) == 1
    stall.audit()


def test_more_stripes_than_coupons() -> None:
    """A small budget leaves most stripes empty, and every coupon can still be given away."""
    stall = Stall(festival(budget=3 * VALUE, stripes=64))
    assert len(stall.claims(5)) == 3
    stall.audit()
