"""The in-memory Fulfiller as upstream teams use it: with its knobs, in both clients and in HTTP."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from fulfiller.client import Claim, Client, NewClaim
from fulfiller.domain.validity import moment
from fulfiller.testing import Fulfiller

NAME = "spring-festival"
MINUTE_S = 60.0
DAY_S = 86_400.0


@pytest.fixture
def service() -> Iterator[Fulfiller]:
    """A service with a campaign that is open."""
    with Fulfiller() as service:
        service.campaign(NAME)
        yield service


def test_the_example_of_the_readme() -> None:
    """Submit, work, and there is a coupon; for the next but one there is none."""
    with Fulfiller() as fulfiller:
        fulfiller.campaign(NAME, coupons=2)
        client = fulfiller.client("shop")
        claim = client.submit(NAME, user="li")
        assert claim.state == "accepted"
        assert fulfiller.work() == 1
        coupon = client.get(claim.claim_id).coupon
        assert coupon is not None
        assert coupon.value.amount == 2_500
        assert [each.code for each in fulfiller.coupons(NAME)] == [coupon.code]
        assert fulfiller.work() == 0


def test_the_async_client_and_plain_http_say_the_same(service: Fulfiller) -> None:
    """Whatever asks with a key of the account is told the same of the same claim."""

    async def asked() -> Claim:
        async with service.async_client("shop") as client:
            claim = await client.submit(NAME, user="li", key="order-42")
            service.work()
            return await client.get(claim.claim_id)

    told = asyncio.run(asked())
    headers = {"authorization": f"Bearer {service.key('shop')}", "idempotency-key": "order-42"}
    with httpx.Client(base_url=service.url, headers=headers) as caller:
        again = caller.post("/v1/claims", json={"campaign": NAME, "user": "li"})
        assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
        assert caller.get("/openapi.json").json()["info"]["title"] == "Fulfiller"
        sold = caller.post("/v1/claims", json={"campaign": "none", "user": "li"})
    assert again.json()["claim_id"] == told.claim_id
    assert told.coupon is not None
    assert again.json()["coupon"]["code"] == told.coupon.code
    assert sold.headers["content-type"] == "application/problem+json"


def test_auto_issues_by_itself_at_once() -> None:
    """Nobody says work: who waits for the claim gets it, and so does who is let in later."""
    with Fulfiller(auto=True) as service:
        service.campaign(NAME)
        client = service.client("shop")
        first = client.submit(NAME, user="li")
        assert client.wait(first.claim_id).coupon
        service.pause(NAME, "wrong value")
        second = client.submit(NAME, user="wu")
        assert second.state == "waitlisted"
        service.resume(NAME)
        assert client.get(second.claim_id).coupon


def test_paused_people_wait_with_words_and_are_issued_after(service: Fulfiller) -> None:
    """A place, a reason in the person's language, in order; after resume the coupons come."""
    client = service.client("shop")
    service.pause(NAME, "wrong value")
    first = client.submit(NAME, user="li")
    second = client.submit(NAME, user="wu", locale="zh-CN")
    assert (first.state, first.position, second.position) == ("waitlisted", 1, 2)
    assert first.message is not None
    assert "Your place is kept." in first.message
    assert second.language == "zh-Hans"
    assert service.work() == 0
    service.resume(NAME)
    assert client.get(first.claim_id).state == "accepted"
    assert service.work() == 2
    assert client.submit(NAME, user="su").state == "accepted"


def test_a_pause_may_end_by_itself_and_a_ramp_takes_its_time(service: Fulfiller) -> None:
    """After the pause's end people are let in ever faster, as time passes; then it flows."""
    client = service.client("shop")
    service.pause(NAME, "a check", lasts_s=MINUTE_S)
    claim = client.submit(NAME, user="li")
    assert claim.patience is not None
    assert claim.patience.next_update_at is not None
    service.pass_time(MINUTE_S)
    assert _mode(service) == "ramping"
    service.pass_time(1)
    assert client.get(claim.claim_id).state == "accepted"
    service.pass_time(MINUTE_S)
    assert _mode(service) == "flowing"
    service.pause(NAME, "another")
    service.resume(NAME, ramp=True)
    assert _mode(service) == "ramping"


def test_the_breaker_is_the_real_one() -> None:
    """A backlog over the threshold pauses, and the hold and the ramp are waited for."""
    with Fulfiller() as service:
        service.campaign(NAME, backlog_threshold=2)
        client = service.client("shop")
        states = [client.submit(NAME, user=user).state for user in ("li", "wu", "su", "an")]
        assert states == ["accepted", "accepted", "waitlisted", "waitlisted"]
        assert service.work() == 2
        service.pass_time(20)
        service.pass_time(MINUTE_S)
        service.work()
        assert [claim.state for claim in service.claims(NAME)] == ["issued"] * 4
        service.resume(NAME)
        states = [client.submit(NAME, user=user).state for user in ("ma", "bo", "lu")]
        assert states == ["accepted", "accepted", "waitlisted"]


