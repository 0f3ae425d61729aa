"""Annals: the history of all campaigns, written by the sampler and read by all who look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from msgspec.structs import replace

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.estimate import Wait
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.stripe import Stripe
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.ops.figures import gauge_of
from fulfiller.ops.flower.history.chronicle import WORKERS, Chronicle, Mark
from fulfiller.ops.flower.history.follow import Before, Follower, waited
from fulfiller.ops.flower.history.ring import Range, Rings
from fulfiller.ops.flower.history.sample import Sample, back_from, sampled
from fulfiller.ops.flower.history.told import UNJUDGED, Kept, Told, judged, newcomers_wait
from fulfiller.service.helm import Survey
from fulfiller.service.port import Store

CAMPAIGNS_MAX = 50
"""Campaigns that are remembered, those that close last first: 50 megabytes at most."""
REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is remembered of a campaign: samples of one range, their step, marks, reasons."""

    range: Range
    step: int
    samples: Sequence[Sample]
    marks: Sequence[Mark]
    reasons: Mapping[tuple[str, str], int]
    since: int


class Annals:
    """The rings and chronicles of campaigns; each method may be called by any thread."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self._lock = Lock()
        self._rings: dict[str, Rings] = {}
        self._chronicles: dict[str, Chronicle] = {SERVICE: Chronicle()}
        self._before: dict[str, Before] = {}
        self._first: dict[str, Sample] = {}
        self._told: dict[str, dict[Tier, Told]] = {}
        self._follower = Follower()
        self._refused: Mapping[str, Mapping[str, int]] = {}
        self._slots: int | None = None
        self._since = 0

    def see(
        self,
        survey: Survey,
        stripes: Mapping[str, Sequence[Stripe]],
        slots: int,
        refused: Mapping[str, Mapping[str, int]],
    ) -> None:
        """Take in what was read of the store at one moment."""
        with self._lock:
            self._since = self._since or survey.now
            self._refused = refused
            self._keep(survey, stripes)
            for campaign, rings in self._rings.items():
                turned_away = sum(refused.get(campaign, {}).values())
                told = self._note(survey.campaigns[campaign], survey)
                sample = _sample(campaign, survey, stripes[campaign], told)
                sample = replace(sample, refused=turned_away)
                self._first.setdefault(campaign, sample)
                rings.put(sample)
            for scope, chronicle in self._chronicles.items():
                chronicle.see(survey.modes[scope])
            self._count(slots, survey.now)

    def follow(self, store: Store) -> None:
        """Read on in the event log."""
        was_back = self._follower.is_back
        self._follower.read(store, self._hear)
        if self._follower.is_back and not was_back:
            self._look_back()

    def past(self, campaign: str, span: Range) -> Past | None:
        """Return what is remembered of a campaign, None if nothing is."""
        with self._lock:
            if campaign not in self._rings:
                return None
            ring = self._rings[campaign].of[span]
            own, service = self._chronicles[campaign], self._chronicles[SERVICE]
            marks = sorted((*own.marks(), *service.marks()), key=lambda mark: mark.at)
            return Past(
                range=span,
                step=ring.step,
                samples=ring.samples(),
                marks=marks,
                reasons=dict(own.reasons) | self._turned_away(campaign),
                since=self._since,
            )

    def _turned_away(self, campaign: str) -> dict[tuple[str, str], int]:
        codes = self._refused.get(campaign, {})
        return {(REFUSED, code): claims for code, claims in codes.items()}

    def newest(self, campaign: str) -> Mapping[Range, Sequence[Sample]]:
        """Return the last samples at each resolution: the newest two, and what they add to."""
        with self._lock:
            rings = self._rings.get(campaign)
            return {} if rings is None else {span: ring.last(3) for span, ring in rings.of.items()}

    def _keep(self, survey: Survey, stripes: Mapping[str, Sequence[Stripe]]) -> None:
        """Remember those that are in sight and no others."""
        campaigns = [survey.campaigns[each] for each in stripes]
        campaigns.sort(key=lambda each: (-each.closes_at, each.id))
        kept = {each.id for each in campaigns[:CAMPAIGNS_MAX]}
        for campaign in self._rings.keys() - kept:
            for memory in (self._rings, self._chronicles, self._before, self._first, self._told):
                memory.pop(campaign, None)
        for campaign in kept - self._rings.keys():
            self._rings[campaign] = Rings()
            self._told[campaign] = {tier: Told() for tier in Tier}
            self._chronicles[campaign] = Chronicle()

    def _hear(self, event: Event, is_before: bool) -> None:  # noqa: FBT001 - one of a pair
        with self._lock:
            chronicle = self._chronicles.get(event.campaign)
            if chronicle is None:
                return
            chronicle.hear(event)
            # The service has acts and modes of its own, and no claims.
            rings = self._rings.get(event.campaign)
            if rings is not None and is_before:
                self._before.setdefault(event.campaign, Before()).hear(event)
            elif rings is not None and event.kind is Kind.CLAIM_ISSUED:
                rings.add_waits(event.at, waited(event), self._kept(event))

    def _note(self, campaign: Campaign, survey: Survey) -> Wait | None:
        """Remember what newcomers of each tier are told, and return it of the usual one."""
        waits = {tier: newcomers_wait(campaign, survey, tier) for tier in campaign.tiers}
        for tier, wait in waits.items():
            if wait is not None:
                self._told[campaign.id][tier].note(survey.now, wait)
        return waits.get(campaign.default_tier)

    def _kept(self, event: Event) -> Kept:
        told = self._told[event.campaign]
        return UNJUDGED if event.tier is None else judged(event, told[event.tier].at)

    def _look_back(self) -> None:
        """Put what the log told of the time before in front of the first samples."""
        with self._lock:
            for campaign, before in self._before.items():
                rings = self._rings[campaign]
                rings.put_before(back_from(self._first[campaign], before.minutes))
                for at, waits in before.waits:
                    rings.add_waits(at, waits)
            self._before.clear()

    def _count(self, slots: int, now: int) -> None:
        """Mark it when workers came or went: they are away ten seconds after they were lost."""
        if self._slots not in (None, slots):
            said = f"{slots} slots instead of {self._slots}"
            mark = Mark(at=now, kind=WORKERS, scope=SERVICE, actor="", said=said)
            self._chronicles[SERVICE].add(mark)
        self._slots = slots


def _sample(campaign: str, survey: Survey, stripes: Sequence[Stripe], told: Wait | None) -> Sample:
    gauge = gauge_of(survey.campaigns[campaign], survey.modes[campaign])
    since = survey.oldest.get(campaign)
    oldest_s = None if since is None else max(0, survey.now - since) / SECOND
    return sampled(survey.now, stripes, gauge, oldest_s, told)
