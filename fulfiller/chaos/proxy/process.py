"""The proxy as those see it who run it: legs are opened, moments armed, links poisoned, all counted."""

from enum import StrEnum

import msgspec


class Speech(StrEnum):
    """What is spoken over a leg."""

    REDIS = "redis"
    POSTGRES = "postgres"


class Moment(StrEnum):
    """A moment of a protocol, at which a proxy can strike."""

    BRPOP_REPLY = "brpop-reply"
    LPUSH_REPLY = "lpush-reply"
    BEFORE_COMMIT = "before-commit"
    COMMIT_REPLY = "commit-reply"
    FIRST_UPDATE = "first-update"


class Blow(StrEnum):
    """What a proxy does at a moment."""

    CUT = "cut"
    STALL = "stall"


class Toxic(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a leg from now on; nothing by default.

    `latency_s` is added to each way, `bytes_per_s` bounds each way. `frozen` lets nothing through
    and keeps it for later; `black_hole` swallows everything; `refused` turns new connections away.
    """

    latency_s: float = 0.0
    bytes_per_s: int | None = None
    frozen: bool = False
    black_hole: bool = False
    refused: bool = False


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What a leg has seen: connections, blows that fell, connections reset, and so on.

    `bytes_held` were delayed, throttled or frozen, `bytes_swallowed` fell into a black hole.
    `passed` counts moments that went by, struck or not.
    """

    connections: int = 0
    struck: dict[str, int] = {}
    passed: dict[str, int] = {}
    resets: int = 0
    refused: int = 0
    bytes_held: int = 0
    bytes_swallowed: int = 0


class Proxy:
    """A running proxy process; it ends with this one, however that ends."""

    def __init__(self) -> None:
        """Start it."""
        raise NotImplementedError

    def open(self, leg: str, host: str, port: int, speech: Speech) -> int:
        """Open a leg to a server, and return the port on loopback to connect to instead."""
        raise NotImplementedError

    def arm(
        self, legs: str, moment: Moment, blow: Blow, *, every: int = 1, times: int = 1,
        stall_s: float = 0.0,
    ) -> None:
        """Strike at each `every`-th such moment on the legs that match a glob, `times` in all."""
        raise NotImplementedError

    def disarm(self, legs: str) -> None:
        """Strike no more on these legs."""
        raise NotImplementedError

    def poison(self, legs: str, toxic: Toxic) -> None:
        """Make legs sick from now on; `Toxic()` heals them."""
        raise NotImplementedError

    def reset(self, legs: str) -> int:
        """Reset every connection of these legs now, both ends; return how many there were."""
        raise NotImplementedError

    def tally(self, legs: str) -> Tally:
        """Return what these legs have seen since they were opened, added up."""
        raise NotImplementedError

    def close(self) -> None:
        """End it, and all connections through it."""
        raise NotImplementedError
