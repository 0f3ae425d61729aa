"""A conversation as the proxy follows it: bytes in, whole messages with their moments out."""

from collections.abc import Callable, Iterator
from typing import Protocol

from fulfiller.chaos.proxy.postgres import Postgres
from fulfiller.chaos.proxy.redis import Redis
from fulfiller.chaos.proxy.terms import Moment, Speech

Piece = tuple[bytes, Moment | None]
"""Bytes to pass on; with a moment they are the one message that it is about."""


class Language(Protocol):
    """What both protocols know of themselves."""

    def cut(self, data: bytes, at: int, *, asking: bool) -> int:
        """Return where the next message ends, or -1 if it is not whole yet."""

    def asked(self, message: bytes) -> Moment | None:
        """Hear what the client says, and return which moment it is."""

    def told(self, message: bytes) -> Moment | None:
        """Hear what the server says, and return which moment it is."""


class Ear:
    """One direction of a conversation; what it can't follow it passes on, and follows no more."""

    def __init__(self, language: Language, *, asking: bool) -> None:
        """Follow what the client says (`asking`), or the server."""
        self._language = language
        self._asking = asking
        self._hear: Callable[[bytes], Moment | None] = language.asked if asking else language.told
        self._kept = b""
        self.lost = False

    def pieces(self, data: bytes) -> Iterator[Piece]:
        """Yield all that can be passed on now; what is not whole yet is kept."""
        data, self._kept = self._kept + data, b""
        begun = at = 0
        while at < len(data) and not self.lost:
            try:
                end = self._language.cut(data, at, asking=self._asking)
                moment = None if end < 0 else self._hear(data[at:end])
            except (ValueError, IndexError):
                self.lost = True
                break
            if end < 0:
                break
            if moment is not None:
                if begun < at:
                    yield data[begun:at], None
                yield data[at:end], moment
                begun = end
            at = end
        if self.lost:
            at = len(data)
        self._kept = data[at:]
        if begun < at:
            yield data[begun:at], None


def ears(speech: Speech) -> tuple[Ear, Ear, Language]:
    """Return who follows the client and the server of a fresh connection."""
    language: Language = Postgres() if speech is Speech.POSTGRES else Redis()
    return Ear(language, asking=True), Ear(language, asking=False), language
