"""The campaign routes: create one (operators), and show one (anybody)."""

import re

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import InvalidCampaign, InvalidPatience
from fulfiller.domain.key import Scope
from fulfiller.domain.terms import campaign_from_terms
from fulfiller.intake.concierge import Concierge, ears_of
from fulfiller.intake.desk import Desk
from fulfiller.intake.exchange import Asked, Receive, Reply, encode, json_body
from fulfiller.intake.keys import Keys
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import Code, Flaw, Problem
from fulfiller.intake.reading import object_in, pointer
from fulfiller.intake.sighting import Viewer
from fulfiller.service.create import create, is_created
from fulfiller.service.speech.library import Library
from fulfiller.service.view import PublicCampaign, campaign_now

PATH = "/v1/campaigns"
CACHED = (b"cache-control", b"public, max-age=1")
BY_LANGUAGE = (b"vary", b"accept-language")
is_name = re.compile(r"[a-z0-9-]{1,64}").fullmatch


class Campaigns:
    """Handlers of everything below `/v1/campaigns`."""

    def __init__(
        self, parts: IntakeParts, keys: Keys, reads: Desk, writes: Desk, concierge: Concierge
    ) -> None:
        """Keep the parts."""
        self._concierge = concierge
        self._parts = parts
        self._keys = keys
        self._reads = reads
        self._writes = writes
        self._shown: dict[str, tuple[float, PublicCampaign]] = {}

    async def create(self, asked: Asked, receive: Receive) -> Reply:
        """Create the campaign that the terms describe, owned by the caller's account."""
        account = await self._keys.account(asked.headers.get(b"authorization"), Scope.OPS)
        body = await json_body(asked, receive, limit=self._parts.limits.body_max)
        campaign = _read(object_in(body), account)
        _proofread(campaign, self._parts.library)
        created = await self._writes.do(lambda viewer: self._created(viewer, campaign))
        if not created:
            raise Problem(
                Code.CAMPAIGN_EXISTS,
                f"a campaign {campaign.id!r} with other terms exists",
                Flaw("choose another id", pointer="/id"),
            )
        location = (b"location", f"{PATH}/{campaign.id}".encode())
        return Reply(201, encode({"campaign": campaign.id}), (location,))

    async def show(self, asked: Asked, _receive: Receive) -> Reply:
        """Return what anybody may know of a campaign; a draft is unknown."""
        name = asked.path.removeprefix(PATH + "/")
        at = self._parts.monotonic()
        until, shown = self._shown.get(name, (at, None))
        if shown is None or until <= at:
            shown = await self._look(name)
            self._shown[name] = (at + self._parts.limits.campaign_ttl_s, shown)
        if shown.mode is not Mode.FLOWING:
            await self._concierge.prepare(name)
        told = self._concierge.campaign(shown, ears_of(asked.headers))
        return Reply(200, encode(told), (CACHED, BY_LANGUAGE))

    async def _look(self, name: str) -> PublicCampaign:
        shown = None
        if is_name(name):
            shown = await self._reads.do(lambda viewer: self._now(viewer, name))
        if shown is None:
            raise Problem(Code.UNKNOWN_CAMPAIGN)
        return shown

    def _now(self, viewer: Viewer, name: str) -> PublicCampaign | None:
        campaign = viewer.store.campaign(name)
        if campaign is None:
            return None
        return campaign_now(campaign, viewer.store.modes(), now=self._parts.now())

    def _created(self, viewer: Viewer, campaign: Campaign) -> bool:
        """Create a campaign; a repeat of one that exists with these very terms is fine."""
        now = self._parts.now()
        actor = f"account:{campaign.owner}"
        if create(campaign, store=viewer.store, now=now, actor=actor):
            return True
        return is_created(viewer.store.campaign(campaign.id), campaign)


def _proofread(campaign: Campaign, library: Library) -> None:
    """Refuse a campaign whose own words lack what people have to be told."""
    try:
        library.amended(campaign.patience)
    except InvalidPatience as flaw:
        raise Problem(Code.INVALID, "", Flaw(str(flaw), pointer="/patience")) from None


def _read(terms: dict[str, object], account: str) -> Campaign:
    if terms.get("owner", account) != account:
        flaw = Flaw("leave it out: the owner is the account of the API key", pointer="/owner")
        raise Problem(Code.INVALID, "", flaw)
    try:
        return campaign_from_terms(terms | {"owner": account})
    except InvalidCampaign as flaw:
        raise Problem(
            Code.INVALID, "", Flaw(flaw.problem, pointer=pointer(*flaw.field.split(".")))
        ) from None
