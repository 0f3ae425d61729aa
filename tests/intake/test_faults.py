"""Faults behind the door: every request is answered in time, and nothing is lost by them."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import cast

import httpx
import psycopg

from fulfiller.intake.parts import Limits, Truth
from fulfiller.ops.embedded.server import Server
from fulfiller.service.port import Ask, Sight, Writes
from tests.intake.door import NAME, body, code, opened, submit
from tests.waiting import until

SHORT = Limits(deadline_s=1.0)


class Cursed:
    """A store that breaks on the look for certain users, as a bug in a decision would."""

    def __init__(self, store: Truth, curse: Callable[[Ask], bool]) -> None:
        """Keep the store and what is cursed."""
        self._store = store
        self._curse = curse

    def __getattr__(self, name: str) -> object:
        """Pass everything else on."""
        return getattr(self._store, name)

    def look(self, ask: Ask) -> Sight:
        """Look, unless the curse strikes."""
        if self._curse(ask):
            raise LookupError("cursed")
        return self._store.look(ask)

    def write(self, writes: Writes) -> None:
        """Write."""
        self._store.write(writes)


def test_a_store_that_is_gone_is_told_in_time(postgres: Server, postgres_url: str) -> None:
    """Claims get a 503 by the deadline while PostgreSQL is down, and a place once it is back."""
    with opened(postgres_url, limits=SHORT) as door, door.caller() as caller:
        door.campaign()
        assert submit(caller, "one").status_code == 202
        # What people are told comes from the last look at all campaigns, four times a second.
        until(lambda: (seen := door.app.outlook.survey) and NAME in seen.campaigns)
        postgres.kill()
        with ThreadPoolExecutor(3) as pool:
            asked = [
                pool.submit(submit, caller, "two", body("wang")),
                pool.submit(submit, caller, "one"),
                pool.submit(caller.get, "/readyz"),
            ]
            *lost, ready = (each.result() for each in asked)
        alive = caller.get("/livez")
        postgres.restart()
        until(lambda: submit(caller, "two", body("wang")).status_code < 300, within_s=20)
        assert submit(caller, "one").status_code == 200
        assert door.entered() == 2
    assert [(answer.status_code, code(answer)) for answer in (*lost, ready)] == [
        (503, "unavailable")
    ] * 3
    assert all(answer.headers["retry-after"].isdecimal() for answer in lost)
    assert max(answer.elapsed.total_seconds() for answer in lost) < SHORT.deadline_s + 1
    told = lost[0].json()
    assert told["message"].startswith("We can't get to your claim right now. Our own systems")
    assert (told["language"], told["patience"]["reason"]) == ("en", "systems")
    assert told["patience"]["what_to_do"] == "come_back"
    assert alive.status_code == 200


@contextmanager
def hanging(postgres_url: str) -> Iterator[None]:
    """Make every accept hang in the store until the block ends."""
    with psycopg.connect(postgres_url) as line:
        line.execute("lock table claim in access exclusive mode")
        yield


def test_a_store_that_hangs_is_told_in_time(postgres_url: str) -> None:
    """A store that hangs holds up the committer, not the callers."""
    with opened(postgres_url, limits=SHORT) as door, door.caller() as caller:
        door.campaign()
        assert submit(caller, "one").status_code == 202
        with hanging(postgres_url), ThreadPoolExecutor(5) as pool:
            lost = list(pool.map(lambda n: submit(caller, f"k{n}", body(f"u{n}")), range(5)))
        assert {(answer.status_code, code(answer)) for answer in lost} == {(503, "unavailable")}
        assert max(answer.elapsed.total_seconds() for answer in lost) < SHORT.deadline_s + 1
        until(lambda: submit(caller, "k0", body("u0")).status_code < 300, within_s=20)


def test_an_answer_lost_on_the_way_is_found_again(postgres: Server, postgres_url: str) -> None:
    """While PostgreSQL restarts under load, each key ends up with one claim and all get theirs."""
    with opened(postgres_url) as door:
        door.campaign()
        key = door.key("teahouse")

        async def storm() -> list[str]:
            auth = {"authorization": f"Bearer {key}"}
            async with httpx.AsyncClient(base_url=door.url, headers=auth, timeout=30) as http:
                await _insisted(http, "first")
                sent = [asyncio.create_task(_insisted(http, f"u{n}")) for n in range(30)]
                await asyncio.to_thread(postgres.kill)
                sent += [asyncio.create_task(_insisted(http, f"u{n}")) for n in range(30, 60)]
                await asyncio.to_thread(postgres.restart)
                return await asyncio.gather(*sent)

        ids = asyncio.run(storm())
        assert len(set(ids)) == 60
        assert door.entered() == 61


def test_one_bad_claim_fails_alone(sqlite_url: str) -> None:
    """What breaks on one claim of a group is a 500 for that one; the others are kept."""

    def cursed(store: Truth) -> Truth:
        return cast("Truth", Cursed(store, lambda ask: any(u == "cursed" for _, u in ask.people)))

    with opened(sqlite_url, each_store=cursed) as door, door.caller() as caller:
        door.campaign()
        users = ["cursed" if n == 7 else f"u{n}" for n in range(30)]
        claims = [body(user) | {"idempotency_key": user} for user in users]
        results = caller.post("/v1/claims/batch", json={"claims": claims}).json()["results"]
        statuses = [result["status"] for result in results]
        assert statuses == [500 if user == "cursed" else 202 for user in users]
        assert results[7]["problem"]["code"] == "internal"
        assert door.entered() == 29


def test_too_many_waiting_are_told_at_once(postgres_url: str) -> None:
    """With the inbox full, a claim is refused at once instead of waiting for its deadline."""
    with opened(postgres_url, limits=Limits(inbox_max=10, deadline_s=1.5)) as door:
        door.campaign()
        with door.caller() as caller, ThreadPoolExecutor(40) as pool:
            assert submit(caller, "one").status_code == 202
            with hanging(postgres_url):
                answers = list(
                    pool.map(lambda n: submit(caller, f"k{n}", body(f"u{n}")), range(40))
                )
        waits = sorted(answer.elapsed.total_seconds() for answer in answers)
        assert {answer.status_code for answer in answers} == {503}
        assert waits[25] < 1.2
        assert waits[-1] >= 1.3


def test_what_found_room_of_a_batch_is_taken_in(sqlite_url: str) -> None:
    """A batch that does not fit as a whole: its first claims are kept, the rest told to return."""
    with opened(sqlite_url, limits=Limits(inbox_max=10, group_max=6)) as door:
        door.campaign()
        claims = [body(f"u{n}") | {"idempotency_key": f"k{n}"} for n in range(12)]
        with door.caller() as caller:
            answer = caller.post("/v1/claims/batch", json={"claims": claims})
        assert answer.status_code == 207
        statuses = [result["status"] for result in answer.json()["results"]]
        assert statuses == [202] * 6 + [503] * 6
        assert door.entered() == 6


def test_a_frozen_broker_holds_up_nobody(sqlite_url: str, valkey: Server) -> None:
    """Accepting stays fast with the broker frozen, and soon offers nothing to it."""
    with opened(sqlite_url, broker_url=valkey.url) as door, door.caller() as caller:
        door.campaign()
        valkey.freeze()
        try:
            answers = [submit(caller, f"k{n}", body(f"u{n}")) for n in range(100)]
        finally:
            valkey.thaw()
        assert {answer.status_code for answer in answers} == {202}
        assert max(answer.elapsed.total_seconds() for answer in answers) < 1.0


async def _insisted(http: httpx.AsyncClient, user: str) -> str:
    """Submit a claim until it is kept, and return its id."""
    while True:
        answer = await http.post("/v1/claims", json=body(user), headers={"idempotency-key": user})
        if answer.is_success:
            return str(answer.json()["claim_id"])
        assert answer.status_code == 503
        await asyncio.sleep(0.05)
