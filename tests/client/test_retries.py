"""Retries: with the same key, no sooner than asked, within the deadline and the budget."""

import asyncio
from collections.abc import Sequence

import pytest

from fulfiller.client import AsyncClient, Claim, Client, NewClaim, Paused, Unavailable
from fulfiller.clock import monotonic
from fulfiller.domain.validity import SECOND
from fulfiller.service.steer import Act, pause
from tests.client.between import Spoil, between, busy, dropped, half_full, lost, proxy_page
from tests.intake.door import NAME, Door


@pytest.mark.parametrize(
    "spoils", [[lost], [dropped], [proxy_page], [lost, dropped, proxy_page, lost]]
)
def test_a_lost_answer_is_asked_for_again_with_the_same_key(
    door: Door, spoils: Sequence[Spoil]
) -> None:
    """Whatever happens on the way, the claim is taken in once and its answer comes."""
    with between(door.url, spoils) as way, Client(way.url, door.key("teahouse")) as client:
        claim = client.submit(NAME, "li")
    assert len(way.keys()) == len(spoils) + 1
    assert len(set(way.keys())) == 1
    assert claim.replayed == (lost in spoils)
    assert door.entered() == 1


def test_the_async_twin_retries_the_same_way(door: Door) -> None:
    """Lost and dropped answers on asyncio: one key, one claim."""

    async def story(url: str) -> Claim:
        async with AsyncClient(url, door.key("teahouse")) as client:
            return await client.submit(NAME, "li")

    with between(door.url, [lost, dropped]) as way:
        claim = asyncio.run(story(way.url))
    assert claim.replayed
    assert len(set(way.keys())) == 1
    assert len(way.keys()) == 3


def test_retry_after_is_honored(door: Door) -> None:
    """A service that asks for a second of patience gets at least that."""
    with between(door.url, [busy]) as way, Client(way.url, door.key("teahouse")) as client:
        began = monotonic()
        client.submit(NAME, "li")
    assert monotonic() - began >= 1.0


def test_a_refusal_is_not_retried(door: Door) -> None:
    """What was understood and refused is asked once."""
    with between(door.url, []) as way, Client(way.url, door.key("teahouse")) as client:
        result = client.submit_many([NewClaim(campaign="nowhere", user="li")])
    assert len(way.requests) == 1
    assert not isinstance(result[0], Claim)


def test_the_deadline_ends_all_tries() -> None:
    """With nobody there, the call fails by its deadline and says what was wrong."""
    began = monotonic()
    with Client("http://127.0.0.1:9", "ful_x_y", deadline_s=0.5) as client:
        with pytest.raises(Unavailable) as caught:
            client.submit(NAME, "li")
        many = client.submit_many([NewClaim(campaign=NAME, user="li")])
    assert monotonic() - began < 3
    assert "ConnectError" in caught.value.detail
    assert isinstance(many[0], Unavailable)


def test_the_budget_ends_a_storm(door: Door) -> None:
    """Clients that can't get through retry ten times in all, not ten times each."""
    with between(door.url, [dropped] * 1_000) as way:
        with Client(way.url, door.key("teahouse"), deadline_s=1.0) as client:
            for number in range(30):
                with pytest.raises(Unavailable):
                    client.submit(NAME, f"u{number}")
        assert len(way.requests) <= 40


def test_who_is_told_when_to_come_back_keeps_that_answer(door: Door) -> None:
    """No place in a full line is each claim's own outcome, and no reason to ask again now."""
    now = door.store.now()
    door.campaign("full", waitlist_cap=0)
    act = Act(reason="a check", actor="operator:li", now=now, until=now + 60 * SECOND)
    assert pause("full", act, store=door.store).changed
    claims = [NewClaim(campaign="full", user=f"u{n}") for n in range(3)]
    with between(door.url, []) as way, Client(way.url, door.key("teahouse")) as client:
        results = client.submit_many(claims)
    assert [type(each) for each in results] == [Paused] * 3
    assert all(each.message for each in results)
    assert all((each.retry_after_s or 0) > 30 for each in results if isinstance(each, Paused))
    assert len(way.requests) == 1


def test_one_who_is_to_come_back_later_holds_up_no_other(door: Door) -> None:
    """Of a chunk those go again that may succeed in time, and only those."""
    claims = [NewClaim(campaign=NAME, user=f"u{n}") for n in range(2)]
    with between(door.url, [half_full]) as way, Client(way.url, door.key("teahouse")) as client:
        full, kept = client.submit_many(claims)
    assert isinstance(full, Paused)
    assert isinstance(kept, Claim)
    assert kept.user == "u1"
    assert door.entered() == 1


def test_what_was_not_taken_in_goes_again_alone(door: Door) -> None:
    """Of a chunk whose answer was lost everything goes again, and each has one claim."""
    claims = [NewClaim(campaign=NAME, user=f"u{n}") for n in range(20)]
    with between(door.url, [lost, busy]) as way, Client(way.url, door.key("teahouse")) as client:
        results = client.submit_many(claims)
    assert [r.replayed for r in results if isinstance(r, Claim)] == [True] * 20
    assert door.entered() == 20
