"""What each intake let in, told to the others through Redis: a stream of the last few seconds.

An entry holds digests, one for each that was let in, so that nobody is named here. It is read
by all and goes with the next ones; the stream itself goes when all intakes are silent.
"""

from collections.abc import Mapping
from secrets import token_bytes
from typing import Any

from redis import Redis

from fulfiller.broker.raw import redis_of
from fulfiller.broker.topology import DOOR_KEY, key
from fulfiller.domain.bucket import News

KEPT_MS = 5_000
"""How long what was told can be heard."""
SILENT_MS = 60_000
MILLISECOND = 1_000_000
BY = b"by"
"""The field that says who tells: whoever told knows already."""


class Gazette:
    """Tells what was let in here, and remembers what it has heard."""

    def __init__(self) -> None:
        """Have heard nothing yet."""
        self._own = token_bytes(8)
        self._heard = "0-0"
        self._channel: object = None
        self._client: Redis | None = None

    def exchange(self, channel: object, said: Mapping[str, bytes]) -> list[News] | None:
        """Tell the digests of whom each limit let in, and return the news; None without Redis."""
        if channel is not self._channel:
            # Kept, because to make one costs more than to ask it.
            self._channel, self._client = channel, redis_of(channel)
        if self._client is None:
            return None
        name, oldest = key(DOOR_KEY), max(0, _ms(self._heard) - KEPT_MS)
        pipeline: Any = self._client.pipeline(transaction=False)
        tells = any(said.values())
        if tells:
            fields: dict[bytes | str, bytes] = {BY: self._own} | dict(said)
            pipeline.xadd(name, fields, minid=oldest, approximate=True)
            pipeline.pexpire(name, SILENT_MS)
        pipeline.xrange(name, min=f"({self._heard}")
        *told, entries = pipeline.execute()
        return self._news(entries, told[0].decode() if tells else None)

    def _news(
        self, entries: list[tuple[bytes, dict[bytes, bytes]]], mine: str | None
    ) -> list[News]:
        """Return what others told, dated by the newest entry; `mine` is the number of our own."""
        if entries:
            self._heard = entries[-1][0].decode()
        elif mine is not None:
            # Another server, or one that lost all and whose clock was set back: its numbers are
            # lower than what was heard, and so are those that come.
            self._heard = mine
        return [
            News(
                age=(_ms(self._heard) - _ms(number.decode())) * MILLISECOND,
                let_in={name.decode(): digests for name, digests in fields.items() if name != BY},
            )
            for number, fields in entries
            if fields.get(BY) != self._own
        ]


def _ms(number: str) -> int:
    """Return the time in the number of an entry, which Redis gave it, in milliseconds."""
    return int(number.partition("-")[0])
