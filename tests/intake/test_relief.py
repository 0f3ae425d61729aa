"""The committer's relief: full groups go two at a time, and nothing else does."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager

import psycopg
import pytest

from fulfiller.domain.claim import Request
from fulfiller.domain.outcome import Accepted
from fulfiller.intake.committer import Committer, Taken
from fulfiller.intake.parts import Limits
from fulfiller.intake.publisher import Publisher
from tests.intake.door import Door, opened
from tests.waiting import until

FULL = 20
AHEAD, STUCK, FREE = "ahead", "stuck", "free"
Run = Callable[[Committer], Awaitable[None]]
BLOCKED = (
    "select count(*) from pg_stat_activity"
    " where wait_event_type = 'Lock' and datname = current_database()"
)


@pytest.fixture
def door(postgres_url: str) -> Iterator[Door]:
    """An intake with small groups, and three campaigns, each with stripes that can be locked."""
    with opened(postgres_url, limits=Limits(group_max=FULL)) as door:
        for name in (AHEAD, STUCK, FREE):
            door.campaign(name)
        yield door


def test_a_full_group_does_not_wait_for_the_full_one_before(door: Door) -> None:
    """While one hangs in the database, the next one is committed and answered."""

    async def run(committer: Committer) -> None:
        with _held(door, STUCK) as stuck:
            with _held(door, AHEAD):
                first = await _submitted(committer, door, AHEAD, 1)
                second = committer.submit(_requests(STUCK, FULL))
                third = committer.submit(_requests(FREE, FULL))
            _check_all_accepted(await asyncio.wait_for(third, 10))
            assert not second.done()
            stuck.rollback()
            _check_all_accepted([*await first, *await second])

    _with_committer(door, run)


def test_what_is_not_full_waits_for_the_one_before(door: Door) -> None:
    """Two transactions at a time would make small groups of those that are not full."""

    async def run(committer: Committer) -> None:
        with _held(door, STUCK) as stuck:
            with _held(door, AHEAD):
                first = await _submitted(committer, door, AHEAD, 1)
                second = committer.submit(_requests(STUCK, FULL))
                third = committer.submit(_requests(FREE, FULL - 1))
            await first
            await _blocked(door)
            released = door.store.now()
            stuck.rollback()
            _check_all_accepted(await second)
            for taken in await third:
                assert isinstance(taken, Accepted)
                assert taken.claim.accepted_at >= released

    _with_committer(door, run)


def _with_committer(door: Door, run: Run) -> None:
    async def together() -> None:
        committer = Committer(door.parts, Publisher(door.parts))
        committer.start()
        try:
            await run(committer)
        finally:
            await committer.stop()

    asyncio.run(together())


async def _submitted(
    committer: Committer, door: Door, campaign: str, many: int
) -> "asyncio.Future[Sequence[Taken]]":
    """Return the answers to come of claims whose transaction waits for a lock by now."""
    future = committer.submit(_requests(campaign, many))
    await _blocked(door)
    return future


async def _blocked(door: Door) -> None:
    await asyncio.to_thread(until, lambda: _waiting(door) > 0)


def _waiting(door: Door) -> int:
    with closing(psycopg.connect(door.store_url)) as line:
        found = line.execute(BLOCKED).fetchone()
    assert found is not None
    return int(found[0])


@contextmanager
def _held(door: Door, campaign: str) -> Iterator[psycopg.Connection]:
    """Hold a campaign's stripes, so that whoever takes from them waits."""
    with closing(psycopg.connect(door.store_url)) as line:
        line.execute("select from stripe where campaign = %s for update", (campaign,))
        yield line


def _requests(campaign: str, many: int) -> list[Request]:
    return [
        Request(
            account="palace",
            campaign=campaign,
            user=f"u{n}",
            key=f"{campaign}-{n}",
            fingerprint=b"",
        )
        for n in range(many)
    ]


def _check_all_accepted(answers: Sequence[Taken]) -> None:
    assert answers
    assert all(isinstance(answer, Accepted) for answer in answers)
