"""S7, refusals: each had its reason, at some instant between the question and the answer.

Callers and store have their own clocks, and a transaction is dated before it is committed; so
a reason counts if it was there within `Limits.clock_s` and `commit_s` of the call.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping

from fulfiller.chaos.history import Ask, Line
from fulfiller.chaos.index import Index
from fulfiller.chaos.report import Docket, Limits
from fulfiller.chaos.sellout import Sellout, sellouts
from fulfiller.chaos.testimony import Testimony, bare, terms_of
from fulfiller.domain.campaign import Campaign, Publication
from fulfiller.domain.claim import Claim, ClaimId, State
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Ending, Why
from fulfiller.domain.validity import SECOND

CANCELLABLE = (State.WAITLISTED, State.ACCEPTED)
UNKNOWN_CLAIM = "unknown_claim"
NOT_CANCELLABLE = "not_cancellable"
Judge = Callable[[Line, Line], str | None]
"""Says what is wrong with a refusal, of its question and its answer."""


def judge_refusals(index: Index, heard: Testimony, docket: Docket, limits: Limits) -> None:
    """S7: charge every refusal whose reason can't have been there."""
    bench = Bench(index, heard, limits)
    docket.judged("S7", len(heard.refusals))
    for asked, told in heard.refusals:
        flaw = bench.flaw(asked, told)
        if flaw is not None:
            docket.charge("S7", f"call {told.call} was refused as {told.why or 'nothing'}: {flaw}")


