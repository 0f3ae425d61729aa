"""How many workers there should be, as bytes: what autoscalers ask for."""

import httpx
import msgspec

from fulfiller.client import wire

SCALE = "/v1/scale"


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to do, and how many worker slots that takes.

    `drain_s` is None if there is a backlog and nothing moves.
    """

    backlog: int
    drain_s: float | None
    workers: int
    suggested_workers: int


_scale = msgspec.json.Decoder(Scale)


def asking(max_workers: int | None) -> wire.Call:
    """Return the call that asks for it."""
    query = "" if max_workers is None else f"?max={max_workers}"
    return wire.Call(method="GET", path=SCALE + query, headers={})


def scale_in(response: httpx.Response) -> Scale:
    """Return what an answer says."""
    try:
        return _scale.decode(response.content)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise wire.unreachable(f"the answer is no scale: {fault}") from fault
