"""A database in which every law holds and every table has rows, sealed and with a tail."""

from msgspec import structs

from fulfiller.domain.act import Verb
from fulfiller.domain.breaker import Reading
from fulfiller.domain.campaign import policy
from fulfiller.domain.claim import ClaimId, Stage
from fulfiller.domain.code import mint
from fulfiller.domain.event import Kind
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, SECOND
from fulfiller.service.book import entering, events, moves, shifting
from fulfiller.service.extend import extend
from fulfiller.service.govern import move
from fulfiller.service.issue import issue
from fulfiller.service.move import abandon, cancel, park, replay
from fulfiller.service.port import Writes
from fulfiller.service.redeem import Handled, Order, handle
from fulfiller.service.seal import seal
from fulfiller.service.steer import Act, hold, unhold
from fulfiller.wiring import Truth
from tests.contract.world import (
    KEY,
    START,
    VALUE,
    ask,
    binding,
    claim,
    found,
    opened,
    press,
    request,
    taken_in,
)


def healthy(store: Truth) -> dict[str, ClaimId]:
    """Fill a store through its verbs and return one claim of each kind."""
    found(store)
    found(store, id="small", budget=3 * VALUE + 7, stripes=2)
    found(store, id="till", stripes=2)
    seen = {}
    for tier in Tier:
        ids = taken_in(store, *(f"{tier}-{n}" for n in range(6)), tier=tier)
        issue(ids[:2], press(store))
        cancel(ids[2], store=store, now=START, account="shop", actor="shop")
        park(ids[3:5], "it ended alone", store=store, now=START, actor="worker")
        replay(ids[4:5], store=store, now=START, actor="operator:li")
        seen = dict(zip(NAMES, ids, strict=True))
    abandoned = taken_in(store, "abandoned")
    park(abandoned, "it ended alone", store=store, now=START, actor="worker")
    abandon(abandoned, "no stock", store=store, now=START, actor="operator:li")
    seen["abandoned"] = abandoned[0]
    seen["waitlisted"], seen["admitted"] = _waitlisted(store)
    ask(store, *(request(f"s{n}", campaign="small", key=f"s{n}") for n in range(5)))
    _moved(store)
    seen |= _handled(store)
    _sealed(store)
    seen["unsealed"] = taken_in(store, "late")[0]
    return seen


def _moved(store: Truth) -> None:
    """Let a breaker trip, ramp and flow by itself, and somebody hold another campaign a while."""
    busy = found(store, id="rush", backlog_threshold=1)
    ask(store, *(request(f"b{n}", campaign="rush", key=f"b{n}") for n in range(2)))
    for seconds in (30, 120):
        row = store.modes()["rush"]
        stepped = move(row, Reading(), policy(busy), START + seconds * SECOND, "keeper")
        assert stepped is not None
        assert store.move_mode(row, *stepped)
    act = Act(reason="stocktaking", actor="operator:li", now=START)
    assert hold("till", act, store=store).changed
    assert unhold("till", act, store=store).changed


NAMES = ("issued", "issued too", "cancelled", "parked", "replayed", "accepted")


def _waitlisted(store: Truth) -> tuple[ClaimId, ClaimId]:
    """Enter two claims on the waitlist and admit the second."""
    claims = [claim("waiting"), claim("admitted")]
    rows = [opened(one, stage=Stage.WAITLISTED) for one in claims]
    store.write(
        Writes(
            claims=tuple(claims),
            opened=tuple(rows),
            keys=tuple(binding(one, one.user) for one in claims),
            events=events(rows, Kind.CLAIM_WAITLISTED, now=START, actor="intake"),
            stripes=moves((row, entering(Stage.WAITLISTED)) for row in rows),
        )
    )
    with store.shift([claims[1].id], Stage.WAITLISTED, Stage.ACCEPTED, ready_at=START + 1) as unit:
        entry = shifting(Stage.WAITLISTED, Stage.ACCEPTED)
        said = events(unit.rows, Kind.CLAIM_ADMITTED, now=START, actor="keeper")
        booked = moves((structs.replace(row), entry) for row in unit.rows)
        unit.commit(Writes(events=said, stripes=booked))
    return claims[0].id, claims[1].id


def _handled(store: Truth) -> dict[str, ClaimId]:
    """Leave a coupon in each state it can be in, after each move that leads there."""
    ids = taken_in(store, *HANDLED, campaign="till")
    issue(ids, press(store))
    for claim_id, verbs in zip(ids, HANDLED.values(), strict=True):
        for verb in verbs:
            order = Order(
                verb=verb,
                lookup=mint(claim_id, 0, KEY).lookup,
                account="owner",
                key=f"checkout {claim_id}",
                actor="account:owner",
                hold_s=60,
            )
            assert isinstance(handle(order, store=store, now=START), Handled)
    extend("till", START + 60 * DAY, store=store, now=START, actor="operator")
    return dict(zip(HANDLED, ids, strict=True))


HANDLED = {
    "reserved": (Verb.RESERVE,),
    "released": (Verb.RESERVE, Verb.RELEASE),
    "redeemed": (Verb.RESERVE, Verb.REDEEM),
    "rolled back": (Verb.REDEEM, Verb.ROLL_BACK),
    "revoked": (Verb.RESERVE, Verb.REVOKE),
}


def _sealed(store: Truth) -> None:
    fence = store.lease("keeper", "test", ttl_s=60)
    assert fence is not None
    assert seal(store=store, fence=fence) > 0
