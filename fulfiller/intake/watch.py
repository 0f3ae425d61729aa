"""The watch: everybody who asks how a claim stands, answered by one read for all of them.

New questions are read together as soon as the desk is free; whoever waits for a change is
looked at again at each tick, all in one read. Nobody waits unseen: the first look is at once.
"""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from fulfiller.domain.claim import TERMINAL, ClaimId, State
from fulfiller.intake.desk import Desk
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.sighting import Sighting
from fulfiller.service.port import Key

SHARE = 9
"""Ticks stretch to this many times the time a look takes: a tenth of the store at most."""


@dataclass(slots=True)
class _Watcher:
    """Somebody who asks: what for, until when, and what they would have been told first."""

    claim_id: ClaimId
    until: float
    future: "asyncio.Future[Sighting | None]"
    state: State | None = None


class Watch:
    """Answers how claims stand, now or when they change; lives on the event loop."""

    def __init__(self, parts: IntakeParts, desk: Desk) -> None:
        """Watch nothing yet."""
        self._limits = parts.limits
        self._desk = desk
        self._fresh: list[_Watcher] = []
        self._waiting: list[_Watcher] = []
        self._bell = asyncio.Event()
        self._waiters = 0
        self._tick_at = 0.0
        self._closing = False

    def start(self) -> None:
        """Begin to answer."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._run())

    async def stop(self) -> None:
        """Answer no more."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def close(self) -> None:
        """Let nobody wait any longer: everyone is told how things stand at the next tick."""
        self._closing = True
        self._bell.set()

    async def see(self, claim_id: ClaimId, wait_s: float) -> Sighting | None:
        """Return a claim as it is now, or once it changes; None if there is none.

        With `wait_s` an open claim is waited for, unless too many are waiting already.
        """
        waits = wait_s > 0 and self._waiters < self._limits.waiters_max
        until = self._loop.time() + (min(wait_s, self._limits.wait_max_s) if waits else 0.0)
        watcher = _Watcher(claim_id, until, self._loop.create_future())
        self._fresh.append(watcher)
        self._bell.set()
        self._waiters += waits
        try:
            return await watcher.future
        finally:
            self._waiters -= waits

    async def find(self, key: Key) -> Sighting | None:
        """Return the claim that this idempotency key of an account stands for, if any."""
        return await self._desk.do(lambda viewer: viewer.find(key))

    async def _run(self) -> None:
        while True:
            await self._next()
            due, self._fresh = self._fresh, []
            ticked = self._waiting and (self._closing or self._loop.time() >= self._tick_at)
            if ticked:
                due, self._waiting = due + self._waiting, []
            due = [watcher for watcher in due if not watcher.future.done()]
            if due:
                await self._answer(due)

    async def _next(self) -> None:
        """Wait for a new question, or for the tick if somebody waits."""
        left_s = self._tick_at - self._loop.time() if self._waiting else None
        with suppress(TimeoutError):
            await asyncio.wait_for(self._bell.wait(), left_s)
        self._bell.clear()

    async def _answer(self, watchers: list[_Watcher]) -> None:
        began = self._loop.time()
        try:
            seen = await self._look({watcher.claim_id for watcher in watchers})
        except Exception as fault:  # noqa: BLE001 - each of them is told
            for watcher in watchers:
                watcher.future.set_exception(fault)
            return
        now = self._loop.time()
        self._tick_at = now + max(self._limits.tick_s, SHARE * (now - began))
        for watcher in watchers:
            self._tell(watcher, seen.get(watcher.claim_id), now)

    async def _look(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, Sighting]:
        return await self._desk.do(lambda viewer: viewer.see(ids))

    def _tell(self, watcher: _Watcher, sighting: Sighting | None, now: float) -> None:
        if watcher.future.done():
            return
        state = None if sighting is None else sighting.shown.state
        moved = watcher.state is not None and state is not watcher.state
        over = self._closing or now >= watcher.until
        if state is None or state in TERMINAL or moved or over:
            watcher.future.set_result(sighting)
            return
        watcher.state = state
        self._waiting.append(watcher)
