"""Words that must not be seen, and the places in which they are looked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis import Redis


@dataclass
class Marked:
    """Words that only the store and whoever owns them may know, and where they were looked for."""

    words: set[str] = field(default_factory=lambda: {"canary"})
    places: dict[str, str] = field(default_factory=dict)

    def learn(self, word: str) -> None:
        """Look for this word, too, with and without the hyphens that people read it with."""
        self.words |= {word.casefold(), word.replace("-", "").casefold()}

    def look(self, place: str, text: str) -> None:
        """Keep what a place shows."""
        self.places[place] = text.casefold()

    @property
    def hits(self) -> list[tuple[str, str]]:
        """Return which words were found where."""
        return [
            (place, word)
            for place, text in self.places.items()
            for word in self.words
            if word in text
        ]


def content(broker: Redis, name: bytes) -> object:
    """Return what a key of the broker holds, read by the command for its type."""
    read: Mapping[bytes, Callable[[bytes], object]] = {
        b"string": broker.get,
        b"list": lambda key: broker.lrange(key, 0, -1),
        b"hash": broker.hgetall,
        b"set": broker.smembers,
        b"zset": lambda key: broker.zrange(key, 0, -1, withscores=True),
        b"stream": broker.xrange,
    }
    kind: Any = broker.type(name)
    return read[kind](name)


def command_lines() -> str:
    """Return the command lines of all processes of this machine."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_text(errors="replace"))
        except OSError:
            continue  # it has just ended
    return "\n".join(lines)
