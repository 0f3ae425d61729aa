"""Door limits at a real door: who is refused, what they are told, and what it never costs."""

from collections import Counter
from contextlib import ExitStack

import httpx
import pytest

from fulfiller.domain.key import Scope
from tests.intake.conforming import conforms, document_of
from tests.intake.door import NAME, Door, body, code, opened, submit
from tests.intake.limited import batch, claims, limits
from tests.intake.stage import AT_ONCE
from tests.intake.test_metrics import scrape
from tests.waiting import until

IANA = "https://iana.org/assignments/http-problem-types#quota-exceeded"
CAMPAIGN = f"/v1/campaigns/{NAME}"


def test_a_user_beyond_the_burst_is_told_when_to_come_again(sqlite_url: str) -> None:
    """429 with a problem of the registered type, Retry-After, and the fields of the draft."""
    with opened(sqlite_url, door=limits(user=("90/h", 3))) as door, door.caller() as caller:
        door.campaign(per_user_limit=10)
        kept = claims(caller, "li", 3)
        refused = submit(caller, "one too many", body("li", grant="another"))
        other = submit(caller, "other", body("wang"))
        with door.caller("palace") as elsewhere:
            elsewhere_too = submit(elsewhere, "same user", body("li", grant="elsewhere"))
        document = document_of(door)
    assert [each.status_code for each in (*kept, other, elsewhere_too)] == [202] * 5
    assert {each.headers["ratelimit-policy"] for each in kept} == {'"user";q=3;w=120'}
    assert [each.headers["ratelimit"] for each in (*kept, other)] == [
        '"user";r=2;t=40', '"user";r=1;t=40', '"user";r=0;t=40', '"user";r=2;t=40',
    ]  # fmt: skip
    assert (refused.status_code, code(refused)) == (429, "rate_limited")
    problem = refused.json()
    assert (problem["type"], problem["violated-policies"]) == (IANA, ["user"])
    assert problem["retry_after_s"] == int(refused.headers["retry-after"]) == 40
    assert refused.headers["ratelimit"] == '"user";r=0;t=40'
    assert refused.headers["ratelimit-policy"] == '"user";q=3;w=120'
    conforms(refused, "submit_claim", document)
    conforms(other, "submit_claim", document)


def test_whoever_waits_as_told_is_let_in(sqlite_url: str) -> None:
    """What is refused is kept nowhere, and the same key is accepted when the time has come."""
    with opened(sqlite_url, door=limits(user=("5/s", 1))) as door, door.caller() as caller:
        door.campaign(per_user_limit=10)
        claims(caller, "li", 1)
        again = body("li", grant="later")
        assert submit(caller, "later", again).status_code == 429
        assert caller.get("/v1/claims", params={"key": "later"}).status_code == 404
        until(lambda: submit(caller, "later", again).status_code == 202, within_s=3)
        assert door.entered() == 2


def test_a_repeat_costs_as_much_and_loses_nothing(sqlite_url: str) -> None:
    """An idempotency key is no way around the limit; what was accepted can always be seen."""
    with opened(sqlite_url, door=limits(user=("1/h", 2))) as door, door.caller() as caller:
        door.campaign()
        first = submit(caller, "one")
        assert [submit(caller, "one").status_code for _ in range(2)] == [200, 429]
        seen = [caller.get("/v1/claims", params={"key": "one"}) for _ in range(5)]
        assert {each.json()["claim_id"] for each in seen} == {first.json()["claim_id"]}
        assert "ratelimit" not in seen[0].headers


def test_a_refusal_of_the_campaign_bears_the_fields_too(sqlite_url: str) -> None:
    """Sold out or unknown: what was asked counts, and what is left is told."""
    with opened(sqlite_url, door=limits(user=("1/h", 2))) as door, door.caller() as caller:
        nowhere = submit(caller, "a", body(campaign="nowhere"))
        malformed = submit(caller, "b", {"campaign": 1})
        assert (nowhere.status_code, nowhere.headers["ratelimit"]) == (404, '"user";r=1;t=3600')
        assert (malformed.status_code, "ratelimit" in malformed.headers) == (422, False)


def test_each_claim_of_a_batch_counts(sqlite_url: str) -> None:
    """For its user and for its account, and each has a result of its own."""
    door_limits = limits(user=("1/h", 2), account=("1/h", 5))
    with opened(sqlite_url, door=door_limits) as door, door.caller() as caller:
        door.campaign(per_user_limit=10)
        answer = batch(caller, ["li", "li", "li", "wang", "a", "b", "c", "d"])
        results = answer.json()["results"]
        assert [each["status"] for each in results] == [202, 202, 429, 202, 202, 202, 429, 429]
        policies = [each["problem"]["violated-policies"] for each in results if "problem" in each]
        assert policies == [["user"], ["account"], ["account"]]
        assert answer.headers["ratelimit-policy"] == '"account";q=5;w=18000, "user";q=2;w=7200'
        assert answer.headers["ratelimit"] == '"account";r=0;t=3600'
        conforms(answer, "submit_claims", document_of(door))
        both = submit(caller, "both", body("li", grant="more"))
        assert both.json()["violated-policies"] == ["account", "user"]
        assert scrape(door).values("door_refused_total", "policy") == {"account": 3, "user": 2}
        assert door.entered() == 5