def test_held_claims_stay_until_it_is_let_go(service: Fulfiller) -> None:
    """A hold stops the workers, and newcomers are taken in all the same."""
    client = service.client("shop")
    service.hold(NAME, "audit")
    claim = client.submit(NAME, user="li")
    assert claim.state == "accepted"
    assert service.work() == 0
    assert client.get(claim.claim_id).message
    service.unhold(NAME)
    assert client.get(claim.claim_id).message is None
    assert service.work() == 1


def test_parked_claims_are_issued_after_a_replay(service: Fulfiller) -> None:
    """A parked claim is open and stays so, until an operator lets it go on."""
    client = service.client("shop")
    claim = client.submit(NAME, user="li")
    service.park(claim.claim_id)
    assert service.work() == 0
    assert client.get(claim.claim_id).state == "parked"
    with pytest.raises(ValueError, match="is not accepted"):
        service.park(claim.claim_id)
    service.replay(claim.claim_id)
    assert service.work() == 1


def test_events_tell_how_claims_ended_in_order(service: Fulfiller) -> None:
    """One's own alone, from any number on, and the same when they are read again."""
    client = service.client("shop")
    claims = [client.submit(NAME, user=user) for user in ("li", "wu")]
    service.client("other").submit(NAME, user="su")
    client.cancel(claims[0].claim_id)
    service.work()
    seen = list(client.events(follow=False))
    ended = [(each.kind, each.claim.claim_id) for each in seen]
    assert ended == [
        ("claim.cancelled", claims[0].claim_id),
        ("claim.issued", claims[1].claim_id),
    ]
    assert list(client.events(after=seen[0].after, follow=False)) == seen[1:]


def test_a_refused_request_is_sent_again_and_is_the_same_claim(service: Fulfiller) -> None:
    """Refused before, or done and refused: the client asks again, and there is one claim."""
    client = service.client("shop")
    service.refuse_next(2)
    first = client.submit(NAME, user="li")
    assert not first.replayed
    service.refuse_next(1, done=True)
    second = client.submit(NAME, user="wu")
    assert second.replayed
    assert [each.user for each in service.claims(NAME)] == ["li", "wu"]


def test_sold_out_leaves_the_claims_of_the_test(service: Fulfiller) -> None:
    """The others' claims are not shown; what is given back can be claimed again."""
    client = service.client("shop")
    mine = client.submit(NAME, user="li")
    service.sell_out(NAME)
    assert [each.user for each in service.claims(NAME)] == ["li"]
    late = client.submit_many([NewClaim(campaign=NAME, user="wu")])[0]
    assert type(late).__name__ == "SoldOut"
    client.cancel(mine.claim_id)
    assert client.submit(NAME, user="wu").state == "accepted"


def test_time_moves_for_windows_coupons_keys_and_rates() -> None:
    """Nobody sleeps: what ends, opens or fills up again does when time is moved."""
    at = moment(1_770_339_600_000_000)
    with Fulfiller(at=at) as service:
        service.campaign(NAME, issuing_rate="1/m", owner="palace", valid_days=1)
        service.campaign("later", opens_in_s=DAY_S, closes_in_s=2 * DAY_S)
        client = service.client("shop")
        claims = [client.submit(NAME, user=user) for user in ("li", "wu", "su")]
        assert (service.now - at).total_seconds() < MINUTE_S
        assert (service.work(), service.work()) == (2, 0)
        service.pass_time(MINUTE_S)
        assert service.work() == 1
        code = service.coupons(NAME)[0].code
        assert client.coupon(code).state == "issued"
        with Client(service.url, service.key("till", lasts_s=MINUTE_S)) as till:
            assert _problem(lambda: till.get(claims[0].claim_id)) == "Unknown"
            service.end(NAME)
            assert _problem(lambda: till.get(claims[0].claim_id)) == "Unauthorized"
        assert client.submit("later", user="li").state == "accepted"
        service.pass_time(DAY_S)
        assert client.coupon(code).state == "expired"
        with pytest.raises(ValueError, match="forward"):
            service.pass_time(-1)


def test_a_till_redeems_what_was_issued() -> None:
    """Coupons are real: the owner's till redeems one once, and takes it back."""
    with Fulfiller() as service:
        service.campaign(NAME, owner="palace")
        service.client("shop").submit(NAME, user="li")
        service.work()
        code, till = service.coupons(NAME)[0].code, service.client("palace")
        assert till.redeem(code, key="checkout-4").state == "redeemed"
        assert _problem(lambda: till.redeem(code, key="checkout-5")) == "AlreadyRedeemed"
        assert till.roll_back(code, key="checkout-4").state == "issued"


def _mode(service: Fulfiller) -> str:
    return str(httpx.get(f"{service.url}/v1/campaigns/{NAME}").json()["mode"])


def _problem(ask: object) -> str:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its name is what is asked for
        ask()  # type: ignore[operator]
    return caught.typename
