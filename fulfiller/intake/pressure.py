"""The pressure route: those behind a campaign say how they are, and a breaker listens.

A report stands until it runs out or is replaced, so that a partner who falls silent is not
believed for ever, and repeating one does no harm.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from fulfiller.domain.breaker import SECOND, Pressure
from fulfiller.domain.campaign import Phase, phase
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.key import KeyRecord, Scope, reaches
from fulfiller.domain.pressure import WHOLE, Report
from fulfiller.domain.validity import moment
from fulfiller.intake.campaigns import PATH, is_name
from fulfiller.intake.desk import Desk
from fulfiller.intake.exchange import Asked, Receive, Reply, encode, json_body
from fulfiller.intake.keys import Keys
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import Code, Problem
from fulfiller.intake.reading import Reason, Text, check_texts, decoded
from fulfiller.intake.sighting import Viewer

TTL_S, TTL_MAX_S = 300, 86_400
NO_STORE = (b"cache-control", b"no-store")


class PressureState(StrEnum):
    """How somebody behind a campaign is: as breakers know it, or well."""

    FULL = Pressure.FULL.value
    SLOW = Pressure.SLOW.value
    NONE = "none"


class PressureIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a partner says of itself, and for how long; without a limit key of all it has here."""

    pressure: PressureState
    reason: Reason
    limit_key: Text | None = None
    # To JSON 600.0 is as whole as 600.
    ttl_s: Annotated[float, Meta(ge=1, le=TTL_MAX_S, multiple_of=1)] = TTL_S


class PublicPressure(msgspec.Struct, frozen=True, kw_only=True):
    """What is in force now; `expires_at` is null where nothing presses."""

    campaign: str
    limit_key: str | None
    pressure: PressureState
    expires_at: datetime | None


_body = msgspec.json.Decoder(PressureIn)


class Partners:
    """Handler of what partners report."""

    def __init__(self, parts: IntakeParts, keys: Keys, writes: Desk) -> None:
        """Keep the parts."""
        self._parts = parts
        self._keys = keys
        self._writes = writes

    async def report(self, asked: Asked, receive: Receive) -> Reply:
        """Store what a partner says of itself, in place of what it said before."""
        key = await self._keys.record(asked.headers.get(b"authorization"), Scope.PRESSURE_WRITE)
        body = await json_body(asked, receive, limit=self._parts.limits.body_max)
        said = decoded(_body, body)
        check_texts(said, ("limit_key", "reason"))
        campaign = asked.path.removeprefix(PATH + "/").partition("/")[0]
        if not is_name(campaign):
            raise Problem(Code.UNKNOWN_CAMPAIGN)
        report = await self._writes.do(lambda viewer: self._reported(viewer, key, campaign, said))
        return Reply(200, encode(_shown(report)), (NO_STORE,))

    def _reported(self, viewer: Viewer, key: KeyRecord, name: str, said: PressureIn) -> Report:
        now = self._parts.now()
        campaign = viewer.store.campaign(name)
        if campaign is None or phase(campaign, now=now, exhausted=False) is Phase.DRAFT:
            raise Problem(Code.UNKNOWN_CAMPAIGN)
        if not reaches(key, name, said.limit_key, owner=campaign.owner):
            raise Problem(Code.FORBIDDEN, out_of_reach(key))
        report = _report(name, said, key.account, now)
        viewer.store.report(report, _event(report, said))
        return report


def _report(campaign: str, said: PressureIn, account: str, now: int) -> Report:
    return Report(
        campaign=campaign,
        limit_key=said.limit_key or WHOLE,
        pressure=None if said.pressure is PressureState.NONE else Pressure(said.pressure.value),
        reason=said.reason,
        account=account,
        at=now,
        expires_at=now + int(said.ttl_s) * SECOND,
    )


def _event(report: Report, said: PressureIn) -> Event:
    where = f" at {report.limit_key}" if report.limit_key else ""
    return Event(
        at=report.at,
        campaign=report.campaign,
        kind=Kind.PRESSURE_REPORTED,
        actor=f"account:{report.account}",
        detail=f"{said.pressure}{where} for {int(said.ttl_s)} s: {report.reason}",
    )


def out_of_reach(key: KeyRecord) -> str:
    """Return why a key that needs to be bound does not reach this."""
    if key.bound_campaign is None:
        return "the key is not bound to this campaign, and its account does not own it"
    where = "" if key.bound_limit_key is None else f" and to the limit_key {key.bound_limit_key!r}"
    return f"the key is bound to the campaign {key.bound_campaign!r}{where}"


def _shown(report: Report) -> PublicPressure:
    return PublicPressure(
        campaign=report.campaign,
        limit_key=report.limit_key or None,
        pressure=PressureState.NONE
        if report.pressure is None
        else PressureState(report.pressure.value),
        expires_at=None if report.pressure is None else moment(report.expires_at),
    )
