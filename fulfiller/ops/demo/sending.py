"""Send requests when they are due: one by one, and many at once when that falls behind."""

import asyncio
from collections.abc import Coroutine, Sequence
from itertools import count

from fulfiller.client import AsyncClient, Claim, ClientError, NewClaim
from fulfiller.clock import monotonic
from fulfiller.ops.demo.memory import Memory
from fulfiller.ops.demo.traffic import Wish

TICK_S = 0.01
SINGLES = 48
"""Requests under way one by one at most; what is due beyond that goes in batches."""
BATCHES = 4
BATCH_MAX = 100


class Sender:
    """Plays a day, open loop: the clock decides when to send, and not the answers."""

    def __init__(self, client: AsyncClient, campaign: str, memory: Memory) -> None:
        """Send nothing yet."""
        self._client = client
        self._campaign = campaign
        self._memory = memory
        self._under_way: set[asyncio.Task[None]] = set()
        self._batches = 0

    async def play(self, day: Sequence[Wish]) -> None:
        """Send every request of the day and return when each has its answer."""
        start_s = monotonic()
        due = 0
        while due < len(day) or self._under_way:
            now_s = monotonic() - start_s
            end = due
            while end < len(day) and day[end].due_s <= now_s:
                end += 1
            due = self._send(day, due, end)
            await asyncio.sleep(TICK_S)

    def _send(self, day: Sequence[Wish], start: int, end: int) -> int:
        """Send what is due as far as there is room, and return what has to go next."""
        while start < end:
            alone = len(self._under_way) - self._batches < SINGLES
            if alone:
                self._begin(self._submit(day[start]))
                start += 1
            elif self._batches < BATCHES:
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
    """Return how many requests a second are answered when as many as may be are under way.

    Half a time is run to warm up before the time that counts.
    """
    numbers = count()
    await _press(client, campaign, seconds / 2, numbers)
    return await _press(client, campaign, seconds, numbers)


async def _press(client: AsyncClient, campaign: str, seconds: float, numbers: count[int]) -> float:
    start_s = monotonic()

    async def press(number: int) -> int:
        sent = 0
        while monotonic() - start_s < seconds:
            wish = Wish(
                0.0, f"rehearsal-{number}-{next(numbers)}", "first", f"{start_s}-{next(numbers)}"
            )
            await one(client, campaign, wish)
            sent += 1
        return sent

    sent = await asyncio.gather(*(press() for _ in range(SINGLES)))
    return sum(sent) / (monotonic() - start_s)


async def one(client: AsyncClient, campaign: str, wish: Wish) -> Claim | ClientError:
    """Submit one claim and return the answer, whatever it is."""
    try:
        return await client.submit(campaign, wish.user, grant=wish.grant, key=wish.key)
    except ClientError as fault:
        return fault


def claim(campaign: str, wish: Wish) -> NewClaim:
    """Return a wish as a claim for a batch."""
    return NewClaim(campaign=campaign, user=wish.user, grant=wish.grant, key=wish.key)