class Bench:
    """Judges refusals one by one."""

    def __init__(self, index: Index, heard: Testimony, limits: Limits) -> None:
        """Look up what refusals may be about."""
        self._index = index
        self._heard = heard
        self._clock = int(limits.clock_s * SECOND)
        self._late = int((limits.clock_s + limits.commit_s) * SECOND)
        self._excused = limits.excused
        self._sellouts: Mapping[str, Sellout] = sellouts(index.books, self._late)
        self._people = _people(index, heard)
        self._lines = _lines(index)
        self._parked = {i for e in index.books.events if e.kind is Kind.CLAIM_PARKED for i in e.ids}
        self._born = _told(index, Kind.CAMPAIGN_CREATED)
        self._over = _told(index, Kind.CAMPAIGN_ENDED)
        self._judges: dict[str, Judge] = {
            Why.UNKNOWN_CAMPAIGN: self._unknown_campaign,
            Why.NOT_OPEN_YET: self._not_open_yet,
            Why.ENDED: self._ended,
            Why.SOLD_OUT: self._sold_out,
            Why.USER_LIMIT: self._user_limit,
            Why.IDENTITY_TAKEN: self._identity_taken,
            Why.KEY_REUSED: self._key_reused,
            Why.WAITLIST_FULL: self._waitlist_full,
        }

    def flaw(self, asked: Line, told: Line) -> str | None:
        """Return what is wrong with a refusal, None if it may well be right."""
        if asked.ask is Ask.CLAIM:
            judge = self._judges.get(told.why)
            if judge is not None:
                return judge(asked, told)
            return None if told.why in self._excused else "that is no reason"
        if told.why == UNKNOWN_CLAIM:
            return self._unknown_claim(asked)
        if asked.ask is Ask.CANCEL and told.why == NOT_CANCELLABLE:
            return self._not_cancellable(asked)
        return None

    def _campaign(self, asked: Line) -> Campaign | None:
        return self._index.books.campaigns.get(asked.campaign)

    def _unknown_campaign(self, asked: Line, _: Line) -> str | None:
        campaign = self._campaign(asked)
        if campaign is None or campaign.publication is Publication.DRAFT:
            return None
        born = self._born.get(campaign.id, 0)
        return None if born + self._late > asked.wall else f"{campaign.id} was there"

    def _not_open_yet(self, asked: Line, _: Line) -> str | None:
        campaign = self._campaign(asked)
        if campaign is None:
            return f"there is no campaign {asked.campaign}"
        return None if asked.wall < campaign.opens_at + self._clock else "it was open"

    def _ended(self, asked: Line, told: Line) -> str | None:
        campaign = self._campaign(asked)
        if campaign is None:
            return f"there is no campaign {asked.campaign}"
        by_owner = campaign.publication in (Publication.ENDED, Publication.ARCHIVED)
        # One that was created as ended was so from the first.
        ends_at = self._over.get(campaign.id, 0) if by_owner else campaign.closes_at
        over = told.wall >= min(ends_at, campaign.closes_at) - self._clock
        return None if over else "it was not over"

    def _sold_out(self, asked: Line, told: Line) -> str | None:
        known = self._sellouts.get(asked.campaign)
        if known is not None and known.meets(asked.wall - self._late, told.wall + self._clock):
            return None
        return f"nobody had found {asked.campaign} sold out by then"

    def _mine(self, asked: Line, told: Line) -> list[Claim]:
        """Return the claims that a user may have held at some instant of a call."""
        outcomes, held = self._index.outcomes, []
        for claim in self._people.get((asked.campaign, asked.user), ()):
            outcome = outcomes.get(claim.id)
            gone = outcome is not None and outcome.ending is Ending.CANCELLED
            before = outcome is not None and outcome.at + self._late < asked.wall
            if claim.accepted_at <= told.wall + self._clock and not (gone and before):
                held.append(claim)
        return held

    def _user_limit(self, asked: Line, told: Line) -> str | None:
        campaign, held = self._campaign(asked), len(self._mine(asked, told))
        limit = 1 if campaign is None else campaign.per_user_limit
        return None if held >= limit else f"{asked.user!r} held {held} claims of {limit}"

    def _identity_taken(self, asked: Line, told: Line) -> str | None:
        grant = terms_of(asked)[2]
        others = (c.account != asked.account and c.grant == grant for c in self._mine(asked, told))
        return None if any(others) else f"no other account held it for {asked.user!r}"

    def _key_reused(self, asked: Line, told: Line) -> str | None:
        binding = self._index.bindings.get((asked.account, asked.key))
        if binding is None or binding.at > told.wall + self._clock:
            return f"key {asked.key!r} was bound to nothing"
        known = self._heard.keys[asked.account, asked.key]
        if asked.body and asked.body == known.told_body:
            return f"call {known.told_by} was ok with the same body"
        return None if len(known.every()) > 1 else f"{asked.key!r} was only used for this"

    def _waitlist_full(self, asked: Line, told: Line) -> str | None:
        campaign = self._campaign(asked)
        if campaign is None or campaign.waitlist_cap is None:
            return f"the waitlist of {asked.campaign} has no end"
        joined, left = self._lines.get(campaign.id, ([], []))
        came = bisect_right(joined, told.wall + self._clock)
        most = came - bisect_left(left, asked.wall - self._late)
        if most >= campaign.waitlist_cap:
            return None
        return f"{most} waited at most, {campaign.waitlist_cap} may"

    def _unknown_claim(self, asked: Line) -> str | None:
        claim_id = bare(asked.claim_id)
        if not claim_id:
            binding = self._index.bindings.get((asked.account, asked.key))
            claim_id = ClaimId("") if binding is None else binding.claim_id
        claim = self._index.claims.get(claim_id)
        if claim is None or claim.account != asked.account:
            return None
        binding = self._index.bindings.get((claim.account, asked.key))
        since = claim.accepted_at if asked.claim_id or binding is None else binding.at
        return None if since + self._late >= asked.wall else f"clm_{claim_id} was there"

    def _not_cancellable(self, asked: Line) -> str | None:
        claim_id = bare(asked.claim_id)
        claim, state = self._index.claims.get(claim_id), self._index.state(claim_id)
        if claim is None or claim.account != asked.account or claim_id in self._parked:
            return None
        return f"clm_{claim_id} is {state}" if state in CANCELLABLE else None


def _told(index: Index, kind: Kind) -> Mapping[str, int]:
    """Return when the log says that something happened to each campaign, the last time."""
    return {event.campaign: event.at for event in index.books.events if event.kind is kind}


def _people(index: Index, heard: Testimony) -> Mapping[tuple[str, str], list[Claim]]:
    """Return the claims of those users who were refused, by campaign and user."""
    meant = {
        (asked.campaign, asked.user)
        for asked, told in heard.refusals
        if told.why in (Why.USER_LIMIT, Why.IDENTITY_TAKEN)
    }
    found: defaultdict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in index.books.claims if meant else ():
        person = (claim.campaign, claim.user)
        if person in meant:
            found[person].append(claim)
    return found


def _lines(index: Index) -> Mapping[str, tuple[list[int], list[int]]]:
    """Return when claims joined and left the waitlist of each campaign, ascending."""
    waiting: set[ClaimId] = set()
    found: defaultdict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for event in index.books.events:
        if event.kind is Kind.CLAIM_WAITLISTED:
            waiting.update(event.ids)
            found[event.campaign][0].extend([event.at] * len(event.ids))
        elif event.kind in (Kind.CLAIM_ADMITTED, Kind.CLAIM_CANCELLED):
            gone = waiting.intersection(event.ids)
            waiting -= gone
            found[event.campaign][1].extend([event.at] * len(gone))
    for joined, left in found.values():
        joined.sort()
        left.sort()
    return found
