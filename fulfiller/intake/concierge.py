"""The concierge: tells whoever waits where they stand, in their language, and nothing else.

Everything is made from the last survey, so that patience costs no database and stays fast
whatever is broken behind the door.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from msgspec import structs

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import State
from fulfiller.domain.error import InvalidPatience
from fulfiller.domain.estimate import Wait, poll_after_s, said_place
from fulfiller.domain.mode import flowing, held
from fulfiller.domain.patience import Patience, Reason, Situation
from fulfiller.domain.stripe import Count
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import moment
from fulfiller.intake.outlook import Outlook
from fulfiller.intake.problem import Code, Problem, Told
from fulfiller.service.helm import Survey
from fulfiller.service.outlook import come_back_s, patience_of, wait_of
from fulfiller.service.speech.book import Book
from fulfiller.service.speech.library import Library
from fulfiller.service.speech.speak import speak
from fulfiller.service.view import PublicCampaign, PublicClaim, PublicPatience, PublicWait, Valid

WORTH_TELLING_S = 5.0
"""Waits below this are over before anybody has read about them."""
FALLBACK_S = 30
"""When to come back if nobody knows better."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ears:
    """What a caller says about languages: the claim's own wish, and the header."""

    locale: str | None = None
    accept_language: str = ""


class Concierge:
    """Speaks to those who wait; on the event loop."""

    def __init__(self, outlook: Outlook, library: Library) -> None:
        """Know whom to ask, and how to say it."""
        self._outlook = outlook
        self._library = library
        self._worded: dict[str, tuple[Campaign, Library]] = {}
        self._known: Survey | None = None
        self._brief: set[tuple[str, str]] = set()

    async def prepare(self, campaign: str) -> None:
        """Make sure that the pause of a campaign is known before anybody is told of it."""
        await self._outlook.see(campaign)

    def claim(self, shown: PublicClaim, ahead: int | None, ears: Ears) -> PublicClaim:
        """Return a claim with what its owner can be told: place, wait, message."""
        survey = self._outlook.survey
        if survey is None or shown.state not in (State.WAITLISTED, State.ACCEPTED):
            return shown
        campaign = survey.campaigns.get(shown.campaign)
        if campaign is None:
            return shown
        if shown.state is State.ACCEPTED:
            if self._is_brief(shown, survey):
                return shown
            return self._accepted(shown, campaign, survey, ears)
        return self._waitlisted(shown, campaign, survey, (ahead or 0, ears))

    def campaign(self, shown: PublicCampaign, ears: Ears) -> PublicCampaign:
        """Return a campaign with what anybody can be told while it does not flow."""
        survey = self._outlook.survey
        campaign = None if survey is None else survey.campaigns.get(shown.campaign)
        if survey is None or campaign is None or shown.mode is Mode.FLOWING:
            return shown
        now = self._outlook.now(survey)
        situation = Situation.PAUSED if shown.mode is Mode.PAUSED else Situation.RAMPING
        waiting = survey.sums[campaign.id].get((campaign.default_tier, Count.WAITLISTED), 0)
        wait = wait_of(campaign, survey, tier=campaign.default_tier, ahead=waiting, now=now)
        patience = replace(patience_of(campaign, survey, situation, now=now), wait=wait)
        message, language = self._said(patience, campaign, ears)
        return replace(shown, message=message, language=language, wait=_wait(wait))

    def turned_away(self, problem: Problem, campaign_id: str, user: str, ears: Ears) -> Problem:
        """Return a problem that tells when to come back, if no place could be kept or seen."""
        survey = self._outlook.survey
        campaign = None if survey is None else survey.campaigns.get(campaign_id)
        if survey is None or campaign is None:
            return problem
        now = self._outlook.now(survey)
        full = problem.code is Code.WAITLIST_FULL
        after_s = come_back_s(campaign, survey, user, now) if full else None
        seconds = FALLBACK_S if after_s is None else -(-after_s // 1)
        situation = Situation.FULL if full else Situation.AWAY
        patience = patience_of(campaign, survey, situation, now=now)
        if full:
            patience = replace(patience, come_back_at=now + int(seconds * 1_000_000))
        else:
            # Whatever holds the campaign, what keeps us from looking is our own.
            patience = replace(patience, reason=Reason.SYSTEMS, since=None, next_update_at=None)
        message, language = self._said(patience, campaign, ears)
        told = Told(message, language, _patience(patience))
        retry = int(seconds) if full else problem.retry_after_s
        return Problem(problem.code, problem.detail, *problem.flaws, retry_after_s=retry, told=told)

    def _accepted(
        self, shown: PublicClaim, campaign: Campaign, survey: Survey, ears: Ears
    ) -> PublicClaim:
        now = self._outlook.now(survey)
        wait = wait_of(campaign, survey, tier=_tier(shown), ahead=0, now=now)
        stopped = held(survey.modes, campaign.id)
        waits = survey.sums[campaign.id].get((_tier(shown), Count.ACCEPTED), 0) > 0
        long = stopped if wait.high_s is None else wait.high_s >= WORTH_TELLING_S
        if not (waits and long):
            if flowing(survey.modes, campaign.id) and not stopped:
                self._brief.add((campaign.id, shown.tier))
            return shown
        patience = replace(patience_of(campaign, survey, Situation.QUEUED, now=now), wait=wait)
        return self._told(shown, patience, campaign, ears)

    def _is_brief(self, shown: PublicClaim, survey: Survey) -> bool:
        """Return whether this survey has told of a wait like this one that it is brief.

        While a campaign flows that does not change before the next survey: it is worked out
        once for all who come in between.
        """
        if survey is not self._known:
            self._known = survey
            self._brief.clear()
        return (shown.campaign, shown.tier) in self._brief

    def _waitlisted(
        self,
        shown: PublicClaim,
        campaign: Campaign,
        survey: Survey,
        whose: tuple[int, Ears],
    ) -> PublicClaim:
        ahead, ears = whose
        now = self._outlook.now(survey)
        place = said_place(ahead + 1)
        wait = wait_of(campaign, survey, tier=_tier(shown), ahead=ahead, now=now)
        patience = replace(
            patience_of(campaign, survey, Situation.WAITLISTED, now=now),
            ahead=place - 1,
            wait=wait,
        )
        return structs.replace(
            self._told(shown, patience, campaign, ears),
            position=place,
            poll_after_s=poll_after_s(wait),
        )

    def _told(
        self, shown: PublicClaim, patience: Patience, campaign: Campaign, ears: Ears
    ) -> PublicClaim:
        message, language = self._said(patience, campaign, ears)
        wait = None if patience.wait is None else _wait(patience.wait)
        return structs.replace(
            shown,
            wait=wait,
            message=message,
            language=language,
            patience=_patience(patience),
        )

    def _said(self, patience: Patience, campaign: Campaign, ears: Ears) -> tuple[str, str]:
        book = self._book(campaign, ears)
        return speak(patience, book), book.language

    def _book(self, campaign: Campaign, ears: Ears) -> Book:
        library = self._library
        if campaign.patience:
            known, library = self._worded.get(campaign.id, (None, library))
            if known is not campaign:
                library = _amended(self._library, campaign)
                self._worded[campaign.id] = (campaign, library)
        return library.choose(ears.locale, ears.accept_language, campaign.locale)


def ears_of(headers: Mapping[bytes, bytes], locale: str | None = None) -> Ears:
    """Return what a request says about languages."""
    return Ears(locale, headers.get(b"accept-language", b"").decode("latin-1"))


def _amended(library: Library, campaign: Campaign) -> Library:
    """Return the books with a campaign's own words; as shipped, should those not fit any more."""
    try:
        return library.amended(campaign.patience)
    except InvalidPatience as flaw:
        log.warning("patience.unfit campaign=%s %s", campaign.id, flaw)
        return library


def _tier(shown: PublicClaim) -> Tier:
    return Tier.parse(shown.tier)


def _wait(wait: Wait) -> PublicWait:
    return PublicWait(low_s=wait.low_s, high_s=wait.high_s, basis=wait.basis)


def _patience(patience: Patience) -> PublicPatience:
    valid = [] if patience.valid_until is None else [Valid("coupons", moment(patience.valid_until))]
    return PublicPatience(
        what_to_do=patience.what_to_do,
        reason=patience.reason,
        since=_moment(patience.since),
        come_back_at=_moment(patience.come_back_at),
        next_update_at=_moment(patience.next_update_at),
        still_valid=tuple(valid),
    )


def _moment(instant: int | None) -> datetime | None:
    return None if instant is None else moment(instant)
