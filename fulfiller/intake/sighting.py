"""Sightings: claims as they are now, with what it takes to say who may see them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, State
from fulfiller.domain.validity import Pause
from fulfiller.intake.parts import IntakeParts, Truth
from fulfiller.service.port import ClaimView, Key
from fulfiller.service.view import PublicClaim, claim_now


@dataclass(frozen=True, slots=True)
class Sighting:
    """A claim as it was seen; its account and the campaign's owner may be told.

    `ahead` is how many of its tier wait before it, if it waits; `locale` its own wish.
    """

    account: str
    owner: str
    shown: PublicClaim
    ahead: int | None = None
    locale: str | None = None

    def visible(self, account: str) -> bool:
        """Return whether this account may know of the claim at all."""
        return account in (self.account, self.owner)


class Viewer:
    """Sees claims through one store; remembers campaigns for a moment. One per thread."""

    def __init__(self, parts: IntakeParts, store: Truth) -> None:
        """See nothing yet."""
        self._parts = parts
        self.store = store
        self._terms: dict[str, tuple[float, Campaign]] = {}
        self._pauses: dict[str, tuple[int, Sequence[Pause]]] = {}

    def see(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, Sighting]:
        """Return these claims as they are now, in one read; unknown ones are left out."""
        views = self.store.view(ids)
        now = self._parts.now()
        waiting = [i for i, view in views.items() if view.state is State.WAITLISTED]
        ahead = self.store.ahead(waiting) if waiting else {}
        return {i: self.sighting(view, now, ahead.get(i)) for i, view in views.items()}

    def find(self, key: Key) -> Sighting | None:
        """Return the claim that this idempotency key of an account stands for, if any."""
        ids = self.store.by_key((key,))
        return self.see(ids.values()).get(ids[key]) if ids else None

    def sighting(self, view: ClaimView, now: int, ahead: int | None = None) -> Sighting:
        """Return a claim that was read already, as it may be shown."""
        campaign = self.campaign(view.claim.campaign)
        pauses = () if view.coupon is None else self._credited(campaign, now)
        shown = claim_now(view, campaign, key=self._parts.code_key, now=now, pauses=pauses)
        return Sighting(view.claim.account, campaign.owner, shown, ahead, view.claim.locale)

    def campaign(self, name: str) -> Campaign:
        """Return the terms of a campaign that has been claimed from."""
        at = self._parts.monotonic()
        until, known = self._terms.get(name, (at, None))
        if known is not None and at < until:
            return known
        campaign = self.store.campaign(name)
        if campaign is None:
            message = f"campaign {name} has claims but no terms"
            raise LookupError(message)
        self._terms[name] = (at + self._parts.limits.campaign_ttl_s, campaign)
        return campaign

    def _credited(self, campaign: Campaign, now: int) -> Sequence[Pause]:
        """Return the pauses that a campaign grants credit for, read once for each look.

        They are read after `now`, up to which a pause that lasts is credited.
        """
        if not campaign.pause_credit:
            return ()
        at, pauses = self._pauses.get(campaign.id, (None, ()))
        if at != now:
            pauses = self.store.pauses(campaign.id)
            self._pauses[campaign.id] = (now, pauses)
        return pauses
