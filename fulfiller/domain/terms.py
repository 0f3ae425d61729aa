"""Terms: a campaign as a plain mapping, as files and JSON hold it, and back.

Amounts are whole minor units, instants RFC 3339, spans whole seconds. An instant without an
offset, and a day without a time, are meant in the campaign's zone; `valid_until` on a day
means the end of that day. Every error names the field as it is written.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

from fulfiller.domain.campaign import (
    BreakerTerms,
    Campaign,
    Publication,
    TierTerms,
    tier_terms,
)
from fulfiller.domain.error import InvalidCampaign
from fulfiller.domain.money import Money
from fulfiller.domain.pace import Rate
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import Validity, end_of_day, micros, moment

Terms = Mapping[str, object]
WHOLE_MAX = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact."""
DAYS_MAX = 36_500
TEXT_MAX = 64
REQUIRED = ("id", "owner", "coupon_value", "currency", "budget", "opens_at", "closes_at")
WRITTEN_AS = {"value": "coupon_value", "validity": "valid_until"}
"""Fields of a campaign that terms call by another name."""


def campaign_from_terms(terms: Terms) -> Campaign:
    """Return the campaign that these terms describe; raise InvalidCampaign on the first flaw."""
    given = {name: value for name, value in terms.items() if value is not None}
    _check_known(given, KEYS)
    for name in REQUIRED:
        if name not in given:
            raise InvalidCampaign(name, "it is missing")
    zone = _zone(given.get("zone", "UTC"))
    optional: dict[str, Any] = {n: read(n, given[n]) for n, read in OPTIONAL.items() if n in given}
    try:
        return Campaign(
            id=_text("id", given["id"]),
            owner=_text("owner", given["owner"]),
            value=_money(given["coupon_value"], given["currency"]),
            budget=_whole("budget", given["budget"]),
            opens_at=_instant("opens_at", given["opens_at"], zone),
            closes_at=_instant("closes_at", given["closes_at"], zone),
            zone=zone,
            validity=_validity(given, zone),
            floor=_instant("floor", given["floor"], zone) if "floor" in given else None,
            tiers=_tiers("tiers", given.get("tiers", {})),
            breaker=_breaker("breaker", given.get("breaker", {})),
            patience=_wording("patience", given.get("patience", {})),
            **optional,
        )
    except InvalidCampaign as flaw:
        raise InvalidCampaign(WRITTEN_AS.get(flaw.field, flaw.field), flaw.problem) from None


def terms_from_campaign(campaign: Campaign) -> dict[str, object]:
    """Return a campaign as terms that JSON can carry; reading them gives the same campaign."""
    terms: dict[str, object] = {
        name: getattr(campaign, name) for name in ("id", "owner", "zone", *OPTIONAL)
    }
    validity = campaign.validity
    return terms | {
        "publication": str(campaign.publication),
        "default_tier": str(campaign.default_tier),
        "coupon_value": campaign.value.amount,
        "currency": campaign.value.currency,
        "budget": campaign.budget,
        "opens_at": _stamp(campaign.opens_at),
        "closes_at": _stamp(campaign.closes_at),
        "valid_until": None if validity.until is None else _stamp(validity.until),
        "valid_days": validity.days,
        "floor": None if campaign.floor is None else _stamp(campaign.floor),
        "tiers": {
            str(tier): {"weight": each.weight, "longest_wait_s": each.longest_wait_s}
            for tier, each in campaign.tiers.items()
        },
        "breaker": asdict(campaign.breaker),
        "patience": dict(campaign.patience),
    }


def last_instant(text: str, zone: str) -> int:
    """Return the exclusive instant that "until" means: a day counts whole, in its zone."""
    return _end(text, zone)


def _check_known(given: Terms, known: tuple[str, ...], inside: str = "") -> None:
    for name in given:
        if name not in known:
            nearest = get_close_matches(str(name), known, n=1)
            meant = f", did you mean {inside}{nearest[0]}?" if nearest else ""
            raise InvalidCampaign(f"{inside}{name}", f"there is no such field{meant}")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > TEXT_MAX or not value.isprintable():
        raise InvalidCampaign(name, f"write a text of 1 to {TEXT_MAX} characters")
    return value


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= WHOLE_MAX:
        raise InvalidCampaign(name, f"{value!r} is no whole number from 0 to {WHOLE_MAX}")
    return value


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidCampaign(name, f"{value!r} is neither true nor false")
    return value


def _money(amount: object, currency: object) -> Money:
    minor = _whole("coupon_value", amount)
    try:
        return Money(minor, _text("currency", currency))
    except ValueError:
        raise InvalidCampaign("currency", f"{currency!r} is no ISO 4217 code such as CNY") from None


def _zone(value: object) -> str:
    zone = _text("zone", value)
    try:
        ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        raise InvalidCampaign("zone", f"{zone!r} is no time zone, try Asia/Shanghai") from None
    return zone


