"""A good run: rich in everything that can happen, and nothing of it is wrong."""

from fulfiller.domain.act import Verb
from fulfiller.domain.campaign import Publication
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.pace import Rate, RateScope
from fulfiller.domain.validity import DAY
from fulfiller.service.extend import extend
from fulfiller.service.mark import mark
from fulfiller.service.move import abandon, park, replay
from fulfiller.service.rates import By, Change, set_rate
from fulfiller.service.steer import Act, hold, let_go, pause
from tests.chaos.fair import Fair
from tests.chaos.spoiling import Case
from tests.domain.festival import OPENING, VALUE

APART_S = 60
"""Seconds between scenes: further apart than clocks may differ and transactions may take."""


def good_run() -> Case:
    """Play every scene and return the case."""
    fair = Fair()
    _found(fair)
    for scene in SCENES:
        fair.clock.on(APART_S)
        scene(fair)
    fair.keep(200)
    fair.snapshot("snapshot in the end")
    fair.seal()
    # Something is always not sealed yet.
    extend("festival", OPENING + 91 * DAY, store=fair.store, now=fair.clock(), actor="operator:li")
    fair.clock.on(APART_S)
    return fair.case()


def _found(fair: Fair) -> None:
    fair.found("festival", per_user_limit=2, waitlist_cap=3)
    fair.found("small", budget=3 * VALUE + 7, stripes=2)
    fair.found("paced", issuing_rate="2/s")
    fair.found("steady", issuing_rate="2/s")
    fair.found("rush", backlog_threshold=2)
    fair.found("held", stripes=1)
    fair.found("closed", stripes=1)
    fair.found("draft", publication=Publication.DRAFT)
    fair.found("later", opens_at=OPENING + DAY)
    fair.found("over", opens_at=OPENING - DAY, closes_at=OPENING)


def _claims(fair: Fair) -> None:
    """Keys are sent again, with another body, by others; users reach their limit."""
    fair.claim("li", "li", "festival")
    fair.claim("li again", "li", "festival", key="li")
    fair.claim("li otherwise", "li", "festival", key="li", body="another one")
    fair.claim("li by another key", "li", "festival")
    fair.claim("li of another shop", "li", "festival", account="kiosk")
    fair.claim("li twice", "li", "festival", grant="second")
    fair.claim("li thrice", "li", "festival", grant="third")
    fair.look("look at li", "li")
    fair.cancel("cancel li twice", "li twice")
    fair.claim("li twice again", "li", "festival", grant="second", key="li twice")
    fair.claim("li anew", "li", "festival", grant="second")
    fair.lose("heard of nothing", "qian", "festival", done=True)
    fair.lose("came to nothing", "sun", "festival", done=False)
    fair.vanish("vanished", "wu", "festival")
    fair.issue("li", "li anew", "heard of nothing")
    fair.look("look at li's coupon", "li")
    fair.look("look at li's coupon again", "li")
    fair.cancel("cancel li in vain", "li")


def _refusals(fair: Fair) -> None:
    fair.claim("unknown", "li", "nowhere")
    fair.claim("a draft", "li", "draft")
    fair.claim("too early", "li", "later")
    fair.claim("too late", "li", "over")


def _setbacks(fair: Fair) -> None:
    """Claims are parked, replayed, abandoned."""
    for user in ("wang", "zhao", "zhou"):
        fair.claim(user, user, "festival")
    now, store = fair.clock(), fair.store
    ids = [fair.names[user] for user in ("wang", "zhao", "zhou")]
    assert park(ids, "it ended alone", store=store, now=now, actor="worker")
    fair.look("look at wang parked", "wang")
    fair.cancel("cancel wang in vain", "wang")
    fair.clock.on(5)
    assert replay(ids[:1], store=store, now=fair.clock(), actor="operator:li")
    assert abandon(ids[1:2], "no stock", store=store, now=fair.clock(), actor="operator:li")
    fair.issue("wang")
    fair.look("look at wang", "wang")
    fair.look("look at zhao", "zhao")


def _coupons(fair: Fair) -> None:
    """Coupons are reserved, redeemed, rolled back and revoked."""
    names = ("reserved", "redeemed", "rolled back", "revoked", "untouched")
    for name in names:
        fair.claim(name, name, "festival")
    fair.issue(*names)
    fair.handle("reserve", "reserved", Verb.RESERVE)
    fair.handle("reserve under another key", "reserved", Verb.RESERVE, key="another")
    fair.handle("reserve first", "redeemed", Verb.RESERVE)
    fair.handle("redeem", "redeemed", Verb.REDEEM)
    fair.handle("redeem again", "redeemed", Verb.REDEEM)
    fair.handle("redeem too soon", "rolled back", Verb.REDEEM)
    fair.handle("roll back", "rolled back", Verb.ROLL_BACK)
    fair.handle("revoke", "revoked", Verb.REVOKE)
    fair.snapshot("snapshot of coupons")


