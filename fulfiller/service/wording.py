"""Word a campaign: its own words for those who wait, one row written, and heard at once.

Whether the words fit the books is proofread before, by whoever has the books at hand; intakes
read a campaign anew several times a second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from json import JSONDecoder, dumps
from typing import Any

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Event, Kind
from fulfiller.service.port import Store

TRIES = 8
"""Times the terms may change under our hands before we give up."""
Words = Mapping[str, Mapping[str, Any]]
"""Tables of phrases by language."""


class Wording(StrEnum):
    """What asking for it ended in."""

    WORDED = "worded"
    ALREADY = "already"
    UNKNOWN_CAMPAIGN = "unknown_campaign"


@dataclass(frozen=True, slots=True)
class Worded:
    """What became of it, and the campaign as it is now."""

    how: Wording
    campaign: Campaign | None = None


def word(
    campaign_id: str, patience: Words, *, store: Store, now: int, actor: str, reason: str = ""
) -> Worded:
    """Let a campaign tell those who wait these words of its own, in place of those it had.

    Without any, they are told what is shipped.
    """
    for _ in range(TRIES):
        campaign = store.campaign(campaign_id)
        if campaign is None:
            return Worded(Wording.UNKNOWN_CAMPAIGN)
        if campaign.patience == patience:
            return Worded(Wording.ALREADY, campaign)
        worded = replace(campaign, patience=patience)
        if store.amend_campaign(campaign, worded, _event(worded, now, actor, reason)):
            return Worded(Wording.WORDED, worded)
    message = f"the terms of {campaign_id} changed {TRIES} times meanwhile"
    raise Raced(message)


def said(patience: Words, reason: str = "") -> str:
    """Return how the event log says it: the words themselves, for whoever asks what was told."""
    words = dumps(patience, ensure_ascii=False, sort_keys=True)
    return f"{words}: {reason}" if reason else words


def read_words(detail: str) -> tuple[str, str]:
    """Return the words and the reason of what the event log says; raise ValueError for neither."""
    _, end = JSONDecoder().raw_decode(detail)
    return detail[:end], detail[end:].removeprefix(": ")


def _event(campaign: Campaign, now: int, actor: str, reason: str) -> Event:
    return Event(
        at=now,
        campaign=campaign.id,
        kind=Kind.PATIENCE_WORDED,
        actor=actor,
        detail=said(campaign.patience, reason),
    )
