"""The service's pulse: everything about it at one moment, and the one word for that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Phase
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.domain.tier import Tier
from fulfiller.ops.figures import Figures, figures
from fulfiller.ops.modes import held_said, said
from fulfiller.service.keep import LEASE
from fulfiller.service.port import Store
from fulfiller.service.traffic import Traffic, read_traffic

if TYPE_CHECKING:
    from fulfiller.broker.queue import CeleryQueue

PAUSED = "paused-too-long"
PARKED = "claims are parked and wait for an operator: fulfiller parked list"
OVER = (Phase.DRAFT, Phase.ENDED, Phase.ARCHIVED)


class Word(StrEnum):
    """How the service is, in one word."""

    FLOWING = "flowing"
    RAMPING = "ramping"
    DEGRADED = "degraded"
    HELD = "held"
    PAUSED = "paused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an operator wants to know of, in words, and the runbook about it."""

    reason: str
    runbook: str


NO_KEEPER = Trouble(
    "no keeper leads, nothing is released, swept or sealed: fulfiller keeper", "no-keeper"
)
NO_WORKERS = Trouble(
    "no worker was seen in the last 10 s, nothing is issued: fulfiller worker", "worker-lost"
)
NO_BROKER = Trouble(
    "the broker does not answer; claims are accepted and wait in the store", "broker-lost"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The state of the whole service at one moment."""

    at: int
    service: ModeRow
    campaigns: tuple[Figures, ...]
    slots: int
    keeper: str | None
    depths: Mapping[Tier, int] | None
    quarantined: int | None = None
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def word(self) -> Word:
        """Return the one word: what is meant to stand still comes before what fails to run."""
        if self.service.mode is Mode.PAUSED:
            return Word.PAUSED
        if self.service.held:
            return Word.HELD
        if any(self._missing()):
            return Word.DEGRADED
        return Word(self.service.mode.value)

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """Return what keeps it from flowing and what awaits an operator, the worst first."""
        return (*self._switched(), *self._missing(), *self._waiting())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the troubles in words."""
        return tuple(each.reason for each in self.troubles)

    def sum(self, name: str) -> int:
        """Return one figure over all campaigns."""
        return sum(getattr(each, name) for each in self.campaigns)

    def of(self, campaign: str) -> Figures | None:
        """Return the figures of a campaign, if there is one of this name."""
        return next((each for each in self.campaigns if each.campaign == campaign), None)

    def _switched(self) -> Iterator[Trouble]:
        service = self.service
        if service.mode is not Mode.FLOWING or service.state.forced:
            yield Trouble(f"the service is {said(replace(service, held=False), self.at)}", PAUSED)
        if service.held:
            held = held_said(service, self.at)
            yield Trouble(f"the service issues nothing, claims wait: {held}", PAUSED)
        for each in self.campaigns:
            if each.phase not in OVER and not each.is_flowing:
                yield Trouble(f"{each.campaign} is {each.said}", PAUSED)

    def _missing(self) -> Iterator[Trouble]:
        if self.keeper is None:
            yield NO_KEEPER
        if not self.slots:
            yield NO_WORKERS
        if self.depths is None:
            yield NO_BROKER

    def _waiting(self) -> Iterator[Trouble]:
        if parked := self.sum("parked"):
            yield Trouble(f"{parked:,} {PARKED}", "poison")


def look(store: Store, queue: "CeleryQueue") -> Pulse:
    """Read the pulse; a broker that is away leaves a gap and no more."""
    now = store.now()
    depths = queue.depths()
    campaigns = figures(store, now=now)
    alive = [each.campaign for each in campaigns if each.phase not in OVER or each.backlog]
    return Pulse(
        at=now,
        service=store.modes()[SERVICE],
        campaigns=campaigns,
        slots=store.slots(),
        keeper=store.leader(LEASE),
        depths=depths,
        quarantined=_quarantined(queue) if depths else None,
        traffic=read_traffic(store, alive),
    )


def _quarantined(queue: "CeleryQueue") -> int | None:
    """Return how many messages were ever set aside; None where that is not known."""
    counts = queue.quarantined() if queue.remembers() else None
    return None if counts is None else sum(counts.values())
