"""The words of the proxy: what is spoken, when it strikes, how, and what it has seen."""

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
