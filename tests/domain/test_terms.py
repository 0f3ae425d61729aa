"""Terms: a campaign as files and JSON hold it, there and back, every flaw by its name."""

import json
import tomllib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain.campaign import Campaign, Publication, TierTerms, tier_terms
from fulfiller.domain.error import InvalidCampaign
from fulfiller.domain.money import Money
from fulfiller.domain.terms import KEYS, campaign_from_terms, terms_from_campaign
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, Validity, micros

FESTIVAL = Path(__file__).parents[2] / "config/campaigns/spring-festival.toml"
LEAST: dict[str, object] = {
    "id": "trial",
    "owner": "shop",
    "coupon_value": 500,
    "currency": "EUR",
    "budget": 5_000,
    "opens_at": "2026-02-06T09:00:00Z",
    "closes_at": "2026-02-07T09:00:00Z",
    "valid_days": 30,
}


def shanghai(year: int, month: int, day: int, hour: int = 0) -> int:
    """Return a local time of the festival as microseconds."""
    return micros(datetime(year, month, day, hour, tzinfo=ZoneInfo("Asia/Shanghai")))


def flaw(**changes: object) -> InvalidCampaign:
    """Return what is wrong with otherwise fine terms."""
    with pytest.raises(InvalidCampaign) as refused:
        campaign_from_terms(LEAST | changes)
    return refused.value


def test_the_festival_s_file_says_what_it_means() -> None:
    """The shipped campaign, field by field, in fen and in Shanghai's time."""
    campaign = campaign_from_terms(tomllib.loads(FESTIVAL.read_text("utf-8")))
    assert campaign.value == Money(2_500, "CNY")
    assert campaign.coupons == 120_000_000
    assert campaign.opens_at == shanghai(2026, 2, 6, 9)
    assert campaign.closes_at == shanghai(2026, 2, 12)
    assert campaign.validity == Validity(until=shanghai(2026, 3, 1))
    assert (campaign.per_user_limit, campaign.default_tier) == (21, Tier.P2)
    assert campaign.tiers[Tier.P0] == TierTerms(weight=8, longest_wait_s=60)


def test_few_fields_are_enough() -> None:
    """What has a default may be left out, null included."""
    campaign = campaign_from_terms(LEAST | {"issuing_rate": None, "valid_until": None})
    assert campaign.tiers == tier_terms()
    assert campaign.zone == "UTC"
    assert campaign.issuing_rate is None


def test_valid_until_a_day_means_its_end_in_the_zone() -> None:
    """Valid through 28 February: it ends when 1 March begins where the campaign is at home."""
    for day in ("2026-02-28", date(2026, 2, 28)):
        terms = LEAST | {"valid_days": None, "valid_until": day, "zone": "Asia/Shanghai"}
        assert campaign_from_terms(terms).validity.until == shanghai(2026, 3, 1)


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-06T09:00:00+08:00",
        "2026-02-06T01:00:00Z",
        "2026-02-06T09:00:00",
        datetime(2026, 2, 6, 1, tzinfo=UTC),
        datetime(2026, 2, 6, 9),  # noqa: DTZ001 - as TOML reads a local one
    ],
)
def test_an_instant_may_be_written_in_many_ways(written: object) -> None:
    """With an offset, in UTC, or local to the zone, as text or as TOML reads it."""
    campaign = campaign_from_terms(LEAST | {"opens_at": written, "zone": "Asia/Shanghai"})
    assert campaign.opens_at == shanghai(2026, 2, 6, 9)


@pytest.mark.parametrize(
    ("changes", "field", "word"),
    [
        ({"budgt": 1}, "budgt", "budget"),
        ({"perUserLimit": 1}, "perUserLimit", "no such field"),
        ({"id": None}, "id", "missing"),
        ({"id": "Übung"}, "id", "letters"),
        ({"id": 7}, "id", "text"),
        ({"owner": "a\0b"}, "owner", "text"),
        ({"owner": "x" * 65}, "owner", "64"),
        ({"coupon_value": 0}, "coupon_value", "minor unit"),
        ({"coupon_value": 2.5}, "coupon_value", "2.5"),
        ({"budget": True}, "budget", "True"),
        ({"budget": -1}, "budget", "-1"),
        ({"budget": 2**53}, "budget", "whole number"),
        ({"budget": 499}, "budget", "one coupon"),
        ({"currency": "eur"}, "currency", "CNY"),
        ({"currency": 978}, "currency", "text"),
        ({"opens_at": "soon"}, "opens_at", "soon"),
        ({"opens_at": "2026-02-06"}, "opens_at", "instant"),
        ({"opens_at": 1_770_339_600}, "opens_at", "instant"),
        ({"closes_at": "2026-02-05T00:00:00Z"}, "closes_at", "after opens_at"),
        ({"zone": "Asia/Shangai"}, "zone", "Asia/Shangai"),
        ({"zone": "../etc/passwd"}, "zone", "time zone"),
        ({"zone": "Asia"}, "zone", "time zone"),
        ({"valid_days": 0}, "valid_days", "1 to"),
        ({"valid_days": 40_000}, "valid_days", "1 to"),
        ({"valid_days": None}, "valid_until", "either"),
        ({"valid_until": "2026-02-28"}, "valid_until", "either"),
        ({"valid_days": None, "valid_until": "9999-12-31"}, "valid_until", "9999"),
        ({"valid_days": None, "valid_until": "2026-02-3"}, "valid_until", "2026-02-3"),
        ({"valid_days": None, "valid_until": 5}, "valid_until", "5"),
        ({"per_user_limit": 0}, "per_user_limit", "1 to 1000"),
        ({"stripes": 65}, "stripes", "64"),
        ({"promise_s": 0}, "promise_s", "second"),
        ({"resume_threshold": 5, "backlog_threshold": 5}, "resume_threshold", "below"),
        ({"default_tier": "p7"}, "default_tier", "p0, p1, p2, p3"),
        ({"issuing_rate": "fast"}, "issuing_rate", "500/s"),
        ({"issuing_rate": "0/s"}, "issuing_rate", "500/s"),
        ({"issuing_rate": "5/d"}, "issuing_rate", "500/s"),
        ({"issuing_rate": "5/"}, "issuing_rate", "500/s"),
        ({"issuing_rate": True}, "issuing_rate", "500/s"),
        ({"pause_credit": "yes"}, "pause_credit", "true nor false"),
        ({"publication": "secret"}, "publication", "draft"),
        ({"code_source": "imported"}, "code_source", "minted"),
        ({"tiers": "p0"}, "tiers", "[tiers.p0]"),
        ({"tiers": {"p9": {}}}, "tiers.p9", "no such field"),
        ({"tiers": {"p0": 8}}, "tiers.p0", "weight"),
        ({"tiers": {"p0": {"wieght": 8}}}, "tiers.p0.wieght", "tiers.p0.weight"),
        ({"tiers": {"p0": {"weight": 0}}}, "tiers.p0.weight", "at least 1"),
        ({"tiers": {"p0": {"longest_wait_s": "1m"}}}, "tiers.p0.longest_wait_s", "1m"),
    ],
)
def test_a_flaw_is_named_as_it_is_written(
    changes: dict[str, object], field: str, word: str
) -> None:
    """Whoever wrote the terms reads which field to mend, and how."""
    found = flaw(**changes)
    assert found.field == field
    assert word in found.problem


