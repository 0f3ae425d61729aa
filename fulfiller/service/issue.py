"""Turn reservations into coupons, each once, however often and in how many places this runs.

A transaction deletes the open rows of its ids and writes a coupon for each row it got:
whoever deletes the open row decides, so a repeat finds nothing and changes nothing. A fault
that follows the claims, not the store, is cornered by halves: what ends alone N times is
parked with its money. An eligibility hook, if there is one, is asked before; what is beyond
a campaign's issuing rate stays open.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, OpenClaim, Stage
from fulfiller.domain.code import CodeKey, lookup_of
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Issued
from fulfiller.domain.stripe import Count
from fulfiller.service.book import ending, events, issuing, moves
from fulfiller.service.eligible import Ask, Judged, declines, defer, judge, waiting
from fulfiller.service.move import park
from fulfiller.service.pacing import within_rate
from fulfiller.service.port import Store

ATTEMPTS_MAX = 5
"""Times a claim may end alone before it is parked."""
ISSUED = issuing()
DECLINED = ending(Stage.ACCEPTED, Count.DECLINED)
CODE_TAKEN = "coupon_lookup"
"""The unique constraint that a code breaks when another coupon has it already."""
REASON_MAX = 200
"""Characters of a fault that are kept."""
TRIES = 8
"""Transactions tried for one group before a lost race counts as its own fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """What issuing needs besides the claims: the code key, the clock, and who is at work.

    `ask` is the eligibility hook behind its guard, if there is one; `refused` are the reasons
    of the claims that it declined.
    """

    store: Store
    key: CodeKey
    now: Callable[[], int]
    actor: str = "worker"
    ask: Ask | None = None
    refused: Mapping[ClaimId, str] = field(default_factory=dict)


def issue(ids: Sequence[ClaimId], press: Press, *, redelivered: bool = False) -> Issued:
    """Issue what is still open among these ids; ids of held campaigns are left.

    `redelivered`: the task may have killed its child, which never reaches our own counting;
    so the ids run one by one, and of each the attempt is counted first.
    Raises StoreUnavailable when the store does not answer; nothing is lost by that.
    """
    if redelivered:
        return _one_by_one(ids, press)
    if press.ask is None:
        return _together(ids, press)
    judged = judge(ids, press.ask, press.store)
    done = _together(judged.going, replace(press, refused=judged.refused))
    return done.plus(_deferred(judged, press))


def _one_by_one(ids: Sequence[ClaimId], press: Press) -> Issued:
    """Count an attempt at each claim and make it: what comes behind a killer is not to blame.

    A hook that gave no answer is not asked again: hundreds of deadlines would kill the task.
    """
    done = Issued()
    for number, claim_id in enumerate(ids):
        attempts = press.store.attempt((claim_id,)).get(claim_id)
        if attempts is None:
            continue
        if attempts > ATTEMPTS_MAX:
            done = done.plus(_parked(claim_id, press, "it was redelivered too often"))
            continue
        judged = _judged(claim_id, press)
        if judged.going:
            done = done.plus(_alone(claim_id, replace(press, refused=judged.refused), attempts))
        if not judged.answered:
            rest = waiting(ids[number:], press.store)
            return done.plus(_deferred(replace(judged, unsure=rest), press))
        done = done.plus(_deferred(judged, press))
    return done


def _judged(claim_id: ClaimId, press: Press) -> Judged:
    if press.ask is None:
        return Judged(going=(claim_id,))
    return judge((claim_id,), press.ask, press.store)


def _deferred(judged: Judged, press: Press) -> Issued:
    if not judged.unsure:
        return Issued()
    return defer(judged.unsure, store=press.store, now=press.now(), actor=press.actor)


def _together(ids: Sequence[ClaimId], press: Press) -> Issued:
    if len(ids) == 1:
        return _alone(ids[0], press)
    try:
        return _pressed(ids, press)
    except StoreUnavailable:
        raise
    except Exception:  # noqa: BLE001 - whatever one claim does must not stop the others
        middle = len(ids) // 2
        return _together(ids[:middle], press).plus(_together(ids[middle:], press))


def _alone(claim_id: ClaimId, press: Press, attempts: int | None = None) -> Issued:
    """Issue one claim; `attempts` are those made at it, if this one has been counted."""
    try:
        return _pressed((claim_id,), press)
    except StoreUnavailable:
        raise
    except Exception as fault:  # noqa: BLE001 - counted, and parked with its text in the end
        if attempts is None:
            attempts = press.store.attempt((claim_id,)).get(claim_id, 0)
        if attempts < ATTEMPTS_MAX:
            return Issued(left=(claim_id,))
        return _parked(claim_id, press, _told(fault))


def _parked(claim_id: ClaimId, press: Press, reason: str) -> Issued:
    moved = park((claim_id,), reason, store=press.store, now=press.now(), actor=press.actor)
    return Issued(parked=moved)


def _told(fault: Exception) -> str:
    """Return what a fault says on one short line, without what a database would refuse."""
    text = f"{type(fault).__name__}: {fault}"[:REASON_MAX]
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def _pressed(ids: Sequence[ClaimId], press: Press) -> Issued:
    """Run one transaction; again after a lost race, with another salt if a code was taken."""
    salt = 0
    lost = Raced("no race was run")
    for _ in range(TRIES):
        try:
            return _once(ids, press, salt)
        except Raced as race:
            lost = race
            salt += race.over == CODE_TAKEN
    # Nobody loses that often: it is one of these claims that no transaction may hold.
    raise lost


def _once(ids: Sequence[ClaimId], press: Press, salt: int) -> Issued:
    with press.store.take(ids, (Stage.ACCEPTED,), unheld=True) as unit:
        if not unit.rows:
            return Issued()
        portion = within_rate(unit, press.refused)
        now = press.now() if portion.at is None else portion.at
        good = [row for row in portion.going if row.id not in press.refused]
        bad = [row for row in portion.going if row.id in press.refused] if press.refused else []
        coupons = tuple(_coupons(good, press, salt, now))
        ended = declines(bad, press.refused, now)
        issued = events(good, Kind.CLAIM_ISSUED, now=now, actor=press.actor)
        booked = [*((row, ISSUED) for row in good), *((row, DECLINED) for row in bad)]
        unit.commit(
            replace(
                ended,
                opened=portion.late,
                coupons=coupons,
                events=issued + ended.events,
                paces=portion.paces,
                stripes=moves(booked),
            )
        )
        return Issued(
            issued=tuple(coupon.claim_id for coupon in coupons),
            left=tuple(row.id for row in portion.late),
            declined=tuple(row.id for row in bad),
        )


def _coupons(rows: Sequence[OpenClaim], press: Press, salt: int, now: int) -> list[Coupon]:
    terms = {campaign: _terms(press.store, campaign) for campaign in {r.campaign for r in rows}}
    own = {campaign: terms[campaign].validity.own(now) for campaign in terms}
    return [_coupon(row, press.key, salt, now, own[row.campaign]) for row in rows]


def _terms(store: Store, campaign_id: str) -> Campaign:
    campaign = store.terms(campaign_id)
    if campaign is None:
        message = f"campaign {campaign_id} has claims but no terms"
        raise LookupError(message)
    return campaign


def _coupon(row: OpenClaim, key: CodeKey, salt: int, now: int, own: int) -> Coupon:
    return Coupon(
        claim_id=row.id,
        campaign=row.campaign,
        account=row.account,
        stripe=row.stripe,
        tier=row.tier,
        amount=row.amount,
        key_id=key.id,
        salt=salt,
        lookup=lookup_of(row.id, salt, key),
        issued_at=now,
        valid_until=own,
    )
