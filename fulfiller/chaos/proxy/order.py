"""What the proxy process is told, and what it answers, each a line of JSON."""

import msgspec

from fulfiller.chaos.proxy.terms import Blow, Moment, Speech, Tally, Toxic


class Open(msgspec.Struct, tag="open", frozen=True):
    """Open a leg."""

    leg: str
    host: str
    port: int
    speech: Speech


class Arm(msgspec.Struct, tag="arm", frozen=True):
    """Strike at moments from now on."""

    legs: str
    moment: Moment
    blow: Blow
    every: int
    times: int
    stall_s: float


class Disarm(msgspec.Struct, tag="disarm", frozen=True):
    """Strike no more where this glob was armed."""

    legs: str


class Poison(msgspec.Struct, tag="poison", frozen=True):
    """Make legs sick."""

    legs: str
    toxic: Toxic


class Reset(msgspec.Struct, tag="reset", frozen=True):
    """Break every link of legs."""

    legs: str


class TallyOf(msgspec.Struct, tag="tally", frozen=True):
    """Tell what legs have seen."""

    legs: str


Order = Open | Arm | Disarm | Poison | Reset | TallyOf


class Nothing(msgspec.Struct, frozen=True):
    """There is nothing to say to it."""


class Opened(msgspec.Struct, frozen=True):
    """A leg listens on this port of loopback."""

    port: int


class Resetted(msgspec.Struct, frozen=True):
    """So many links were broken."""

    links: int


class Tallied(msgspec.Struct, frozen=True):
    """What was seen."""

    tally: Tally