def _instant(name: str, value: object, zone: str) -> int:
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else value
        if isinstance(read, datetime) and not _is_day(value):
            return micros(read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone)))
    except (ValueError, OverflowError):
        pass
    raise InvalidCampaign(name, f"{value!r} is no instant such as 2026-02-06T09:00:00+08:00")


def _validity(given: Terms, zone: str) -> Validity:
    days = given.get("valid_days")
    if days is not None and not 1 <= _whole("valid_days", days) <= DAYS_MAX:
        raise InvalidCampaign("valid_days", f"it must be 1 to {DAYS_MAX}")
    until = given.get("valid_until")
    return Validity(until=None if until is None else _end(until, zone), days=days)  # type: ignore[arg-type]


def _end(value: object, zone: str) -> int:
    if not _is_day(value):
        return _instant("valid_until", value, zone)
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
        return end_of_day(day, zone)  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        raise InvalidCampaign("valid_until", f"{value!r} is no day such as 2026-02-28") from None


def _is_day(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= len("2026-02-28")
    return isinstance(value, date) and not isinstance(value, datetime)


def _rate(name: str, value: object) -> str:
    """Return a rate as Celery writes it; a bare number is per second there and here."""
    text = str(value) if isinstance(value, str | int) else ""
    try:
        Rate.parse(text)
    except ValueError:
        flaw = f"{value!r} is no rate such as 500/s, 3000/m or 10000/h"
        raise InvalidCampaign(name, flaw) from None
    return text


def _tier(name: str, value: object) -> Tier:
    try:
        return Tier.parse(str(value))
    except ValueError as flaw:
        raise InvalidCampaign(name, str(flaw)) from None


def _publication(name: str, value: object) -> Publication:
    if value not in list(Publication):
        raise InvalidCampaign(name, f"{value!r} is not one of {', '.join(Publication)}")
    return Publication(str(value))


def _tiers(name: str, value: object) -> dict[Tier, TierTerms]:
    """Return the terms of all tiers: what is not stated stays as it is by default."""
    if not isinstance(value, Mapping):
        raise InvalidCampaign(name, "write a table such as [tiers.p0]")
    tiers = tier_terms()
    _check_known(value, tuple(map(str, Tier)), f"{name}.")
    for key, stated in value.items():
        tier = Tier.parse(key)
        tiers[tier] = _tier_terms(f"{name}.{key}", stated, tiers[tier])
    return tiers


def _tier_terms(name: str, stated: object, usual: TierTerms) -> TierTerms:
    if not isinstance(stated, Mapping):
        raise InvalidCampaign(name, "write a table with weight and longest_wait_s")
    _check_known(stated, ("weight", "longest_wait_s"), f"{name}.")
    numbers = {part: _whole(f"{name}.{part}", number) for part, number in stated.items()}
    for part, number in numbers.items():
        if number < 1:
            raise InvalidCampaign(f"{name}.{part}", "it must be at least 1")
    return replace(usual, **numbers)


def _breaker(name: str, value: object) -> BreakerTerms:
    """Return the breaker's terms: what is not stated stays as it is by default."""
    if not isinstance(value, Mapping):
        raise InvalidCampaign(name, "write a table [breaker]")
    stated = {part: number for part, number in value.items() if number is not None}
    _check_known(stated, tuple(part.name for part in fields(BreakerTerms)), f"{name}.")
    for part, number in stated.items():
        if _whole(f"{name}.{part}", number) < 1:
            raise InvalidCampaign(f"{name}.{part}", "it must be at least 1")
    return replace(BreakerTerms(), **stated)


def _wording(name: str, value: object) -> dict[str, dict[str, Any]]:
    """Return tables of phrases by language; whether they fit a book is the library's to say."""
    tables = value if isinstance(value, Mapping) else None
    if tables is None or not all(isinstance(table, Mapping) for table in tables.values()):
        raise InvalidCampaign(name, 'write tables such as [patience.en.opening] paused = "..."')
    return {str(language): dict(table) for language, table in tables.items()}


def _stamp(instant: int) -> str:
    return moment(instant).isoformat().replace("+00:00", "Z")


OPTIONAL: Mapping[str, Callable[[str, object], Any]] = {
    "publication": _publication,
    "per_user_limit": _whole,
    "default_tier": _tier,
    "promise_s": _whole,
    "backlog_threshold": _whole,
    "resume_threshold": _whole,
    "issuing_rate": _rate,
    "waitlist_cap": _whole,
    "pause_credit": _flag,
    "locale": _text,
    "code_source": _text,
    "stripes": _whole,
}
"""Fields that may be left out, and how each is read; `tiers` is read on its own."""
KEYS = (
    *REQUIRED,
    *OPTIONAL,
    "tiers",
    "breaker",
    "patience",
    "zone",
    "valid_until",
    "valid_days",
    "floor",
)
