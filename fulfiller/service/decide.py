"""Decide a group of requests: pure, first by arrival wins, nothing written.

Requests of one group may repeat each other's key, identity or user; each sees those before
it as if they were stored already.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from fulfiller.domain.campaign import Campaign, Phase, phase
from fulfiller.domain.claim import Claim, ClaimId, OpenClaim, Request, Stage, State
from fulfiller.domain.event import Kind
from fulfiller.domain.identity import Prior, Seat, holder, seat
from fulfiller.domain.mode import flowing, guard, held
from fulfiller.domain.outcome import Accepted, Answer, Refused, Repeated, Why
from fulfiller.domain.stripe import Count, Purse, counted
from fulfiller.domain.tier import Tier
from fulfiller.service.book import entering, events, moves
from fulfiller.service.port import Ask, Key, KeyBinding, Lane, Sight, Writes

NEVER_SEEN = frozenset({Phase.DRAFT})
NOT_YET = frozenset({Phase.SCHEDULED})
OVER = frozenset({Phase.ENDED, Phase.ARCHIVED})
ENTERED = entering(Stage.ACCEPTED)


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

    An answer is None where a campaign's money looks gone: gather it (`dry`), then ask again.
    """

    answers: tuple[Answer | None, ...]
    writes: Writes
    dry: frozenset[str]


def ask(requests: Sequence[Request]) -> Ask:
    """Return what has to be read before these requests can be decided."""
    return Ask(
        campaigns=tuple({request.campaign: None for request in requests}),
        keys=tuple({(request.account, request.key): None for request in requests}),
        people=tuple({(request.campaign, request.user): None for request in requests}),
    )


def decide(requests: Sequence[Request], sight: Sight, circumstances: Round) -> Decision:
    """Answer each request in order of arrival and collect what that writes."""
    draft = _Draft(sight, circumstances)
    answers = tuple(draft.answer(request) for request in requests)
    return Decision(answers, draft.writes(), frozenset(draft.dry))


