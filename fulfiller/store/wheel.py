"""Governing over a link: modes, gauges, pressure, and places in line."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Event
from fulfiller.domain.mode import Gauge, ModeRow
from fulfiller.domain.pace import Rate
from fulfiller.domain.pressure import Report
from fulfiller.service.dispatch import Lane
from fulfiller.service.helm import Survey
from fulfiller.service.port import Writes
from fulfiller.service.waitlist import Block, Place
from fulfiller.store import hot, rows, steering
from fulfiller.store.archive import Archive
from fulfiller.store.record import gauge_text, mode_args
from fulfiller.store.statement import Call, Fill
from fulfiller.store.writing import steps

FRONT: Place = (0, ClaimId("00000000-0000-0000-0000-000000000000"))


class Wheel(Archive):
    """Modes and the waitlist of one database."""

    def survey(self) -> Survey:
        """Read everything that governing takes, in one round trip."""
        now, terms, modes, sums, oldest, reports, ceiling = self.link.read(
            (
                Call(hot.NOW),
                # First: whatever is created meanwhile has all the rest, and not the reverse.
                Call(steering.TERMS),
                Call(steering.ALL_MODES),
                Call(steering.SUMS),
                Call(steering.OLDEST),
                Call(steering.REPORTS),
                Call(steering.CEILING),
            )
        )
        return Survey(
            now=_int(now[0][0]),
            modes={row.scope: row for row in map(rows.mode, modes)},
            campaigns={str(cells[0]): rows.campaign(str(cells[1])) for cells in terms},
            sums={str(cells[0]): rows.tallies(cells[1:]) for cells in sums},
            oldest={str(campaign): _int(at) for campaign, at in oldest if at is not None},
            reports=tuple(map(rows.report, reports)),
            ceiling=Rate(_int(ceiling[0][0])) if ceiling else None,
        )

    def move_mode(
        self, old: ModeRow, new: ModeRow, event: Event, *, fence: int | None = None
    ) -> bool:
        """Replace a scope's mode, breaker and hold; False if its generation is not `old`'s."""
        args = mode_args(new) | {"generation": old.generation}
        with self.link.begin((Call(steering.MOVE_MODE, args),)) as opened:
            if not opened.results[0]:
                return False
            opened.commit(steps(Writes(events=(event,), fence=fence)))
            return True

    def show_gauges(self, gauges: Mapping[str, Gauge], *, fence: int) -> None:
        """Store what the keeper last saw of each scope; raise Deposed on another lease."""
        shown = [
            Call(steering.SHOW_GAUGE, {"scope": scope, "gauge": gauge_text(gauges[scope])})
            for scope in sorted(gauges)
        ]
        self.link.write((Call(hot.FENCE, {"fence": fence}), *shown))

    def report(self, report: Report, event: Event) -> None:
        """Store what a partner says of itself, in place of what it said before."""
        args = {name: getattr(report, name) for name in steering.REPORT}
        self.link.write((Call(steering.ADD_REPORT, args), *steps(Writes(events=(event,)))))

    def ahead(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, int]:
        """Return how many of their lane wait before each of these waitlisted claims."""
        found: list[tuple[Any, ...]] = self.link.read(
            (Call(steering.PLACES, {"ids": tuple(ids)}),)
        )[0]
        inside = self.link.read([_inside(*cells) for cells in found]) if found else []
        return {
            ClaimId(cells[0]): int(cells[4] or 0) + max(0, _int(counted[0][0]) - 1)
            for cells, counted in zip(found, inside, strict=True)
        }

    def blocks(self, lane: Lane) -> Sequence[Block]:
        """Return the blocks of a lane's line, first come first."""
        found: list[tuple[Any, ...]] = self.link.read((Call(steering.BLOCKS, _of(lane)),))[0]
        return [Block((at, ClaimId(str(end_id))), count) for at, end_id, count in found]

    def count_waiting(self, lane: Lane, *, after: Place, until: Place) -> int:
        """Return how many of a lane wait behind one place, up to and with another."""
        return _int(self.link.read((_counting(_of(lane), after, until),))[0][0][0])

    def keep_blocks(
        self, lane: Lane, *, gone: Sequence[Place], new: Sequence[Block], fence: int
    ) -> None:
        """Store blocks of a lane's line, and forget those that end at a place that is gone."""
        ends = [end_id for _, end_id in gone]
        cells = [(lane.campaign, lane.tier.value, *block.end, block.count) for block in new]
        dropped = Call(steering.DROP_BLOCKS, _of(lane) | {"ends": ends})
        added = [Fill(steering.ADD_BLOCKS, cells)] if cells else []
        self.link.write((Call(hot.FENCE, {"fence": fence}), dropped, *added))


def _of(lane: Lane) -> dict[str, object]:
    return {"campaign": lane.campaign, "tier": lane.tier.value}


def _inside(*cells: Any) -> Call:
    """Return the count of a claim's own block, up to and with the claim."""
    claim_id, campaign, tier, ready_at, _, end_at, end_id = cells
    after = FRONT if end_at is None else (end_at, end_id)
    return _counting({"campaign": campaign, "tier": tier}, after, (ready_at, claim_id))


def _counting(lane: dict[str, object], after: Place, until: Place) -> Call:
    places = {
        "after_at": after[0],
        "after_id": after[1],
        "until_at": until[0],
        "until_id": until[1],
    }
    return Call(steering.COUNT_WAITING, lane | places)


def _int(value: object) -> int:
    return int(str(value))
