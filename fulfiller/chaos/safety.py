"""Claims among themselves: one coupon each, so many per user, one place each, all asked for."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from fulfiller.chaos.index import Index
from fulfiller.chaos.report import Docket, Limits
from fulfiller.chaos.testimony import Terms, Testimony
from fulfiller.domain.act import Act
from fulfiller.domain.claim import Claim, ClaimId, OpenClaim
from fulfiller.domain.code import mint
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.outcome import Ending
from fulfiller.domain.validity import SECOND
from fulfiller.service.redeem import OPERATOR

SHARED = ("campaign", "account", "tier", "amount", "user", "grant", "slot", "limit_key")
"""What an open row has of its claim."""


def judge_coupons(index: Index, docket: Docket) -> None:
    """S1: whoever has more than one coupon is charged."""
    docket.judged("S1", len(index.books.coupons))
    for claim_id, number in _repeated(coupon.claim_id for coupon in index.books.coupons):
        docket.charge("S1", f"clm_{claim_id} has {number} coupons")


def judge_people(index: Index, docket: Docket) -> None:
    """S2: claims that were not cancelled, counted by user, by identity and by slot."""
    claims, campaigns = index.books.claims, index.books.campaigns
    docket.judged("S2", len(claims))
    people = Counter((claim.campaign, claim.user) for claim in claims)
    several: defaultdict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        campaign = campaigns.get(claim.campaign)
        if campaign is not None and not 1 <= claim.slot <= campaign.per_user_limit:
            text = f"clm_{claim.id}: slot {claim.slot} of {campaign.per_user_limit}"
            docket.charge("S2", text)
        person = (claim.campaign, claim.user)
        if people[person] > 1:
            several[person].append(claim)
    for (name, user), mine in several.items():
        for flaw in _person_flaws(mine, index):
            docket.charge("S2", f"user {user!r} of {name} {flaw}")


def _person_flaws(mine: Sequence[Claim], index: Index) -> Iterator[str]:
    """Yield what one user has too much of, now or at any time before a cancel."""
    live = [claim for claim in mine if not _is_cancelled(claim.id, index)]
    campaign = index.books.campaigns.get(mine[0].campaign)
    if campaign is not None and len(live) > campaign.per_user_limit:
        yield f"has {len(live)} claims, {campaign.per_user_limit} are allowed"
    # A turn is taken once the claims before it are cancelled: two of one were there at once.
    held: tuple[tuple[str, list[tuple[object, ...]]], ...] = (
        ("holds grant {0!r}", [(claim.grant,) for claim in live]),
        ("holds slot {0}", [(claim.slot,) for claim in live]),
        ("held grant {0!r} at turn {1}", [(claim.grant, claim.turn) for claim in mine]),
        ("held slot {0} at turn {1}", [(claim.slot, claim.slot_turn) for claim in mine]),
    )
    for says, places in held:
        for place, number in Counter(places).items():
            if number > 1:
                yield f"{says.format(*place)} {number} times"


def _is_cancelled(claim_id: ClaimId, index: Index) -> bool:
    outcome = index.outcomes.get(claim_id)
    return outcome is not None and outcome.ending is Ending.CANCELLED


def judge_places(index: Index, docket: Docket, limits: Limits) -> None:
    """S5 and S11: each claim ends once, is in one place, and had come before it ended."""
    books, slack = index.books, int(limits.clock_s * SECOND)
    docket.judged("S5", len(books.outcomes) + len(books.coupons))
    for claim_id, number in _repeated(outcome.claim_id for outcome in books.outcomes):
        docket.charge("S5", f"clm_{claim_id} has {number} outcomes")
    for claim_id in index.outcomes.keys() & index.coupons.keys():
        text = f"clm_{claim_id} has a coupon and is {index.outcomes[claim_id].ending}"
        docket.charge("S5", text)
    docket.judged("S11", len(books.claims))
    for claim_id, number in _repeated(row.id for row in books.opened):
        docket.charge("S11", f"clm_{claim_id} has {number} open rows")
    for claim_id, claim in index.claims.items():
        coupon, outcome = index.coupons.get(claim_id), index.outcomes.get(claim_id)
        places = (claim_id in index.opened) + (coupon is not None) + (outcome is not None)
        if places != 1:
            docket.charge("S11", f"clm_{claim_id} is in {places} places")
        done = coupon.issued_at if coupon is not None else outcome.at if outcome else None
        if done is not None and done < claim.accepted_at - slack:
            early = (claim.accepted_at - done) / SECOND
            docket.charge("S11", f"clm_{claim_id} ended {early:.1f} s before it came")


def judge_origins(index: Index, heard: Testimony, docket: Docket) -> None:
    """S6: claims, coupons, cancels and acts were asked for, and are what was asked for."""
    _judge_claims(index, heard, docket)
    _judge_rows(index, docket)
    for outcome in index.books.outcomes:
        if outcome.ending is Ending.CANCELLED and outcome.claim_id not in heard.cancels:
            docket.charge("S6", f"nobody has cancelled clm_{outcome.claim_id}")
    for act in index.books.acts:
        _judge_act(act, index, heard, docket)


def _judge_claims(index: Index, heard: Testimony, docket: Docket) -> None:
    wanted: set[ClaimId] = set()
    keys, claims = heard.keys, index.claims
    docket.judged("S6", len(index.books.claims))
    for binding in index.books.bindings:
        asked = keys.get((binding.account, binding.key))
        if asked is None:
            text = f"nobody has sent key {binding.key!r} of {binding.account}"
            docket.charge("S6", f"{text}, which leads to clm_{binding.claim_id}")
            continue
        claim = claims.get(binding.claim_id)
        if claim is None:
            text = f"key {binding.key!r} of {binding.account} leads to clm_{binding.claim_id}"
            docket.charge("L1", f"{text}, which is gone")
        elif claim.account != binding.account:
            text = f"key {binding.key!r} of {binding.account} leads to clm_{binding.claim_id}"
            docket.charge("S10", f"{text}, which is of {claim.account}")
        elif _any_is(asked.every(), claim, index):
            wanted.add(claim.id)
    for claim_id in claims.keys() - wanted:
        docket.charge("S6", f"nobody has asked for clm_{claim_id} as it is")


def _any_is(every: Iterable[Terms], claim: Claim, index: Index) -> bool:
    return any(_is(terms, claim, index) for terms in every)


def _is(terms: Terms, claim: Claim, index: Index) -> bool:
    """Return whether a claim is what was asked for."""
    campaign, user, grant, tier, limit_key, _ = terms
    known = index.books.campaigns.get(campaign)
    return (
        claim.campaign == campaign
        and claim.user == user
        and claim.grant == grant
        and claim.limit_key == limit_key
        and known is not None
        and claim.tier == (known.default_tier if tier is None else tier)
    )


def _judge_rows(index: Index, docket: Docket) -> None:
    """Charge what belongs to no claim, or contradicts it."""
    campaigns = index.books.campaigns
    for claim in index.books.claims:
        campaign = campaigns.get(claim.campaign)
        if campaign is None or claim.amount != campaign.value.amount:
            text = f"clm_{claim.id} is worth {claim.amount}, which no coupon of {claim.campaign} is"
            docket.charge("S6", text)
    _judge_leaves(index, docket)


def _judge_leaves(index: Index, docket: Docket) -> None:
    claims = index.claims
    for row in index.books.opened:
        if not _is_open_row_of(row, claims.get(row.id)):
            docket.charge("S6", f"the open row of clm_{row.id} contradicts its claim")
    for coupon in index.books.coupons:
        if not _is_coupon_of(coupon, claims.get(coupon.claim_id)):
            docket.charge("S6", f"cpn_{coupon.claim_id} contradicts its claim")
    for outcome in index.books.outcomes:
        mine = claims.get(outcome.claim_id)
        if mine is None or outcome.campaign != mine.campaign:
            docket.charge("S6", f"the outcome of clm_{outcome.claim_id} contradicts its claim")


def _is_coupon_of(coupon: Coupon, claim: Claim | None) -> bool:
    return claim is not None and (
        coupon.campaign == claim.campaign
        and coupon.account == claim.account
        and coupon.tier is claim.tier
        and coupon.amount == claim.amount
    )


def _is_open_row_of(row: OpenClaim, claim: Claim | None) -> bool:
    return all(getattr(row, name) == getattr(claim, name, None) for name in SHARED)


def _judge_act(act: Act, index: Index, heard: Testimony, docket: Docket) -> None:
    """Operators act by hand, outside of any history; everybody else must have asked."""
    if act.account == OPERATOR:
        return
    told = heard.orders.get((act.account, act.key, act.verb), ())
    coupon = index.coupons.get(act.claim_id)
    secret = None if coupon is None else index.books.keys.get(coupon.key_id)
    code = None if coupon is None or secret is None else mint(act.claim_id, coupon.salt, secret)
    for order in told:
        by_id = order.claim_id in ("", f"clm_{act.claim_id}", act.claim_id)
        by_code = not order.code or code is None or order.code.replace("-", "") == code.code
        if by_id and by_code:
            return
    docket.charge("S6", f"nobody has asked to {act.verb} cpn_{act.claim_id} under {act.key!r}")


def _repeated(ids: Iterable[ClaimId]) -> list[tuple[ClaimId, int]]:
    seen: set[ClaimId] = set()
    again: Counter[ClaimId] = Counter()
    for claim_id in ids:
        if claim_id in seen:
            again[claim_id] += 1
        seen.add(claim_id)
    return [(claim_id, more + 1) for claim_id, more in again.items()]