class _Draft:
    """A decision in the making: what was read, overlaid with what was decided so far."""

    def __init__(self, sight: Sight, circumstances: Round) -> None:
        self.sight = sight
        self.round = circumstances
        self.keys = dict(sight.keys)
        self.priors = {person: list(priors) for person, priors in sight.priors.items()}
        self.purses: dict[str, _Purse] = {}
        self.offering: dict[Lane, bool] = {}
        self.bound: list[KeyBinding] = []
        self.taken: list[tuple[Claim, OpenClaim]] = []
        self.dry: set[str] = set()
        self.undecided: set[Key] = set()

    def answer(self, request: Request) -> Answer | None:
        key = (request.account, request.key)
        if key in self.undecided:
            # Its first bearer may still get a claim, and then the key is taken.
            return None
        known = self.keys.get(key)
        if known is not None:
            return _replay(known, request)
        campaign = self.sight.campaigns.get(request.campaign)
        if campaign is None:
            return Refused(Why.UNKNOWN_CAMPAIGN)
        prior = holder(self._priors(request), request.grant)
        if prior is not None:
            return self._again(request, prior)
        return self._fresh(request, campaign)

    def writes(self) -> Writes:
        opened = tuple(opened for _, opened in self.taken)
        campaigns = {claim.campaign for claim in opened}
        return Writes(
            claims=tuple(claim for claim, _ in self.taken),
            opened=opened,
            keys=tuple(self.bound),
            events=events(opened, Kind.CLAIM_ACCEPTED, now=self.round.now, actor="intake"),
            stripes=moves(
                ((claim, ENTERED) for claim in opened),
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
        why = self._closed(campaign)
        if why is not None:
            return Refused(why)
        place = seat(self._priors(request), request.grant, campaign.per_user_limit)
        if place is None:
            return Refused(Why.USER_LIMIT)
        if self.sight.modes[campaign.id].exhausted:
            return Refused(Why.SOLD_OUT)
        stripe = self._purse(campaign).take()
        if stripe is None:
            self.dry.add(campaign.id)
            self.undecided.add((request.account, request.key))
            return None
        return self._take_in(request, campaign, place, stripe)

    def _closed(self, campaign: Campaign) -> Why | None:
        now_phase = phase(campaign, now=self.round.now, exhausted=False)
        if now_phase in NEVER_SEEN:
            return Why.UNKNOWN_CAMPAIGN
        if now_phase in NOT_YET:
            return Why.NOT_OPEN_YET
        return Why.ENDED if now_phase in OVER else None

    def _purse(self, campaign: Campaign) -> "_Purse":
        if campaign.id not in self.purses:
            available = [s[Purse.AVAILABLE] for s in self.sight.stripes[campaign.id]]
            self.purses[campaign.id] = _Purse(available, campaign.value.amount, self.round.start)
        return self.purses[campaign.id]

    def _take_in(self, request: Request, campaign: Campaign, place: Seat, stripe: int) -> Answer:
        claim = _claim(request, campaign, place, self.round)
        offered = self._offers(campaign, claim.tier)
        self.taken.append((claim, _opened(claim, stripe, offered=offered)))
        self._priors(request).append(_as_prior(claim))
        self._bind(request, claim.id)
        return Accepted(claim, State.ACCEPTED, stripe, offered)

    def _bind(self, request: Request, claim_id: ClaimId) -> None:
        binding = KeyBinding(
            request.account, request.key, claim_id, request.fingerprint, self.round.now
        )
        self.keys[request.account, request.key] = binding
        self.bound.append(binding)

    def _offers(self, campaign: Campaign, tier: Tier) -> bool:
        """Return what holds for every claim of a lane, and so is found out once."""
        lane = Lane(campaign.id, tier)
        if lane not in self.offering:
            self.offering[lane] = self._may_offer(campaign, tier)
        return self.offering[lane]

    def _may_offer(self, campaign: Campaign, tier: Tier) -> bool:
        modes, stripes = self.sight.modes, self.sight.stripes[campaign.id]
        return (
            tier in self.round.short
            and campaign.issuing_rate is None
            and flowing(modes, campaign.id)
            and not held(modes, campaign.id)
            and not counted(stripes, Count.WAITLISTED, tier)
        )


class _Purse:
    """What is left on a campaign's stripes while a group takes from it."""

    def __init__(self, available: list[int], value: int, start: int) -> None:
        self.available = available
        self.value = value
        self.stripe = start % len(available)

    def take(self) -> int | None:
        """Take one coupon's money and return the stripe it came from, or None if none has it."""
        for step in range(len(self.available)):
            stripe = (self.stripe + step) % len(self.available)
            if self.available[stripe] >= self.value:
                self.available[stripe] -= self.value
                self.stripe = stripe
                return stripe
        return None


def _replay(known: KeyBinding, request: Request) -> Answer:
    if known.fingerprint != request.fingerprint:
        return Refused(Why.KEY_REUSED)
    return Repeated(known.claim_id)


def _claim(request: Request, campaign: Campaign, place: Seat, circumstances: Round) -> Claim:
    return Claim(
        id=circumstances.new_id(),
        campaign=campaign.id,
        account=request.account,
        user=request.user,
        grant=request.grant,
        turn=place.turn,
        slot=place.slot,
        slot_turn=place.slot_turn,
        tier=campaign.default_tier if request.tier is None else request.tier,
        amount=campaign.value.amount,
        limit_key=request.limit_key,
        locale=request.locale,
        accepted_at=circumstances.now,
    )


def _opened(claim: Claim, stripe: int, *, offered: bool) -> OpenClaim:
    return OpenClaim(
        id=claim.id,
        campaign=claim.campaign,
        tier=claim.tier,
        account=claim.account,
        user=claim.user,
        grant=claim.grant,
        slot=claim.slot,
        stripe=stripe,
        amount=claim.amount,
        limit_key=claim.limit_key,
        stage=Stage.ACCEPTED,
        ready_at=claim.accepted_at,
        offered_at=claim.accepted_at if offered else None,
        attempts=0,
    )


def _as_prior(claim: Claim) -> Prior:
    return Prior(
        id=claim.id,
        campaign=claim.campaign,
        user=claim.user,
        account=claim.account,
        grant=claim.grant,
        slot=claim.slot,
        cancelled=False,
    )
