"""Search: from whatever somebody knows of a claim to the claim itself.

A claim's or a coupon's id, a coupon's code, an idempotency key, or a user: what is given is
tried as each of these. Codes are looked up by their keyed hash and go nowhere else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId
from fulfiller.domain.code import BODY_SYMBOLS, CodeKey, lookup, parse
from fulfiller.domain.coupon import COUPON_PREFIX
from fulfiller.domain.error import InvalidCode, SettingError
from fulfiller.service.port import ClaimView
from fulfiller.service.redeem import OPERATOR, see
from fulfiller.settings import Settings
from fulfiller.wiring import Truth, code_key

FOUND_MAX = 50
"""Claims that one search shows."""
QUESTION_MAX = 512
"""Symbols of a question; no id, key or user is longer."""
_id = re.compile(
    f"(?:{CLAIM_PREFIX}|{COUPON_PREFIX})?([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A claim, and by what it was found."""

    view: ClaimView
    by: str


def find(
    question: str, store: Truth, *, key: CodeKey | None, campaign: str | None = None
) -> list[Found]:
    """Return the claims that are meant, each once: of a campaign, or of all.

    Without the key behind the codes no code is known.
    """
    text = question.strip()[:QUESTION_MAX]
    ways: dict[ClaimId, str] = {}
    # What can't be typed is nowhere stored, and databases choke on some of it.
    for claim_id, by in _meant(text, store, key, campaign) if text.isprintable() and text else ():
        ways.setdefault(claim_id, by)
    views = store.view(tuple(ways))
    found = [Found(views[each], by) for each, by in ways.items() if each in views]
    return [each for each in found if campaign in (None, each.view.claim.campaign)][:FOUND_MAX]


def key_of(settings: Settings) -> CodeKey | None:
    """Return the key behind the codes; without a secret there is none, and no code is known."""
    try:
        return code_key(settings)
    except SettingError:
        return None


def _meant(
    text: str, store: Truth, key: CodeKey | None, campaign: str | None
) -> Iterator[tuple[ClaimId, str]]:
    """Yield what the text may mean, the surest first."""
    if (match := _id.fullmatch(text)) is not None:
        yield ClaimId(match[1]), "id"
    if key is not None and (claim_id := _of_code(text, store, key)) is not None:
        yield claim_id, "coupon code"
    for claim_id in store.bound(text, limit=FOUND_MAX):
        yield claim_id, "idempotency key"
    campaigns = [each.id for each in store.campaigns()] if campaign is None else [campaign]
    for claim_id in store.of_user(campaigns, text, limit=FOUND_MAX):
        yield claim_id, "user"


def _of_code(text: str, store: Truth, key: CodeKey) -> ClaimId | None:
    try:
        mark = lookup(parse(text, key)[:BODY_SYMBOLS], key)
    except InvalidCode:
        return None
    sight = see(mark, OPERATOR, store=store)
    return None if sight is None else sight.coupon.claim_id
