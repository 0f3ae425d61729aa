"""Many at once: one claim per key and per identity, whoever asks and however often."""

import asyncio

import httpx

from tests.intake.door import Door, body

TOGETHER = 100
KEYS = 50
FEW = 7


async def _all(
    door: Door, key: str, bodies: list[dict[str, object]], keys: list[str]
) -> list[httpx.Response]:
    """Submit all of it at the same time, each on a connection of its own."""
    limits = httpx.Limits(max_connections=len(bodies))
    auth = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        base_url=door.url, limits=limits, timeout=30, headers=auth, verify=False
    ) as http:
        return await asyncio.gather(
            *(
                http.post("/v1/claims", json=claim, headers={"idempotency-key": name})
                for claim, name in zip(bodies, keys, strict=True)
            )
        )


def test_one_key_many_times_is_one_claim(door: Door) -> None:
    """100 parallel submissions of one key: one claim, 100 answers with its id, one 202."""
    key = door.key("teahouse")
    answers = asyncio.run(_all(door, key, [body()] * TOGETHER, ["one"] * TOGETHER))
    assert len({answer.json()["claim_id"] for answer in answers}) == 1
    assert sorted(answer.status_code for answer in answers) == [200] * (TOGETHER - 1) + [202]
    assert door.entered() == 1


def test_one_identity_under_fifty_keys_is_one_claim(door: Door) -> None:
    """The same user from 50 connections under different keys: one claim, told 50 times."""
    key = door.key("teahouse")
    answers = asyncio.run(_all(door, key, [body()] * KEYS, [f"k{n}" for n in range(KEYS)]))
    assert len({answer.json()["claim_id"] for answer in answers}) == 1
    assert door.entered() == 1


def test_many_users_for_few_coupons_get_exactly_those(door: Door) -> None:
    """100 at once for 7 coupons: 7 are kept, the others are told that all are taken."""
    door.campaign("tiny", budget=FEW * 2_500)
    key = door.key("teahouse")
    bodies = [body(f"u{n}", "tiny") for n in range(TOGETHER)]
    answers = asyncio.run(_all(door, key, bodies, [f"k{n}" for n in range(TOGETHER)]))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [202] * FEW + [409] * (TOGETHER - FEW)
    assert door.entered("tiny") == FEW


def test_together_they_share_commits(door: Door) -> None:
    """Claims that arrive together have the same instant: they were decided as a group."""
    key = door.key("teahouse")
    bodies = [body(f"u{n}") for n in range(TOGETHER)]
    answers = asyncio.run(_all(door, key, bodies, [f"k{n}" for n in range(TOGETHER)]))
    instants = {answer.json()["accepted_at"] for answer in answers}
    assert len(instants) < TOGETHER / 2
    assert door.entered() == TOGETHER
