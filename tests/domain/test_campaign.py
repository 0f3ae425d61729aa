"""Campaigns: the phase follows from terms and clock, and contradictions are named."""

from collections.abc import Mapping
from typing import Any

import pytest

from fulfiller.domain.campaign import Phase, Publication, phase, tier_terms
from fulfiller.domain.error import InvalidCampaign
from fulfiller.domain.money import Money
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, Validity
from tests.domain.festival import OPENING, VALUE, festival

CLOSING = OPENING + 6 * DAY
BEFORE, FIRST, LAST, AFTER = OPENING - 1, OPENING, CLOSING - 1, CLOSING
DRAFT, PUBLISHED, ENDED, ARCHIVED = Publication


@pytest.mark.parametrize("exhausted", [False, True])
@pytest.mark.parametrize(
    ("publication", "now", "there", "gone"),
    [
        *((DRAFT, now, Phase.DRAFT, Phase.DRAFT) for now in (BEFORE, FIRST, LAST, AFTER)),
        (PUBLISHED, BEFORE, Phase.SCHEDULED, Phase.SCHEDULED),
        (PUBLISHED, FIRST, Phase.ACTIVE, Phase.EXHAUSTED),
        (PUBLISHED, LAST, Phase.ACTIVE, Phase.EXHAUSTED),
        (PUBLISHED, AFTER, Phase.ENDED, Phase.ENDED),
        *((ENDED, now, Phase.ENDED, Phase.ENDED) for now in (BEFORE, FIRST, LAST, AFTER)),
        *((ARCHIVED, now, Phase.ARCHIVED, Phase.ARCHIVED) for now in (BEFORE, FIRST, LAST, AFTER)),
    ],
)
def test_the_phase_follows_from_terms_clock_and_money(
    publication: Publication, now: int, there: Phase, gone: Phase, *, exhausted: bool
) -> None:
    """Over every publication, both edges of the window, and money there (first) or gone."""
    campaign = festival(publication=publication)
    assert phase(campaign, now=now, exhausted=exhausted) is (gone if exhausted else there)


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        *(("id", {"id": name}) for name in ("", "-", "*", "A", "ü", "a b", "a_b", "a" * 65)),
        ("value", {"value": Money(0, "CNY")}),
        ("value", {"value": Money(-1, "CNY")}),
        ("budget", {"budget": VALUE - 1}),
        ("budget", {"budget": 0}),
        ("closes_at", {"closes_at": OPENING}),
        ("closes_at", {"closes_at": OPENING - 1}),
        *(("zone", {"zone": zone}) for zone in ("", "Mars/Olympus", "/etc/passwd", "../UTC")),
        ("per_user_limit", {"per_user_limit": 0}),
        ("per_user_limit", {"per_user_limit": 1_001}),
        ("stripes", {"stripes": 0}),
        ("stripes", {"stripes": 65}),
        ("promise_s", {"promise_s": 0}),
        ("code_source", {"code_source": "imported"}),
        ("validity", {"validity": Validity()}),
        ("validity", {"validity": Validity(until=CLOSING, days=1)}),
        ("validity", {"validity": Validity(days=0)}),
        ("validity", {"validity": Validity(days=-1)}),
        ("validity", {"validity": Validity(until=CLOSING - 1)}),
        ("backlog_threshold", {"backlog_threshold": 0}),
        ("resume_threshold", {"backlog_threshold": 10, "resume_threshold": 10}),
        ("resume_threshold", {"backlog_threshold": 10, "resume_threshold": -1}),
        ("resume_threshold", {"resume_threshold": -1}),
        ("waitlist_cap", {"waitlist_cap": -1}),
    ],
)
def test_a_contradiction_names_its_field(field: str, terms: Mapping[str, Any]) -> None:
    """Whoever wrote the terms is told which one to mend, and how."""
    with pytest.raises(InvalidCampaign) as flaw:
        festival(**terms)
    assert flaw.value.field == field
    assert flaw.value.problem


@pytest.mark.parametrize(
    "terms",
    [
        {"id": "a"},
        {"id": "spring-festival-2026"},
        {"id": "8" * 64},
        {"budget": VALUE},
        {"closes_at": OPENING + 1},
        {"per_user_limit": 1_000},
        {"stripes": 64},
        {"validity": Validity(until=CLOSING)},
        {"validity": Validity(days=1)},
        {"backlog_threshold": 1, "resume_threshold": 0},
        {"resume_threshold": 5},
        {"waitlist_cap": 0},
    ],
)
def test_terms_at_their_limits_are_fine(terms: Mapping[str, Any]) -> None:
    """What is just within a limit is accepted as it is."""
    campaign = festival(**terms)
    assert all(getattr(campaign, name) == value for name, value in terms.items())


def test_a_budget_pays_for_whole_coupons() -> None:
    """What is less than a coupon buys none."""
    assert festival(budget=3 * VALUE + VALUE - 1).coupons == 3


def test_tiers_have_terms_by_default() -> None:
    """The higher a tier, the more weight it has and the less its people wait."""
    terms = tier_terms()
    assert festival().tiers == terms
    weights = [terms[tier].weight for tier in Tier]
    waits = [terms[tier].longest_wait_s for tier in Tier]
    assert weights == sorted(weights, reverse=True)
    assert waits == sorted(waits)
