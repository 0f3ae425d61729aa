"""Who asks for what: the mix of people, and its being the same every time."""

from collections import Counter

import pytest

from fulfiller.ops.demo.traffic import Wish, deserving, wishes

LIMIT = 21


@pytest.fixture(scope="module")
def day() -> list[Wish]:
    """Return a day of some size."""
    return wishes(5_000, span_s=36.0, seed=7)


def test_the_same_seed_gives_the_same_day(day: list[Wish]) -> None:
    """A run can be repeated request by request."""
    assert wishes(5_000, span_s=36.0, seed=7) == day
    assert wishes(5_000, span_s=36.0, seed=8) != day


def test_some_ask_again_with_the_same_key(day: list[Wish]) -> None:
    """About a twelfth are repeats, and a repeat says exactly what the first one said."""
    first: dict[str, tuple[str, str]] = {}
    for wish in day:
        assert first.setdefault(wish.key, (wish.user, wish.grant)) == (wish.user, wish.grant)
    assert len(day) - len(first) == pytest.approx(0.08 * len(day), rel=0.2)


def test_some_ask_twice_under_another_key(day: list[Wish]) -> None:
    """The same person and grant comes under several keys."""
    keys: dict[tuple[str, str], set[str]] = {}
    for wish in day:
        keys.setdefault((wish.user, wish.grant), set()).add(wish.key)
    twice = sum(len(each) - 1 for each in keys.values())
    assert twice == pytest.approx(0.05 * len(day), rel=0.4)


def test_a_few_want_more_than_anybody_may_have(day: list[Wish]) -> None:
    """The limit per user is met in a large day and in the smallest one."""
    for each in (day, wishes(200, span_s=4.0, seed=1)):
        wanted = Counter({user: len(grants) for user, grants in _grants(each).items()})
        assert wanted.most_common(1)[0][1] > LIMIT


def test_who_deserves_a_coupon_is_counted_with_the_limit(day: list[Wish]) -> None:
    """Every distinct grant counts, up to the limit of its user."""
    grants = _grants(day)
    unlimited = sum(len(each) for each in grants.values())
    assert deserving(day, per_user_limit=10_000) == unlimited
    assert deserving(day, per_user_limit=1) == len(grants)
    assert len(grants) < deserving(day, per_user_limit=LIMIT) < unlimited


def _grants(day: list[Wish]) -> dict[str, set[str]]:
    grants: dict[str, set[str]] = {}
    for wish in day:
        grants.setdefault(wish.user, set()).add(wish.grant)
    return grants
