"""What each intake let in, told to the others through Redis: a stream of the last few seconds.

An entry holds digests, one for each that was let in, so that nobody is named here. It is read
by all and goes with the next ones; the stream itself goes when all intakes are silent.
"""

from collections.abc import Mapping
from secrets import token_bytes
from typing import Any

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

    def exchange(self, channel: object, said: Mapping[str, bytes]) -> list[News] | None:
        """Tell the digests of whom each limit let in, and return the news; None without Redis."""
        client = redis_of(channel)
        if client is None:
            return None
        name, oldest = key(DOOR_KEY), max(0, _ms(self._heard) - KEPT_MS)
        pipeline: Any = client.pipeline(transaction=False)
        pipeline.time()
        if any(said.values()):
            fields: dict[bytes | str, bytes] = {BY: self._own} | dict(said)
            pipeline.xadd(name, fields, minid=oldest, approximate=True)
            pipeline.pexpire(name, SILENT_MS)
        pipeline.xrange(name, min=f"({self._heard}")
        (seconds, micros), *_, entries = pipeline.execute()
        return self._news(entries, seconds * 1_000 + micros // 1_000)

    def _news(self, entries: list[tuple[bytes, dict[bytes, bytes]]], now_ms: int) -> list[News]:
        if entries:
            self._heard = entries[-1][0].decode()
        elif _ms(self._heard) > now_ms:
            # Another server, or a clock that was set back: what comes now has lower numbers.
            self._heard = f"{max(0, now_ms - KEPT_MS)}-0"
        return [
            News(
                age=max(0, now_ms - _ms(number.decode())) * MILLISECOND,
                let_in={name.decode(): digests for name, digests in fields.items() if name != BY},
            )
            for number, fields in entries
            if fields.get(BY) != self._own
        ]


def _ms(number: str) -> int:
    """Return the time in the number of an entry, which Redis gave it, in milliseconds."""
    return int(number.partition("-")[0])
