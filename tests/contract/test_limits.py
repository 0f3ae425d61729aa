"""Rates that are set by hand, and merchants at a limit of their own, on every store."""

from collections.abc import Callable

from fulfiller.domain.event import Event, Kind
from fulfiller.domain.flow import flow_of
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Rate, RateScope
from fulfiller.domain.tier import Tier
from fulfiller.service.dispatch import Flow, Lane, Page
from fulfiller.service.issue import issue
from fulfiller.service.rates import By, Change, set_rate
from fulfiller.service.serving import FRONT
from fulfiller.wiring import Truth
from tests.contract.world import START, found, press, taken_in

Flaws = Callable[[], list[str]]
LANE = Lane("festival", Tier.P2)
FESTIVAL: RateScope = ("festival", EVERY_KEY)
SHOP: RateScope = ("festival", "shop-7")


def _set(truth: Truth, scope: RateScope, rate: str | None) -> Change:
    by = By(reason="a check", actor="operator:li", now=truth.now())
    return set_rate(scope, None if rate is None else Rate.parse(rate), by, store=truth).how


def _rates(truth: Truth, campaign: str) -> dict[str, str]:
    return {pace.scope[1]: str(pace.rate) for pace in truth.rates(campaign)}


def test_a_rate_is_set_changed_and_taken_away(truth: Truth, flaws: Flaws) -> None:
    """And the campaign's terms say the same as the rate that is kept."""
    found(truth)
    assert _set(truth, FESTIVAL, "500/s") is Change.CHANGED
    assert _set(truth, FESTIVAL, "500/s") is Change.ALREADY
    assert _rates(truth, "festival") == {"": "500/s"}
    assert _stated(truth) == "500/s"
    assert _set(truth, FESTIVAL, "200/h") is Change.CHANGED
    assert (_rates(truth, "festival"), _stated(truth)) == ({"": "200/h"}, "200/h")
    assert _set(truth, FESTIVAL, None) is Change.CHANGED
    assert (_rates(truth, "festival"), _stated(truth)) == ({}, None)
    assert _set(truth, ("nowhere", EVERY_KEY), "1/s") is Change.UNKNOWN_CAMPAIGN
    assert flaws() == []


def test_who_set_a_rate_and_why_is_in_the_log(truth: Truth) -> None:
    """Each change leaves an event; asking for what is already so leaves none."""
    found(truth)
    for rate in ("5/s", "5/s", None):
        _set(truth, SHOP, rate)
    told = [(event.actor, event.detail) for event in _events(truth)]
    assert told == [
        ("operator:li", "5/s at shop-7: a check"),
        ("operator:li", "no limit at shop-7: a check"),
    ]


def test_the_service_has_a_ceiling_over_all_campaigns(truth: Truth, flaws: Flaws) -> None:
    """Two campaigns without a rate of their own share it; surveys show it."""
    found(truth)
    found(truth, id="other")
    assert truth.survey().ceiling is None
    assert _set(truth, SERVICE_RATE, "10/s") is Change.CHANGED
    assert truth.survey().ceiling == Rate.parse("10/s")
    mine = taken_in(truth, *(f"u{n}" for n in range(3)))
    theirs = taken_in(truth, *(f"o{n}" for n in range(3)), campaign="other")
    done = issue([*mine, *theirs], press(truth))
    assert (len(done.issued), len(done.left)) == (2, 4)
    assert flaws() == []


def test_a_merchant_at_its_limit_delays_nobody_else(truth: Truth, flaws: Flaws) -> None:
    """Of its claims two go, and the others wait in a flow of their own."""
    found(truth)
    _set(truth, SHOP, "5/s")
    limited = taken_in(truth, *(f"s{n}" for n in range(4)), limit_key="shop-7")
    free = taken_in(truth, *(f"u{n}" for n in range(4)), limit_key="shop-8")
    done = issue([*limited, *free], press(truth))
    assert set(done.issued) == {*limited[:2], *free}
    assert set(done.left) == set(limited[2:])
    assert _flows(truth) == {flow_of("shop", "shop-7"): 2}
    assert flaws() == []


def test_beside_a_limit_of_another_coupons_are_issued_now(truth: Truth) -> None:
    """Where there is no rate to keep, the time of issue is the clock's, whoever else has one."""
    found(truth)
    _set(truth, SHOP, "5/s")
    (free,) = taken_in(truth, "zhang", limit_key="shop-8")
    assert issue((free,), press(truth)).issued == (free,)
    coupon = truth.view((free,))[free].coupon
    assert coupon is not None
    assert coupon.issued_at == START


