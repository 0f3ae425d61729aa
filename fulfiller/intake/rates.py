"""The routes for rates: how much is issued of a campaign, or of one merchant (a limit key) in it.

A campaign's own is its operators' to set; a merchant's may be set under the merchant's key.
"""

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta

from fulfiller.domain.campaign import Phase, phase
from fulfiller.domain.key import KeyRecord, Scope, reaches
from fulfiller.domain.pace import EVERY_KEY, Rate
from fulfiller.intake.campaigns import PATH, is_name
from fulfiller.intake.desk import Desk
from fulfiller.intake.exchange import Asked, Receive, Reply, encode, json_body
from fulfiller.intake.keys import Keys
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.pressure import NO_STORE, out_of_reach
from fulfiller.intake.problem import Code, Flaw, Problem
from fulfiller.intake.reading import REMEDIES, Reason, check_texts, decoded, is_text
from fulfiller.intake.sighting import Viewer
from fulfiller.service.rates import By, set_rate

RATE_PATTERN = r"^(?=[0-9.]{1,12}(?:/|$))(?=.*[1-9])[0-9]+(?:\.[0-9]+)?(?:/[smh])?$"
RateText = Annotated[str, Meta(max_length=14, pattern=RATE_PATTERN)]


class RateIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is to be issued from now on, and why; null for as fast as workers can."""

    rate: RateText | None
    reason: Reason


class PublicRate(msgspec.Struct, frozen=True, kw_only=True):
    """How much is issued at most; null where there is no limit."""

    campaign: str
    limit_key: str | None
    rate: str | None
    burst: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Whose rate a request is about."""

    campaign: str
    limit_key: str

    @classmethod
    def of(cls, path: str) -> "Place":
        """Return the place that a path names."""
        campaign, _, rest = path.removeprefix(PATH + "/").partition("/")
        _, _, limit_key = rest.partition("/")
        if not is_name(campaign):
            raise Problem(Code.UNKNOWN_CAMPAIGN)
        if limit_key != EVERY_KEY and not is_text(limit_key):
            raise Problem(Code.INVALID, "", Flaw(REMEDIES["limit_key"], parameter="limit_key"))
        return cls(campaign, limit_key)

    @property
    def scope(self) -> Scope:
        """Return what a key needs here."""
        return Scope.OPS if self.limit_key == EVERY_KEY else Scope.LIMIT_WRITE


_body = msgspec.json.Decoder(RateIn)


class Rates:
    """Handlers of rates."""

    def __init__(self, parts: IntakeParts, keys: Keys, reads: Desk, writes: Desk) -> None:
        """Keep the parts."""
        self._parts = parts
        self._keys = keys
        self._reads = reads
        self._writes = writes

    async def show(self, asked: Asked, _: Receive) -> Reply:
        """Show how much is issued at most."""
        place, key = await self._placed(asked)
        return _reply(await self._reads.do(lambda viewer: self._shown(viewer, key, place)))

    async def put(self, asked: Asked, receive: Receive) -> Reply:
        """Set how much is issued at most, over all workers, from the next coupon on."""
        place, key = await self._placed(asked)
        body = await json_body(asked, receive, limit=self._parts.limits.body_max)
        said = decoded(_body, body)
        check_texts(said, ("rate", "reason"))
        return _reply(await self._writes.do(lambda viewer: self._put(viewer, key, place, said)))

    async def _placed(self, asked: Asked) -> tuple[Place, KeyRecord]:
        kind = asked.path.removeprefix(PATH + "/").split("/", 2)[1]
        scope = Scope.LIMIT_WRITE if kind == "limits" else Scope.OPS
        key = await self._keys.record(asked.headers.get(b"authorization"), scope)
        return Place.of(asked.path), key

    def _put(self, viewer: Viewer, key: KeyRecord, place: Place, said: RateIn) -> PublicRate:
        now = self._parts.now()
        self._check(viewer, key, place, now)
        rate = None if said.rate is None else Rate.parse(said.rate)
        by = By(reason=said.reason, actor=f"account:{key.account}", now=now)
        set_rate((place.campaign, place.limit_key), rate, by, store=viewer.store)
        return _public(place, rate)

    def _shown(self, viewer: Viewer, key: KeyRecord, place: Place) -> PublicRate:
        self._check(viewer, key, place, self._parts.now())
        rates = {pace.scope[1]: pace.rate for pace in viewer.store.rates(place.campaign)}
        return _public(place, rates.get(place.limit_key))

    def _check(self, viewer: Viewer, key: KeyRecord, place: Place, now: int) -> None:
        """Raise the problem unless the key may speak for this place."""
        campaign = viewer.store.campaign(place.campaign)
        if campaign is None or phase(campaign, now=now, exhausted=False) is Phase.DRAFT:
            raise Problem(Code.UNKNOWN_CAMPAIGN)
        if place.scope is Scope.OPS and key.account != campaign.owner:
            raise Problem(Code.FORBIDDEN, "the key's account does not own this campaign")
        limit_key = place.limit_key or None
        if place.scope is Scope.LIMIT_WRITE and not reaches(
            key, place.campaign, limit_key, owner=campaign.owner
        ):
            raise Problem(Code.FORBIDDEN, out_of_reach(key))


def _public(place: Place, rate: Rate | None) -> PublicRate:
    return PublicRate(
        campaign=place.campaign,
        limit_key=place.limit_key or None,
        rate=None if rate is None else str(rate),
        burst=None if rate is None else rate.burst,
    )


def _reply(shown: PublicRate) -> Reply:
    return Reply(200, encode(shown), (NO_STORE,))
