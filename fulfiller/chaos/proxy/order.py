"""What is said to a proxy and what it answers: one JSON line for each."""

from enum import StrEnum

import msgspec


class Speech(StrEnum):
    """What is spoken over a leg."""

    REDIS = "redis"
    POSTGRES = "postgres"


class Moment(StrEnum):
    """A moment of a protocol, at which a proxy can strike.

    Each begins with a message. A blow keeps back that message and all behind it; all before it
    has gone on.

    `BRPOP_REPLY`: an element is on its way to whoever asked for it, and gone from the list. A
    BRPOP that found nothing in time is no moment.
    `LPUSH_REPLY`: an LPUSH is done and about to be confirmed; within MULTI, the reply to EXEC.
    `BEFORE_COMMIT`: the server is about to be told to commit. That is COMMIT or END, as a query
    or as the Execute of a statement that was prepared or not. Without BEGIN it is what ends the
    implicit transaction, if there was a write in it by its text: the Sync after a pipeline, or
    the query itself.
    `COMMIT_REPLY`: the server has committed and is about to say so. That is the CommandComplete
    COMMIT; without BEGIN it is the ReadyForQuery after at least one row was written.
    `FIRST_UPDATE`: the first statement of a transaction that begins with UPDATE is about to
    reach the server, as a query or as an Execute.
    """

    BRPOP_REPLY = "brpop-reply"
    LPUSH_REPLY = "lpush-reply"
    BEFORE_COMMIT = "before-commit"
    COMMIT_REPLY = "commit-reply"
    FIRST_UPDATE = "first-update"


class Blow(StrEnum):
    """What a proxy does at a moment.

    `CUT` resets the connection at both ends. `STALL` holds the message, and all behind it on its
    way, for a while.
    """

    CUT = "cut"
    STALL = "stall"


class Toxic(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a leg from now on; nothing by default.

    `latency_s` is added to each way, `bytes_per_s` bounds each way of the leg, all connections
    together. `frozen` lets nothing through and keeps it for later. `black_hole` swallows
    everything; connections that lost something in it are reset when it is gone. `refused` resets
    new connections as soon as they are made.
    """

    latency_s: float = 0.0
    bytes_per_s: int | None = None
    frozen: bool = False
    black_hole: bool = False
    refused: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers that no link has."""
        if self.latency_s < 0:
            raise ValueError(f"latency_s is {self.latency_s:g}: it can't be below 0")
        if self.bytes_per_s is not None and self.bytes_per_s < 1:
            raise ValueError(f"bytes_per_s is {self.bytes_per_s}: freeze the leg instead")


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What a leg has seen: connections, blows that fell, connections reset, and so on.

    `bytes_held` were delayed, throttled, stalled or frozen, `bytes_swallowed` fell into a black
    hole. `passed` counts moments that went by, struck or not. `resets` counts connections that
    were reset by a cut, on demand, or after a black hole; `refused` those that never came about.
    """

    connections: int = 0
    struck: dict[str, int] = {}
    passed: dict[str, int] = {}
    resets: int = 0
    refused: int = 0
    bytes_held: int = 0
    bytes_swallowed: int = 0


class Order(msgspec.Struct, kw_only=True, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Something that a proxy is to do; `legs` is a glob over the names of open legs."""


class Open(Order, tag="open", kw_only=True, frozen=True):
    """Open a leg to a server; the answer is its port."""

    leg: str
    host: str
    port: int
    speech: Speech


class Arm(Order, tag="arm", kw_only=True, frozen=True):
    """Strike at moments."""

    legs: str
    moment: Moment
    blow: Blow
    every: int = 1
    times: int = 1
    stall_s: float = 0.0

    def __post_init__(self) -> None:
        """Refuse blows that would never fall."""
        if self.every < 1 or self.times < 1:
            raise ValueError(f"every is {self.every} and times {self.times}: both begin at 1")
        if (self.blow is Blow.STALL) != (self.stall_s > 0):
            raise ValueError(f"a {self.blow} with stall_s={self.stall_s:g}: a stall takes time")


class Disarm(Order, tag="disarm", kw_only=True, frozen=True):
    """Strike no more."""

    legs: str


class Poison(Order, tag="poison", kw_only=True, frozen=True):
    """Make legs sick, or heal them."""

    legs: str
    toxic: Toxic


class Reset(Order, tag="reset", kw_only=True, frozen=True):
    """Reset all connections; the answer is how many there were."""

    legs: str


class Count(Order, tag="count", kw_only=True, frozen=True):
    """Say what the legs have seen."""

    legs: str


AnyOrder = Open | Arm | Disarm | Poison | Reset | Count


class Answer(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What became of an order: a number or a tally if it asks for one, or what was wrong."""

    number: int = 0
    tally: Tally | None = None
    fault: str | None = None