def _sold_out(fair: Fair) -> None:
    """Money is gone, comes back, and is gone again."""
    for number in range(3):
        fair.claim(f"small {number}", f"s{number}", "small")
    fair.claim("one too many", "s3", "small")
    fair.clock.on(APART_S)
    fair.cancel("cancel small", "small 0")
    fair.claim("just in time", "s4", "small")
    fair.clock.on(APART_S)
    fair.claim("too many again", "s5", "small")
    fair.snapshot("snapshot of small")
    fair.issue("small 1", "small 2", "just in time")


def _pause(fair: Fair) -> None:
    """Newcomers wait in line while an operator has paused, until the line is full."""
    fair.claim("before the pause", "q-", "festival")
    fair.clock.on(0.01)
    assert pause("festival", _act(fair, "stocktaking"), store=fair.store).changed
    for number in range(3):
        fair.claim(f"waits {number}", f"q{number}", "festival")
    fair.claim("finds no place", "q3", "festival")
    fair.look("look at the line", "waits 0")
    fair.cancel("leave the line", "waits 2")
    fair.clock.on(APART_S)
    fair.keep(3)
    assert let_go("festival", _act(fair, "all is counted"), store=fair.store).changed
    fair.keep(90)
    fair.look("look once admitted", "waits 0")
    fair.issue("before the pause", "waits 0", "waits 1")
    fair.look("look once issued", "waits 0")


def _rush(fair: Fair) -> None:
    """A backlog trips the breaker; it ramps and flows again by itself."""
    for number in range(4):
        fair.claim(f"rush {number}", f"r{number}", "rush")
    fair.clock.on(1)
    fair.issue("rush 0", "rush 1")
    for _ in range(40):
        fair.keep(5)
        fair.issue("rush 2", "rush 3")


def _rates(fair: Fair) -> None:
    """Rates are kept, changed and taken away: of a campaign, of a merchant, of the service."""
    for number in range(8):
        fair.claim(f"steady {number}", f"y{number}", "steady")
    _issue_slowly(fair, [f"steady {number}" for number in range(8)])
    names = [f"paced {number}" for number in range(24)]
    for name in names:
        fair.claim(name, name, "paced", limit_key="merchant")
    _issue_slowly(fair, names[:8])
    _set(fair, ("paced", "merchant"), Rate.parse("1/s"))
    _issue_slowly(fair, names[8:16])
    _set(fair, ("paced", ""), None)
    _set(fair, ("*", ""), Rate.parse("100/s"))
    _issue_slowly(fair, names[16:])
    _set(fair, ("*", ""), None)


def _issue_slowly(fair: Fair, names: list[str]) -> None:
    """Offer all again and again, as the sweep would do, far from any change of rates."""
    fair.clock.on(APART_S)
    for _ in range(len(names)):
        fair.issue(*names)
        fair.clock.on(1)
    fair.clock.on(APART_S)


def _set(fair: Fair, scope: RateScope, rate: Rate | None) -> None:
    by = By(reason="the merchant asked: please", actor="operator:li", now=fair.clock())
    assert set_rate(scope, rate, by, store=fair.store).how is Change.CHANGED


def _left_over(fair: Fair) -> None:
    """Some claims stay: of a held campaign, of one that is paused by hand."""
    for scope in ("held", SERVICE):
        assert mark(scope, "deploy 1.4.2", actor="operator:li", at=fair.clock(), store=fair.store)
    assert hold("held", _act(fair, "no stock"), store=fair.store).changed
    assert pause("closed", _act(fair, "no stock"), store=fair.store).changed
    fair.clock.on(5)
    fair.claim("held", "h", "held")
    fair.claim("kept waiting", "w", "closed")
    fair.look("look at the held", "held")
    extend("festival", OPENING + 90 * DAY, store=fair.store, now=fair.clock(), actor="operator:li")


def _service(fair: Fair) -> None:
    """The whole service is paused for a while."""
    assert pause(SERVICE, _act(fair, "moving house"), store=fair.store).changed
    fair.clock.on(APART_S)
    fair.claim("during the move", "m", "festival")
    fair.clock.on(APART_S)
    assert let_go(SERVICE, _act(fair, "moved"), store=fair.store).changed
    fair.keep(90)
    fair.issue("during the move")


def _act(fair: Fair, reason: str) -> Act:
    return Act(reason=reason, actor="operator:li", now=fair.clock())


SCENES = (
    _claims,
    _refusals,
    _setbacks,
    _coupons,
    _sold_out,
    _pause,
    _rush,
    _rates,
    _service,
    _left_over,
)
