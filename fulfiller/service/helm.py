"""The part of the store port that modes are governed and steered through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Event
from fulfiller.domain.mode import Gauge, ModeRow
from fulfiller.domain.pace import Pace, Rate, RateScope
from fulfiller.domain.pressure import Report
from fulfiller.domain.stripe import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What governing takes, in one reading of all campaigns.

    `sums` are the counts of each campaign over its stripes; `oldest` is when its oldest
    accepted claim became ready, where there is one; `reports` have not run out; `ceiling` is the
    rate of the whole service.
    """

    now: int
    modes: Mapping[str, ModeRow]
    campaigns: Mapping[str, Campaign]
    sums: Mapping[str, Mapping[Tally, int]]
    oldest: Mapping[str, int]
    reports: Sequence[Report]
    ceiling: Rate | None = None


class Helm(Protocol):
    """Modes, what they are judged by, and what moves them."""

    def modes(self) -> Mapping[str, ModeRow]:
        """Return the modes of the service and of all campaigns, by scope."""

    def survey(self) -> Survey:
        """Read everything that governing takes, in one round trip."""

    def move_mode(
        self, old: ModeRow, new: ModeRow, event: Event, *, fence: int | None = None
    ) -> bool:
        """Replace a scope's mode, breaker and hold; False if its generation is not `old`'s.

        What money says of the scope, and its gauge, stay as they are.
        """

    def show_gauges(self, gauges: Mapping[str, Gauge], *, fence: int) -> None:
        """Store what the keeper last saw of each scope; raise Deposed on another lease."""

    def rates(self, campaign: str) -> Sequence[Pace]:
        """Return the rates of a campaign: its own first, then those of limit keys, by key.

        The service's own is that of the campaign EVERYWHERE.
        """

    def set_rate(self, scope: RateScope, rate: Rate | None, event: Event) -> bool:
        """Set a rate or, with None, take it away; False if there is no such campaign.

        What is to be made up by the old rate is carried over: see `Pace.changed`.
        """

    def report(self, report: Report, event: Event) -> None:
        """Store what a partner says of itself, in place of what it said before."""