def test_a_tier_says_only_what_differs() -> None:
    """A table for one tier leaves the rest of it, and the others, as they are by default."""
    campaign = campaign_from_terms(LEAST | {"tiers": {"p1": {"weight": 40}}})
    assert campaign.tiers[Tier.P1] == replace(tier_terms()[Tier.P1], weight=40)
    assert campaign.tiers[Tier.P0] == tier_terms()[Tier.P0]


@pytest.mark.parametrize("rate", ["500/s", "3000/m", "10000/h", "0.5/s", 7])
def test_rates_are_written_as_celery_writes_them(rate: object) -> None:
    """A rate is kept as its owner wrote it; a bare number is per second."""
    assert campaign_from_terms(LEAST | {"issuing_rate": rate}).issuing_rate == str(rate)


@st.composite
def campaigns(draw: st.DrawFn) -> Campaign:
    """Return any campaign that may exist."""
    value = draw(st.integers(1, 10**9))
    opens_at = draw(st.integers(0, 10**16))
    maybe = st.none() | st.integers(0, 10**9)
    low, high = sorted(draw(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9))))
    dated = draw(st.booleans())
    until, days = draw(st.integers(2 * 10**16, 3 * 10**16)), draw(st.integers(1, 36_500))
    return Campaign(
        id=draw(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)),
        owner=draw(st.text("abc ü優-_.", min_size=1, max_size=64)),
        value=Money(value, draw(st.sampled_from(["CNY", "JPY", "KWD"]))),
        budget=value * draw(st.integers(1, 10**6)),
        opens_at=opens_at,
        closes_at=opens_at + draw(st.integers(1, 1_000 * DAY)),
        zone=draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/St_Johns"])),
        validity=Validity(until=until) if dated else Validity(days=days),
        publication=draw(st.sampled_from(Publication)),
        per_user_limit=draw(st.integers(1, 1_000)),
        default_tier=draw(st.sampled_from(Tier)),
        tiers={
            tier: TierTerms(
                weight=draw(st.integers(1, 99)), longest_wait_s=draw(st.integers(1, 9_999))
            )
            for tier in Tier
        },
        promise_s=draw(st.integers(1, 86_400)),
        backlog_threshold=high + 1,
        resume_threshold=low if draw(st.booleans()) else None,
        issuing_rate=draw(st.sampled_from([None, "500/s", "0.5/m"])),
        waitlist_cap=draw(maybe),
        pause_credit=draw(st.booleans()),
        floor=draw(st.none() | st.integers(0, 10**16)),
        locale=draw(st.sampled_from(["en", "zh-CN"])),
        stripes=draw(st.integers(1, 64)),
    )


@given(campaigns())
def test_a_campaign_survives_json(campaign: Campaign) -> None:
    """The store keeps a campaign as JSON terms: nothing of it may change on the way."""
    terms = json.loads(json.dumps(terms_from_campaign(campaign)))
    assert campaign_from_terms(terms) == campaign
    assert set(terms) == set(KEYS)


@given(
    st.dictionaries(
        st.sampled_from(KEYS),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers()
            | st.floats()
            | st.text()
            | st.datetimes()
            | st.dates(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
            max_leaves=5,
        ),
    )
)
def test_whatever_is_sent_is_a_campaign_or_a_named_flaw(changes: dict[str, object]) -> None:
    """Terms come from strangers: nothing in them may raise anything else."""
    with suppress(InvalidCampaign):
        assert campaign_from_terms(LEAST | changes).coupons > 0
