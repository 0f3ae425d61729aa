"""A link: one connection through the proxy, with a pipe for each way."""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import Iterable
from contextlib import suppress
from struct import pack
from typing import Protocol

from fulfiller.chaos.proxy.talk import Ear
from fulfiller.chaos.proxy.terms import Blow, Moment, Toxic

CHUNK = 1 << 16
QUEUED_MAX = 64
"""Chunks on their way at most: whoever reads slowly slows whoever sends."""
HARD = pack("ii", 1, 0)
"""SO_LINGER so that closing resets."""


Item = tuple[float, bytes, tuple[Blow, float] | None]
"""When something is due by the loop's clock, what it is, and how it is struck."""


class Road(Protocol):
    """What a link must know of its leg."""

    toxic: Toxic
    thawed: asyncio.Event

    def strikes(self, moment: Moment) -> tuple[Blow, float] | None:
        """Return what to do at a moment, with the seconds of a stall; None for nothing."""

    def held(self, number: int) -> None:
        """Count bytes that were delayed."""

    def swallowed(self, number: int) -> None:
        """Count bytes that nobody will get."""


class Link:
    """A client and its server, until one of them leaves."""

    def __init__(self, road: Road, client: StreamWriter, server: StreamWriter) -> None:
        """Join them."""
        self._road = road
        self._writers = (client, server)

    async def run(self, ways: Iterable[tuple[StreamReader, StreamWriter, Ear]]) -> None:
        """Pass everything on until one end leaves."""
        tasks = [asyncio.create_task(self._pipe(*way)) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._close()

    def reset(self) -> None:
        """Break it, so that both ends see a reset."""
        for writer in self._writers:
            sock = writer.get_extra_info("socket")
            with suppress(OSError, AttributeError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
            writer.transport.abort()

    def _close(self) -> None:
        for writer in self._writers:
            with suppress(OSError, RuntimeError):
                writer.close()

    async def _pipe(self, reader: StreamReader, writer: StreamWriter, ear: Ear) -> None:
        """Read, listen, and hand on to a second task that delays, strikes and writes."""
        queue: asyncio.Queue[Item | None] = asyncio.Queue(QUEUED_MAX)
        writing = asyncio.create_task(self._write(queue, writer))
        loop = asyncio.get_running_loop()
        try:
            with suppress(ConnectionError):
                while data := await reader.read(CHUNK):
                    due_s = loop.time() + self._road.toxic.latency_s
                    for piece, moment in ear.pieces(data):
                        blow = None if moment is None else self._road.strikes(moment)
                        await queue.put((due_s, piece, blow))
            await queue.put(None)
            await writing
        finally:
            writing.cancel()

    async def _write(self, queue: "asyncio.Queue[Item | None]", writer: StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionError):
            while (item := await queue.get()) is not None:
                due_s, piece, blow = item
                if (late_s := due_s - loop.time()) > 0:
                    self._road.held(len(piece))
                    await asyncio.sleep(late_s)
                if blow is not None and await self._struck(*blow):
                    return
                await self._pass(piece, writer)

    async def _struck(self, blow: Blow, stall_s: float) -> bool:
        """Strike; return whether nothing is left to write to."""
        if blow is Blow.CUT:
            self.reset()
            return True
        await asyncio.sleep(stall_s)
        return False

    async def _pass(self, piece: bytes, writer: StreamWriter) -> None:
        if not self._road.thawed.is_set():
            self._road.held(len(piece))
            await self._road.thawed.wait()
        toxic = self._road.toxic
        if toxic.black_hole:
            self._road.swallowed(len(piece))
            return
        if toxic.bytes_per_s:
            self._road.held(len(piece))
            await asyncio.sleep(len(piece) / toxic.bytes_per_s)
        writer.write(piece)
        await writer.drain()
