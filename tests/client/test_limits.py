"""The client at a door that limits it: it waits as told, and says so when that takes too long."""

from itertools import pairwise

import pytest

from fulfiller.client import Claim, Client, NewClaim, RateLimited, Unavailable
from fulfiller.client.error import Problem, error_from
from fulfiller.client.flow import Patience
from fulfiller.clock import monotonic
from tests.client.between import between
from tests.intake.door import NAME, opened
from tests.intake.limited import limits


def test_it_comes_back_when_told_with_the_same_key(sqlite_url: str) -> None:
    """No sooner than Retry-After says, and the claim is taken in then."""
    with opened(sqlite_url, door=limits(user=("1/s", 1))) as door:
        door.campaign(per_user_limit=9)
        with between(door.url, []) as way, Client(way.url, door.key("teahouse")) as client:
            client.submit(NAME, "li", grant="first")
            began = monotonic()
            assert not client.submit(NAME, "li", grant="second").replayed
            assert monotonic() - began >= 1
        assert len(way.keys()) == 3
        assert [one == other for one, other in pairwise(way.keys())] == [False, True]


def test_a_limit_that_outlasts_the_deadline_is_an_error_of_its_own(sqlite_url: str) -> None:
    """Typed, with when to come back and what is used up; it was asked once, not again and again."""
    with opened(sqlite_url, door=limits(user=("1/h", 1))) as door:
        door.campaign(per_user_limit=9)
        with between(door.url, []) as way, Client(way.url, door.key("teahouse")) as client:
            client.submit(NAME, "li", grant="first")
            with pytest.raises(RateLimited) as refused:
                client.submit(NAME, "li", grant="second")
        assert len(way.requests) == 2
        assert isinstance(refused.value, Unavailable)
        assert (refused.value.code, refused.value.status) == ("rate_limited", 429)
        assert (refused.value.policies, refused.value.errors) == (("user",), ())
        assert 3_500 < (refused.value.retry_after_s or 0) <= 3_600


def test_a_backlog_goes_through_a_limit_at_its_pace(sqlite_url: str) -> None:
    """What the account may not send yet is sent later, and each claim gets its own answer."""
    with opened(sqlite_url, door=limits(account=("100/s", 50))) as door:
        door.campaign()
        many = [NewClaim(campaign=NAME, user=f"user-{number}") for number in range(200)]
        with Client(door.url, door.key("teahouse")) as client:
            results = client.submit_many(many)
        assert all(isinstance(each, Claim) for each in results)
        assert door.entered() == 200


def test_waiting_as_told_is_no_storm() -> None:
    """However often it is told to wait, retries are left for what goes wrong."""
    patience = Patience(deadline_s=1, try_s=1)
    told = error_from(Problem(429, code="rate_limited", retry_after_s=2))
    pauses = [patience.spend(0, told) for _ in range(100)]
    assert all(pause is not None and 2 <= pause <= 3 for pause in pauses)
    away = error_from(Problem(503, code="unavailable"))
    assert len([None for _ in range(100) if patience.spend(0, away) is not None]) == 10
