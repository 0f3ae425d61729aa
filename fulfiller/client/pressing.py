"""Reports of pressure as bytes: what a partner says of itself, and what is in force then."""

from datetime import datetime
from typing import Literal
from urllib.parse import quote

import httpx
import msgspec

from fulfiller.client import wire

CAMPAIGNS = "/v1/campaigns"
TTL_S = 300
PressureState = Literal["full", "slow", "none"]


class PressureNow(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force; `expires_at` is None where nothing presses, `limit_key` for all."""

    campaign: str
    pressure: PressureState
    limit_key: str | None = None
    expires_at: datetime | None = None


class NewReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a partner says of itself; without a limit key of all that it has there."""

    pressure: PressureState
    reason: str
    limit_key: str | None = None
    ttl_s: int = TTL_S


_encode = msgspec.json.Encoder().encode
_now = msgspec.json.Decoder(PressureNow)


def reporting(campaign: str, report: NewReport) -> wire.Call:
    """Return the call that reports pressure."""
    path = f"{CAMPAIGNS}/{quote(campaign, safe='')}/pressure"
    return wire.Call(method="POST", path=path, body=_encode(report), headers=wire.JSON)


def pressure_in(response: httpx.Response) -> PressureNow:
    """Return what is in force, from an answer."""
    try:
        return _now.decode(response.content)
    except (msgspec.MsgspecError, ValueError) as fault:
        raise wire.unreachable(f"the answer is no pressure: {fault}") from fault