def test_a_refused_claim_costs_no_other_limit(sqlite_url: str) -> None:
    """Who is refused for one limit has paid nothing for the other."""
    door_limits = limits(user=("1/h", 1), account=("1/h", 3))
    with opened(sqlite_url, door=door_limits) as door, door.caller() as caller:
        door.campaign(per_user_limit=10)
        answers = claims(caller, "li", 9)
        assert [each.status_code for each in answers] == [202, *[429] * 8]
        assert answers[0].headers["ratelimit"] == '"account";r=2;t=3600, "user";r=0;t=3600'
        assert answers[8].headers["ratelimit"] == '"user";r=0;t=3600'
        others = [claims(caller, user, 1)[0].status_code for user in ("a", "b", "c")]
        assert others == [202, 202, 429]


def test_an_address_is_limited_on_what_people_ask_for(sqlite_url: str) -> None:
    """Claims and campaigns, one for a whole batch; never probes, or what wants a key."""
    with opened(sqlite_url, door=limits(address=("1/h", 4)), limits=AT_ONCE) as door:
        door.campaign()
        with door.caller(scopes=frozenset(Scope)) as caller:
            assert submit(caller, "one").headers["ratelimit"] == '"address";r=3;t=3600'
            assert batch(caller, ["a", "b", "c"]).status_code == 207
            assert [caller.get(CAMPAIGN).status_code for _ in range(3)] == [200, 200, 429]
            refused = submit(caller, "two", body("b"))
            assert refused.json()["violated-policies"] == ["address"]
            # Before the key is looked at, so that guessing is limited too.
            assert httpx.post(f"{door.url}/v1/claims").status_code == 429
            free = ["/livez", "/readyz", "/problems", "/v1/claims?key=one", "/metrics"]
            assert {caller.get(path).status_code for path in free} == {200}


def _asking(door: Door, forwarded: str) -> int:
    return httpx.get(door.url + CAMPAIGN, headers={"x-forwarded-for": forwarded}).status_code


@pytest.mark.parametrize("proxies", ["127.0.0.1", "10.0.0.1, 127.0.0.0/8"])
def test_behind_a_proxy_the_caller_is_whom_the_proxy_names(sqlite_url: str, proxies: str) -> None:
    """The last one that is no proxy itself; of IPv6 a whole network is one caller."""
    door_limits = limits(address=("1/h", 1))
    with opened(sqlite_url, door=door_limits, proxies=proxies) as door:
        door.campaign()
        assert [_asking(door, "9.9.9.9") for _ in range(2)] == [200, 429]
        assert _asking(door, "9.9.9.10, 127.0.0.1") == 200
        assert _asking(door, "1.1.1.1, 9.9.9.10") == 429
        assert _asking(door, "2001:db8:1:2::7") == 200
        assert _asking(door, "2001:db8:1:2:ffff::8") == 429
        assert _asking(door, "2001:db8:1:3::7") == 200
        assert _asking(door, "::ffff:9.9.9.9") == 429
        assert _asking(door, "who:knows") == 200


def test_nobody_else_is_believed(sqlite_url: str) -> None:
    """Without a proxy that is named, what anybody writes into the header changes nothing."""
    with opened(sqlite_url, door=limits(address=("1/h", 1))) as door:
        door.campaign()
        assert [_asking(door, f"9.9.9.{number}") for number in range(2)] == [200, 429]


def test_without_limits_nothing_is_said_of_them(sqlite_url: str) -> None:
    """No fields, no refusals, and no gauge of what is shared."""
    with opened(sqlite_url, limits=AT_ONCE) as door, door.caller() as caller:
        door.campaign(per_user_limit=50)
        answers = claims(caller, "li", 50)
        assert {each.status_code for each in answers} == {202}
        assert "ratelimit-policy" not in answers[0].headers
        assert scrape(door).value("door_limits_shared") is None


def test_accounts_and_users_are_told_apart(sqlite_url: str) -> None:
    """However their names run together: user `b` of account `a` is not user `ab` of nobody's."""
    with opened(sqlite_url, door=limits(user=("1/h", 1))) as door:
        door.campaign(per_user_limit=9)
        for account, user in (("tea", "house"), ("teah", "ouse"), ("t", "eahouse")):
            with door.caller(account) as caller:
                answers = claims(caller, user, 2)
                assert [each.status_code for each in answers] == [202, 429]


def test_a_crowd_keeps_the_limit_of_each(sqlite_url: str) -> None:
    """Many users at once, each beyond the burst: each gets the burst and no more."""
    with opened(sqlite_url, door=limits(user=("1/h", 4))) as door, ExitStack() as stack:
        door.campaign(per_user_limit=100)
        caller = stack.enter_context(door.caller())
        users = [f"user-{number % 25}" for number in range(250)]
        results = batch(caller, users).json()["results"]
        let_in = Counter(
            user for user, each in zip(users, results, strict=True) if each["status"] == 202
        )
        assert let_in == {f"user-{number}": 4 for number in range(25)}
