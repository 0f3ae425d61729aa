"""GET /v1/events: an account's outcomes in sealed order, resumable."""

from fulfiller.domain.key import Scope
from fulfiller.service.seal import seal
from tests.intake.door import Door, code, submit


def sealed(door: Door) -> None:
    """Seal all that happened so far."""
    fence = door.store.lease("keeper", "test", ttl_s=60)
    assert fence is not None
    seal(store=door.store, fence=fence)


def test_outcomes_carry_the_claim_as_it_is_and_where_to_go_on(door: Door) -> None:
    """What ended is told with its coupon; behind the number told there is nothing yet."""
    with door.caller() as caller:
        claim = submit(caller, "one").json()
        door.issue(claim)
        assert caller.get("/v1/events").json()["outcomes"] == []
        sealed(door)
        page = caller.get("/v1/events").json()
        (told,) = page["outcomes"]
        assert (told["kind"], told["claim"]) == (
            "claim.issued",
            caller.get(f"/v1/claims/{claim['claim_id']}").json(),
        )
        assert told["claim"]["coupon"]["code"]
        assert told["after"] == told["number"] <= page["after"]
        rest = caller.get("/v1/events", params={"after": page["after"]}).json()
    assert (rest["outcomes"], rest["after"]) == ([], page["after"])
    assert rest["poll_after_s"] > 0


def test_other_accounts_hear_nothing_of_it(door: Door) -> None:
    """Neither the claim nor that there is one."""
    with door.caller("teahouse") as mine, door.caller("noodles") as other:
        door.issue(submit(mine, "one").json())
        sealed(door)
        assert len(mine.get("/v1/events").json()["outcomes"]) == 1
        assert other.get("/v1/events").json()["outcomes"] == []


def test_a_number_that_is_none_is_named(door: Door) -> None:
    """422 with the parameter, never a guess."""
    with door.caller() as caller:
        wrong = [caller.get(f"/v1/events?after={said}") for said in ("-1", "x", "1.5", "9" * 19)]
    assert [(a.status_code, code(a)) for a in wrong] == [(422, "invalid")] * 4
    assert {a.json()["errors"][0]["parameter"] for a in wrong} == {"after"}


def test_following_needs_the_scope(door: Door) -> None:
    """A key that may only submit hears nothing."""
    with door.caller(scopes=frozenset({Scope.CLAIM_WRITE})) as caller:
        assert code(caller.get("/v1/events")) == "forbidden"
