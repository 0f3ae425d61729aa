"""Rates as bytes: how much is issued at most of a campaign, or of one merchant in it."""

from urllib.parse import quote

import httpx
import msgspec

from fulfiller.client import wire
from fulfiller.client.pressing import CAMPAIGNS


class RateNow(msgspec.Struct, frozen=True, kw_only=True):
    """How much is issued at most over all workers; None where there is no limit."""

    campaign: str
    rate: str | None = None
    limit_key: str | None = None
    burst: int | None = None


class NewRate(msgspec.Struct, frozen=True, kw_only=True):
    """How much is to be issued from now on, such as 200/h, and why; None for no limit."""

    rate: str | None
    reason: str


_encode = msgspec.json.Encoder().encode
_now = msgspec.json.Decoder(RateNow)


def setting(campaign: str, limit_key: str | None, new: NewRate) -> wire.Call:
    """Return the call that sets a rate."""
    path = f"{CAMPAIGNS}/{quote(campaign, safe='')}"
    path += "/rate" if limit_key is None else f"/limits/{quote(limit_key, safe='')}"
    return wire.Call(method="PUT", path=path, body=_encode(new), headers=wire.JSON)


def rate_in(response: httpx.Response) -> RateNow:
    """Return the rate in an answer."""
    try:
        return _now.decode(response.content)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise wire.unreachable(f"the answer is no rate: {fault}") from fault
