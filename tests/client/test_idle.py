"""Idle connections: what a slow moment opened is given back, or each call would look at all."""

import asyncio

import pytest

from fulfiller.client import AsyncClient, ClientError
from fulfiller.client.flow import IDLE_MAX

CROWD = 60
ANSWER = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"


class Door:
    """A door that answers nobody until a crowd stands before it."""

    def __init__(self) -> None:
        """Open to nobody yet."""
        self.here = 0
        self.full = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Count who is here, and answer each once all are."""
        self.here += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                if self.here == CROWD:
                    self.full.set()
                await self.full.wait()
                writer.write(ANSWER)
        except asyncio.IncompleteReadError:
            pass
        finally:
            self.here -= 1
            writer.close()


async def _rush() -> int:
    door = Door()
    server = await asyncio.start_server(door.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, AsyncClient(f"http://127.0.0.1:{port}", "key") as client:

        async def look(number: int) -> None:
            with pytest.raises(ClientError):
                await client.get(f"clm_{number}")

        await asyncio.gather(*map(look, range(CROWD)))
        # Whoever calls next puts the pool in order.
        await look(CROWD)
        async with asyncio.timeout(10):
            while door.here > IDLE_MAX:  # noqa: ASYNC110 - the pool tells nobody what it closes
                await asyncio.sleep(0.01)
        return door.here


def test_a_crowd_s_connections_are_given_back() -> None:
    """Sixty at once, twenty afterwards; with all of them kept, calls took milliseconds more."""
    assert 0 < asyncio.run(_rush()) <= IDLE_MAX
