"""Send requests when they are due: one by one, and many at once when that falls behind."""

import asyncio
from bisect import bisect_right
from collections.abc import Coroutine, Sequence
from math import inf

from fulfiller.client import AsyncClient, Claim, ClientError, NewClaim
from fulfiller.clock import monotonic
from fulfiller.ops.demo.memory import Memory
from fulfiller.ops.demo.traffic import Wish

TICK_S = 0.01
SINGLES = 8
"""Requests under way one by one at most; what is due beyond that goes in batches."""
BATCHES = 3
BATCH_MIN, BATCH_MAX = 10, 100
WARM_S = 0.7
CROWD = 50_000
"""People who wait at the doors in a rehearsal: more than are let in."""


class Sender:
    """Plays a day, open loop: the clock decides when to send, and not the answers."""

    def __init__(self, client: AsyncClient, campaign: str, memory: Memory) -> None:
        """Send nothing yet."""
        self._client = client
        self._campaign = campaign
        self._memory = memory
        self._under_way: set[asyncio.Task[None]] = set()
        self._batches = 0

    async def play(self, day: Sequence[Wish], *, stop_s: float = inf) -> None:
        """Send every request of the day, or what comes before `stop_s`, and await each answer."""
        start_s = monotonic()
        due = 0
        while due < len(day) or self._under_way:
            now_s = monotonic() - start_s
            if now_s >= stop_s:
                due = len(day)
            end = bisect_right(day, now_s, lo=due, key=lambda wish: wish.due_s)
            due = self._send(day, due, end)
            await asyncio.sleep(TICK_S)

    def _send(self, day: Sequence[Wish], start: int, end: int) -> int:
        """Send what is due as far as there is room, and return what has to go next."""
        while start < end:
            alone = len(self._under_way) - self._batches < SINGLES
            if alone:
                self._begin(self._submit(day[start]))
                start += 1
            elif self._batches < BATCHES and end - start >= BATCH_MIN:
                stop = min(start + BATCH_MAX, end)
                self._batches += 1
                self._begin(self._submit_many(day[start:stop]))
                start = stop
            else:
                break
        return start

    def _begin(self, sending: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(sending)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _submit(self, wish: Wish) -> None:
        self._memory.sent += 1
        self._memory.hear(wish, await one(self._client, self._campaign, wish))

    async def _submit_many(self, part: Sequence[Wish]) -> None:
        self._memory.sent += len(part)
        claims = [claim(self._campaign, wish) for wish in part]
        answers: Sequence[Claim | ClientError]
        try:
            answers = await self._client.submit_many(claims)
        except ClientError as fault:
            answers = [fault] * len(part)
        finally:
            self._batches -= 1
        for wish, answer in zip(part, answers, strict=True):
            self._memory.hear(wish, answer)


async def pace(client: AsyncClient, campaign: str, *, seconds: float) -> float:
    """Return how many claims a second are taken in when more are due than can be sent."""
    memory = Memory()
    crowd = [Wish(0.0, f"rehearsal-{n}", "first", f"rehearsal-{n}") for n in range(CROWD)]
    pressing = asyncio.create_task(
        Sender(client, campaign, memory).play(crowd, stop_s=WARM_S + seconds)
    )
    await asyncio.sleep(WARM_S)
    start_s, before = monotonic(), len(memory.accepted)
    await asyncio.wait((pressing,), timeout=seconds)
    took_s, taken = monotonic() - start_s, len(memory.accepted) - before
    await pressing
    return taken / took_s


async def one(client: AsyncClient, campaign: str, wish: Wish) -> Claim | ClientError:
    """Submit one claim and return the answer, whatever it is."""
    try:
        return await client.submit(
            campaign, wish.user, grant=wish.grant, locale=wish.locale, key=wish.key
        )
    except ClientError as fault:
        return fault


def claim(campaign: str, wish: Wish) -> NewClaim:
    """Return a wish as a claim for a batch."""
    return NewClaim(
        campaign=campaign, user=wish.user, grant=wish.grant, locale=wish.locale, key=wish.key
    )