def test_claims_from_before_a_limit_go_to_the_end_of_its_flow(truth: Truth, flaws: Flaws) -> None:
    """They may not go past those who wait for the same limit."""
    found(truth)
    early = taken_in(truth, "a", "b", limit_key="shop-7")
    assert _flows(truth) == {flow_of("shop"): 2}
    _set(truth, SHOP, "5/s")
    waiting = taken_in(truth, "c", limit_key="shop-7")
    assert issue(early, press(truth)).issued == ()
    assert _flows(truth) == {flow_of("shop", "shop-7"): 3}
    assert issue(waiting, press(truth)).issued == tuple(waiting)
    assert flaws() == []


def test_a_limit_that_is_gone_holds_nobody_back(truth: Truth) -> None:
    """What waits in its flow goes at once, and newcomers don't go there."""
    found(truth)
    _set(truth, SHOP, "1/h")
    waiting = taken_in(truth, "a", "b", "c", "d", limit_key="shop-7")
    assert len(issue(waiting, press(truth)).issued) == 2
    _set(truth, SHOP, None)
    newcomers = taken_in(truth, "e", limit_key="shop-7")
    assert _flows(truth) == {flow_of("shop"): 1, flow_of("shop", "shop-7"): 2}
    assert len(issue([*waiting, *newcomers], press(truth)).issued) == 3


def test_a_board_shows_flows_rates_and_slots(truth: Truth) -> None:
    """Of the campaigns asked for; a limit's rate where somebody waits for it."""
    found(truth, issuing_rate="10/s")
    found(truth, id="other")
    for scope in (SHOP, ("festival", "shop-9"), ("other", EVERY_KEY)):
        _set(truth, scope, "7/s")
    taken_in(truth, "a", limit_key="shop-7")
    taken_in(truth, "b", "c", account="app")
    taken_in(truth, "d", tier=Tier.P0)
    taken_in(truth, "e", campaign="other")
    truth.announce("worker", 3, ttl_s=60)
    board = truth.board(["festival"])
    assert board.slots == 3
    assert set(board.flows) == {
        Flow(LANE, flow_of("shop", "shop-7")),
        Flow(LANE, flow_of("app")),
        Flow(Lane("festival", Tier.P0), flow_of("shop")),
    }
    assert set(board.flows.values()) == {START}
    assert set(board.paces) == {FESTIVAL, SHOP}


def test_a_board_tells_known_ages_again(truth: Truth) -> None:
    """Of the flows that are named and there still; of all others it looks for them."""
    found(truth)
    found(truth, id="other")
    taken_in(truth, "a")
    taken_in(truth, "b", account="app")
    taken_in(truth, "c", campaign="other")
    shop, app = Flow(LANE, flow_of("shop")), Flow(LANE, flow_of("app"))
    elsewhere = Flow(Lane("other", LANE.tier), flow_of("shop"))
    gone = Flow(LANE, flow_of("gone"))
    board = truth.board(["festival", "other"], {shop: START - 7, gone: START - 9})
    assert board.flows == {shop: START - 7, app: START, elsewhere: START}


def test_pages_are_stretches_of_flows(truth: Truth) -> None:
    """Each behind its cursor and up to its limit, in the order in which they were asked for."""
    found(truth)
    mine = sorted(taken_in(truth, "a", "b", "c"))
    theirs = sorted(taken_in(truth, "d", "e", account="app"))
    shop, app = Flow(LANE, flow_of("shop")), Flow(LANE, flow_of("app"))
    pages = [Page(app, FRONT, 9), Page(shop, FRONT, 2), Page(shop, (START, mine[1]), 9)]
    shown = [[row.id for row in rows] for rows in truth.pages(pages)]
    assert shown == [theirs, mine[:2], mine[2:]]


def test_waiting_for_a_limit_does_not_age_the_campaign(truth: Truth) -> None:
    """The breaker judges what a campaign is late with; a merchant's limit is meant."""
    found(truth)
    _set(truth, SHOP, "1/h")
    taken_in(truth, "a", limit_key="shop-7")
    assert truth.survey().oldest == {}
    taken_in(truth, "b")
    assert truth.survey().oldest == {"festival": START}


def _stated(truth: Truth) -> str | None:
    campaign = truth.campaign("festival")
    assert campaign is not None
    return campaign.issuing_rate


def _flows(truth: Truth) -> dict[str, int]:
    flows = list(truth.board(["festival"]).flows)
    pages = truth.pages([Page(flow, FRONT, 99) for flow in flows])
    return {flow.name: len(rows) for flow, rows in zip(flows, pages, strict=True)}


def _events(truth: Truth) -> list[Event]:
    found_events = truth.unsealed(after=(0, 0), limit=99)
    return [each.event for each in found_events if each.event.kind is Kind.RATE_CHANGED]
