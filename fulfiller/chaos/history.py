"""The history: what clients asked for and were told, one line per invocation and completion.

Every call is invoked once and completed at most once: `ok` when it did what was asked, `fail`
when it was refused and did nothing, `info` when nobody can tell. A call without a completion
is one whose outcome is unknown for ever. After the model of Jepsen's histories.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import BinaryIO

import msgspec


class Phase(StrEnum):
    """Where in its life a call is."""

    INVOKE = "invoke"
    OK = "ok"
    FAIL = "fail"
    INFO = "info"


class Ask(StrEnum):
    """What is asked for."""

    CLAIM = "claim"
    LOOK = "look"
    CANCEL = "cancel"
    HANDLE = "handle"
    SNAPSHOT = "snapshot"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a history.

    `call` numbers the call; an invocation and its completion share it. `proc` is who calls,
    one call at a time. `mono` are seconds of the caller's monotonic clock, `wall` microseconds
    since 1970 of its wall clock.

    Invocations say what is asked: a claim's terms (`body` digests the request, in hex), the
    claim to look at or to cancel, the coupon's verb, and `deadline_s`, after which the caller
    counts no answer. Completions say what was told: the claim and its state, whether it
    `repeated` an earlier one, the coupon's code, the reason (`why`) of a refusal or a doubt.
    A snapshot's completion carries `purses`: by campaign, the sums of limit, available,
    reserved, issued and redeemed as read at one moment.
    """

    call: int
    proc: str
    phase: Phase
    ask: Ask
    mono: float
    wall: int
    account: str = ""
    campaign: str = ""
    user: str = ""
    grant: str = ""
    key: str = ""
    tier: int | None = None
    limit_key: str | None = None
    body: str = ""
    verb: str = ""
    deadline_s: float | None = None
    claim_id: str = ""
    state: str = ""
    repeated: bool = False
    code: str = ""
    why: str = ""
    purses: dict[str, dict[str, int]] | None = None


def write(lines: Iterable[Line], file: BinaryIO) -> None:
    """Append lines to a file as JSON, one per line."""
    encoder = msgspec.json.Encoder()
    file.writelines(encoder.encode(line) + b"\n" for line in lines)


def read(file: Iterable[bytes]) -> Iterator[Line]:
    """Yield the lines of a file; raise ValueError naming the first that is none."""
    decoder = msgspec.json.Decoder(Line)
    for number, text in enumerate(file, start=1):
        try:
            yield decoder.decode(text)
        except msgspec.DecodeError as flaw:
            message = f"line {number} of the history: {flaw}"
            raise ValueError(message) from flaw
