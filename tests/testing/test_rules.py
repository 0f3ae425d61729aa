"""Eligibility in memory: whom a test declines, and a hook of one's own, really asked."""

import threading
from collections.abc import Sequence

import pytest

from fulfiller.domain.eligibility import Applicant, Ineligible, Unsure, Verdict
from fulfiller.testing import Fulfiller

NAME = "spring-festival"


def test_eligibility_says_no() -> None:
    """A user, or whoever a predicate picks, is declined; the others are not asked twice."""
    with Fulfiller() as service:
        service.campaign(NAME)
        client = service.client("shop")
        service.decline("li", "blocked")
        service.decline(lambda applicant: applicant.locale == "de", "not in this country")
        for user, locale in (("li", None), ("wu", "de"), ("su", None)):
            client.submit(NAME, user=user, locale=locale)
        assert service.work() == 1
        states = {claim.user: claim.state for claim in service.claims(NAME)}
        assert states == {"li": "declined", "wu": "declined", "su": "issued"}
        outcomes = [(each.kind, each.claim.user) for each in client.events(follow=False)]
        assert sorted(outcomes) == [
            ("claim.declined", "li"),
            ("claim.declined", "wu"),
            ("claim.issued", "su"),
        ]


def test_a_hook_of_ones_own_is_asked() -> None:
    """Whom it is unsure of waits and is asked again later; what it declines is declined."""
    moods: list[Verdict] = [Unsure(), Ineligible("too young")]

    def moody(applicants: Sequence[Applicant]) -> Sequence[Verdict]:
        return [moods.pop(0) for _ in applicants]

    with Fulfiller(eligibility=moody) as service:
        service.campaign(NAME)
        claim = service.client("shop").submit(NAME, user="li")
        service.work()
        assert [each.state for each in service.claims(NAME)] == ["accepted"]
        service.work()
        assert len(moods) == 1
        service.pass_time(2)
        service.work()
        assert service.client("shop").get(claim.claim_id).state == "declined"


def test_what_a_hook_raises_is_seen_by_the_test() -> None:
    """A hook with a flaw fails the test that works, or with `auto` the end of the service."""

    def flawed(_: Sequence[Applicant]) -> Sequence[Verdict]:
        raise LookupError("no such list")

    with Fulfiller(eligibility=flawed) as service:
        service.campaign(NAME)
        service.client("shop").submit(NAME, user="li")
        with pytest.raises(LookupError, match="no such list"):
            service.work()
    service = Fulfiller(eligibility=flawed, auto=True).start()
    service.campaign(NAME)
    service.client("shop").submit(NAME, user="li")
    with pytest.raises(LookupError, match="no such list"):
        service.close()
    assert not _ours()


def _ours() -> list[str]:
    return [each.name for each in threading.enumerate() if "fulfiller" in each.name]
