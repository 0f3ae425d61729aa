"""Governing and places in line: that part of the in-memory store."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from fulfiller.domain.breaker import Mode
from fulfiller.domain.claim import ClaimId, OpenClaim, Stage
from fulfiller.domain.event import Event
from fulfiller.domain.flow import limit_key_of
from fulfiller.domain.mode import Gauge, ModeRow
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Pace, Rate, RateScope
from fulfiller.domain.pressure import Report
from fulfiller.domain.stripe import Tally
from fulfiller.domain.validity import Pause
from fulfiller.service.dispatch import Lane
from fulfiller.service.helm import Survey
from fulfiller.service.port import Writes
from fulfiller.service.serving import FRONT
from fulfiller.service.waitlist import Block, Place
from fulfiller.store.memory_archive import MemoryArchive


class MemoryWheel(MemoryArchive):
    """Modes and the waitlist on dictionaries."""

    def survey(self) -> Survey:
        """Read everything that governing takes, as at one moment."""
        with self._latch:
            now = self.now()
            return Survey(
                now=now,
                modes=dict(self.shelves.modes),
                campaigns=dict(self.shelves.campaigns),
                sums=self._sums(),
                oldest=self._oldest(),
                ceiling=self._ceiling(),
                reports=tuple(
                    report
                    for report in self.shelves.reports.values()
                    if report.expires_at > now and report.pressure is not None
                ),
            )

    def move_mode(
        self, old: ModeRow, new: ModeRow, event: Event, *, fence: int | None = None
    ) -> bool:
        """Replace a scope's mode, breaker and hold; False if its generation is not `old`'s."""
        with self._latch:
            known = self.shelves.modes.get(old.scope)
            if known is None or known.generation != old.generation:
                return False
            self.shelves.commit(Writes(events=(event,), fence=fence))
            if known.mode is Mode.PAUSED and new.mode is not Mode.PAUSED:
                span = Pause(known.since, new.since)
                self.shelves.pauses[old.scope] = (*self.shelves.pauses.get(old.scope, ()), span)
            self.shelves.modes[old.scope] = replace(
                new,
                generation=old.generation + 1,
                exhausted=known.exhausted,
                money_generation=known.money_generation,
                gauge=known.gauge,
            )
            return True

    def show_gauges(self, gauges: Mapping[str, Gauge], *, fence: int) -> None:
        """Store what the keeper last saw of each scope; raise Deposed on another lease."""
        with self._latch:
            self.shelves.commit(Writes(fence=fence))
            for scope, gauge in gauges.items():
                self.shelves.modes[scope] = replace(self.shelves.modes[scope], gauge=gauge)

    def report(self, report: Report, event: Event) -> None:
        """Store what a partner says of itself, in place of what it said before."""
        with self._latch:
            self.shelves.commit(Writes(events=(event,)))
            self.shelves.reports[report.campaign, report.limit_key] = report

    def ahead(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, int]:
        """Return how many of their lane wait before each of these waitlisted claims."""
        with self._latch:
            mine = [self.shelves.open[i] for i in ids if i in self.shelves.open]
            return {row.id: self._before(row) for row in mine if row.stage is Stage.WAITLISTED}

    def blocks(self, lane: Lane) -> Sequence[Block]:
        """Return the blocks of a lane's line, first come first."""
        with self._latch:
            return [block for _, block in sorted(self.shelves.blocks.get(lane, {}).items())]

    def count_waiting(self, lane: Lane, *, after: Place, until: Place) -> int:
        """Return how many of a lane wait behind one place, up to and with another."""
        with self._latch:
            return sum(after < place <= until for place in self._line(lane))

    def keep_blocks(
        self, lane: Lane, *, gone: Sequence[Place], new: Sequence[Block], fence: int
    ) -> None:
        """Store blocks of a lane's line, and forget those that end at a place that is gone."""
        with self._latch:
            self.shelves.commit(Writes(fence=fence))
            mine = self.shelves.blocks.setdefault(lane, {})
            for place in gone:
                mine.pop(place, None)
            mine.update({block.end: block for block in new})

    def rates(self, campaign: str) -> Sequence[Pace]:
        """Return the rates of a campaign: its own first, then those of limit keys, by key."""
        with self._latch:
            paces = self.shelves.paces
            return [paces[scope] for scope in sorted(paces) if scope[0] == campaign]

    def set_rate(self, scope: RateScope, rate: Rate | None, event: Event) -> bool:
        """Set a rate or, with None, take it away; False if there is no such campaign."""
        shelves = self.shelves
        with self._locks.held(object(), [("pace", scope)]), self._latch:
            campaign = shelves.campaigns.get(scope[0])
            if campaign is None and scope != SERVICE_RATE:
                return False
            old = shelves.paces.pop(scope, None)
            if rate is not None:
                new = Pace(scope, rate) if old is None else old.changed(rate, self.now())
                shelves.paces[scope] = new
            if campaign is not None and scope[1] == EVERY_KEY:
                stated = None if rate is None else str(rate)
                shelves.campaigns[campaign.id] = replace(campaign, issuing_rate=stated)
            shelves.commit(Writes(events=(event,)))
            return True

    def _ceiling(self) -> Rate | None:
        pace = self.shelves.paces.get(SERVICE_RATE)
        return None if pace is None else pace.rate

    def _before(self, row: OpenClaim) -> int:
        """Return what the whole blocks before a claim say, and who stands behind the last."""
        lane, place = Lane(row.campaign, row.tier), (row.ready_at, row.id)
        blocks = [block for block in self.blocks(lane) if block.end < place]
        after = blocks[-1].end if blocks else FRONT
        inside = sum(after < other < place for other in self._line(lane))
        return sum(block.count for block in blocks) + inside

    def _line(self, lane: Lane) -> list[Place]:
        return [
            (row.ready_at, row.id)
            for row in self.shelves.open.values()
            if row.stage is Stage.WAITLISTED and Lane(row.campaign, row.tier) == lane
        ]

    def _sums(self) -> dict[str, dict[Tally, int]]:
        sums: dict[str, defaultdict[Tally, int]] = {
            name: defaultdict(int) for name in self.shelves.campaigns
        }
        for key, stripe in self.shelves.stripes.items():
            for tally, number in stripe.counts.items():
                sums[key.campaign][tally] += number
        return {name: dict(found) for name, found in sums.items()}

    def _oldest(self) -> dict[str, int]:
        oldest: dict[str, int] = {}
        for row in self.shelves.open.values():
            if row.stage is Stage.ACCEPTED and limit_key_of(row.flow) is None:
                oldest[row.campaign] = min(row.ready_at, oldest.get(row.campaign, row.ready_at))
        return oldest
