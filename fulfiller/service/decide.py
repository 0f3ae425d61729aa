"""Decide a group of requests: pure, first by arrival wins, nothing written.

Requests of one group may repeat each other's key, identity or user; each sees those before
it as if they were stored already.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from fulfiller.domain.campaign import Campaign, Phase, phase
from fulfiller.domain.claim import Claim, ClaimId, OpenClaim, Request, Stage, State
from fulfiller.domain.event import Kind
from fulfiller.domain.flow import flow_of
from fulfiller.domain.identity import Prior, Seat, holder, seat
from fulfiller.domain.mode import flowing, guard, held
from fulfiller.domain.outcome import Accepted, Answer, Refused, Repeated, Why
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE
from fulfiller.domain.stripe import Count, Purse, counted
from fulfiller.domain.tier import Tier
from fulfiller.service.book import entering, events, moves
from fulfiller.service.entry import as_prior, new_claim, opened
from fulfiller.service.govern import ceiling
from fulfiller.service.port import Ask, Key, KeyBinding, Sight, Writes
from fulfiller.service.takings import Line, Opening, Wallet

OFFERED_MAX = 2_000
"""A campaign's backlog from which on the keeper alone offers, in fair order."""
NEVER_SEEN = frozenset({Phase.DRAFT})
NOT_YET = frozenset({Phase.SCHEDULED})
OVER = frozenset({Phase.ENDED, Phase.ARCHIVED})
ENTERED = {stage: entering(stage) for stage in (Stage.ACCEPTED, Stage.WAITLISTED)}
STATES = {stage: State(stage) for stage in Stage}
TAKEN_IN = {
    Stage.ACCEPTED: Kind.CLAIM_ACCEPTED,
    Stage.WAITLISTED: Kind.CLAIM_WAITLISTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The circumstances of a decision: the instant, fresh ids, where to take money first.

    `start` is the stripe to begin with, taken modulo their number; `short` are the tiers
    whose broker queue is short enough for the intake to publish by itself.
    """

    now: int
    new_id: Callable[[], ClaimId]
    start: int = 0
    short: Collection[Tier] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer per request, what to write for them, and what could not be decided.

    An answer is None where something has to happen first: a campaign's money looks gone and
    is to be gathered (`dry`), or its backlog has reached the threshold and its breaker is to
    be tripped (`over`, with the backlog that would be). Then ask again.
    """

    answers: tuple[Answer | None, ...]
    writes: Writes
    dry: frozenset[str] = frozenset()
    over: Mapping[str, int] = field(default_factory=dict)


def ask(requests: Sequence[Request]) -> Ask:
    """Return what has to be read before these requests can be decided."""
    return Ask(
        campaigns=tuple({request.campaign: None for request in requests}),
        keys=tuple({(request.account, request.key): None for request in requests}),
        people=tuple({(request.campaign, request.user): None for request in requests}),
        limit_keys=tuple({r.limit_key: None for r in requests if r.limit_key is not None}),
    )


def decide(requests: Sequence[Request], sight: Sight, circumstances: Round) -> Decision:
    """Answer each request in order of arrival and collect what that writes."""
    draft = _Draft(sight, circumstances)
    answers = tuple(draft.answer(request) for request in requests)
    return Decision(answers, draft.writes(), frozenset(draft.dry), draft.over)


class _Draft:
    """A decision in the making: what was read, overlaid with what was decided so far."""

    def __init__(self, sight: Sight, circumstances: Round) -> None:
        self.sight = sight
        self.round = circumstances
        self.keys = dict(sight.keys)
        self.priors = {person: list(priors) for person, priors in sight.priors.items()}
        self.openings: dict[str, Opening] = {}
        self.bound: list[KeyBinding] = []
        self.taken: list[tuple[Claim, OpenClaim]] = []
        self.dry: set[str] = set()
        self.over: dict[str, int] = {}
        self.undecided: set[Key] = set()
        self.blocked: set[str] = set()

    def answer(self, request: Request) -> Answer | None:
        key = (request.account, request.key)
        if key in self.undecided:
            # Its first bearer may still get a claim, and then the key is taken.
            self._leave_undecided(request)
            return None
        known = self.keys.get(key)
        if known is not None:
            return _replay(known, request)
        if request.campaign in self.blocked:
            # Nobody may overtake those who could not be decided yet.
            self._leave_undecided(request)
            return None
        campaign = self.sight.campaigns.get(request.campaign)
        if campaign is None:
            return Refused(Why.UNKNOWN_CAMPAIGN)
        prior = holder(self._priors(request), request.grant)
        if prior is not None:
            return self._again(request, prior)
        return self._fresh(request, campaign)

    def writes(self) -> Writes:
        rows = tuple(row for _, row in self.taken)
        campaigns = {row.campaign for row in rows}
        return Writes(
            claims=tuple(claim for claim, _ in self.taken),
            opened=rows,
            keys=tuple(self.bound),
            events=tuple(
                event
                for stage, kind in TAKEN_IN.items()
                for event in events(
                    [row for row in rows if row.stage is stage],
                    kind,
                    now=self.round.now,
                    actor="intake",
                )
            ),
            stripes=moves(
                ((row, ENTERED[row.stage]) for row in rows),
                {campaign: guard(self.sight.modes, campaign) for campaign in campaigns},
            ),
        )

    def _priors(self, request: Request) -> list[Prior]:
        return self.priors.setdefault((request.campaign, request.user), [])

    def _again(self, request: Request, prior: Prior) -> Answer:
        if prior.account != request.account:
            return Refused(Why.IDENTITY_TAKEN)
        self._bind(request, prior.id)
        return Repeated(prior.id)

    def _fresh(self, request: Request, campaign: Campaign) -> Answer | None:
        opening = self._opening(campaign)
        place = seat(self._priors(request), request.grant, campaign.per_user_limit)
        why = opening.closed or (Why.USER_LIMIT if place is None else None)
        if why is None and opening.exhausted:
            why = Why.SOLD_OUT
        if why is not None or place is None:
            return Refused(why or Why.USER_LIMIT)
        return self._placed(request, opening, place)

    def _placed(self, request: Request, opening: Opening, place: Seat) -> Answer | None:
        """Give a claim that may be taken in its stage and its money."""
        campaign = opening.campaign
        tier = campaign.default_tier if request.tier is None else request.tier
        stage = opening.stage(tier)
        if stage is None:
            self.over[campaign.id] = opening.line.backlog + 1
            self._leave_undecided(request)
            return None
        if stage is Stage.WAITLISTED and opening.line.full:
            return Refused(Why.WAITLIST_FULL)
        stripe = opening.wallet.take()
        if stripe is None:
            self.dry.add(campaign.id)
            self._leave_undecided(request)
            return None
        return self._take_in(request, opening, place, (stripe, stage))

    def _leave_undecided(self, request: Request) -> None:
        self.undecided.add((request.account, request.key))
        self.blocked.add(request.campaign)

    def _opening(self, campaign: Campaign) -> Opening:
        """Return what holds for every claim of a campaign, and is found out once."""
        opening = self.openings.get(campaign.id)
        if opening is None:
            modes, stripes = self.sight.modes, self.sight.stripes[campaign.id]
            available = [stripe[Purse.AVAILABLE] for stripe in stripes]
            opening = self.openings[campaign.id] = Opening(
                campaign=campaign,
                closed=_closed(campaign, self.round.now),
                exhausted=modes[campaign.id].exhausted,
                flows=flowing(modes, campaign.id),
                ceiling=ceiling(campaign, modes),
                line=Line(stripes, campaign.waitlist_cap),
                wallet=Wallet(available, campaign.value.amount, self.round.start),
                offered=frozenset(tier for tier in Tier if self._may_offer(campaign, tier)),
            )
        return opening

    def _take_in(
        self, request: Request, opening: Opening, place: Seat, where: tuple[int, Stage]
    ) -> Answer:
        stripe, stage = where
        claim = new_claim(
            request, opening.campaign, place, claim_id=self.round.new_id(), now=self.round.now
        )
        ahead = opening.line.join(claim.tier, stage)
        # A limit key with a rate of its own has a flow of its own, which the keeper alone serves.
        limited = claim.limit_key if (claim.campaign, claim.limit_key) in self.sight.rated else None
        offered = stage is Stage.ACCEPTED and claim.tier in opening.offered and limited is None
        flow = flow_of(claim.account, limited)
        self.taken.append((claim, opened(claim, stage, stripe, flow=flow, offered=offered)))
        self._priors(request).append(as_prior(claim))
        self._bind(request, claim.id)
        return Accepted(claim, STATES[stage], stripe, offered, ahead)

    def _bind(self, request: Request, claim_id: ClaimId) -> None:
        binding = KeyBinding(
            request.account, request.key, claim_id, request.fingerprint, self.round.now
        )
        self.keys[request.account, request.key] = binding
        self.bound.append(binding)

    def _may_offer(self, campaign: Campaign, tier: Tier) -> bool:
        modes, stripes = self.sight.modes, self.sight.stripes[campaign.id]
        return (
            tier in self.round.short
            and (campaign.id, EVERY_KEY) not in self.sight.rated
            and SERVICE_RATE not in self.sight.rated
            and counted(stripes, Count.ACCEPTED) < OFFERED_MAX
            and flowing(modes, campaign.id)
            and not held(modes, campaign.id)
            and not counted(stripes, Count.WAITLISTED, tier)
        )


def _closed(campaign: Campaign, now: int) -> Why | None:
    """Return why nobody can claim at a moment, if so; whether anything is left is not asked."""
    now_phase = phase(campaign, now=now, exhausted=False)
    if now_phase in NEVER_SEEN:
        return Why.UNKNOWN_CAMPAIGN
    if now_phase in NOT_YET:
        return Why.NOT_OPEN_YET
    return Why.ENDED if now_phase in OVER else None


def _replay(known: KeyBinding, request: Request) -> Answer:
    if known.fingerprint != request.fingerprint:
        return Refused(Why.KEY_REUSED)
    return Repeated(known.claim_id)
