"""Admit: waitlisted -> accepted, first come first within a tier, at the pace of the mode.

Paused or held, nobody is admitted. Ramping, a growing share of the issuing rate is. Flowing,
as many as the backlog has room for below its resume mark, so that admitting never trips the
breaker that has just let go. Newcomers queue behind whoever waits: it is here that order is
kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fulfiller.domain.breaker import CLEAR_SHARE, Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, OpenClaim, Stage
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import ModeRow, admitted_share, guard, held, ruling
from fulfiller.domain.stripe import Count, Tally
from fulfiller.domain.tier import Tier
from fulfiller.service.book import events, moves, shifting
from fulfiller.service.dispatch import Lane
from fulfiller.service.govern import count_of
from fulfiller.service.helm import Survey
from fulfiller.service.port import Store, Writes
from fulfiller.service.serving import FRONT

BATCH = 500
"""Claims admitted in one transaction."""
ROUND_MAX = 4 * BATCH
"""Claims of one campaign admitted at one tick, so that no tick takes long."""
TRICKLE = 10.0
"""Claims per second admitted at least: without any progress no rate can be measured."""
UNKNOWN = 100.0
"""Claims per second assumed while nobody knows how fast claims are issued."""
AHEAD_S = 0.25
"""Seconds of issuing that may always be ahead: workers must not wait for admissions."""
TRIP_SHARE = 0.8
SAVED_S = 1.0
"""What a ramp did not use is kept for this long, no longer: it must not become a burst."""
SECOND = 1_000_000


@dataclass(slots=True)
class Usher:
    """What an admitting keeper remembers: by campaign, what its ramp has given it, and when."""

    saved: dict[str, tuple[int, float]] = field(default_factory=dict)

    def forget(self) -> None:
        """Start over."""
        self.saved.clear()

    def earned(self, campaign: str, per_s: float, now: int) -> float:
        """Return what this pace gives by now, on top of what is left."""
        at, left = self.saved.get(campaign, (now, 0.0))
        return min(left + per_s * (now - at) / SECOND, max(1.0, per_s * SAVED_S))

    def keep(self, campaign: str, left: float, now: int) -> None:
        """Keep what was not used."""
        self.saved[campaign] = (now, left)


def admit(usher: Usher, *, store: Store, fence: int) -> int:
    """Admit what may be admitted now; return how many. Raises Deposed on a lost lease."""
    survey = store.survey()
    return sum(
        _admit_to(campaign, usher, survey, store, fence)
        for name, campaign in survey.campaigns.items()
        if count_of(survey.sums[name], Count.WAITLISTED)
    )


def room(campaign: Campaign, row: ModeRow, backlog: int) -> int:
    """Return how many claims fit below the mark.

    The mark is the one that resumes, or what workers issue until the next admissions, if that
    is more; never so much that the breaker would trip again, and one at least. Where nobody
    knows a mark it is a hint's worth: enough to keep workers at it, so that it can be measured.
    """
    gauge = row.gauge
    if gauge is None:
        return max(0, BATCH - backlog)
    rate = gauge.reading.rate or 0.0
    mark = gauge.resume_at
    if mark is not None and gauge.threshold is not None:
        mark = max(mark, min(int(rate * AHEAD_S), int(TRIP_SHARE * gauge.threshold)))
    promised = int(CLEAR_SHARE * campaign.promise_s * rate) if rate else None
    marks = [each for each in (mark, promised) if each is not None]
    return max(0, max(1, min(marks, default=BATCH)) - backlog)


def _admit_to(campaign: Campaign, usher: Usher, survey: Survey, store: Store, fence: int) -> int:
    now, sums, modes = survey.now, survey.sums[campaign.id], survey.modes
    part = 0.0 if held(modes, campaign.id) else admitted_share(modes, campaign.id, now)
    if not part:
        usher.keep(campaign.id, 0.0, now)
        return 0
    earned = usher.earned(campaign.id, part * _pace(modes[campaign.id]), now)
    space = room(campaign, modes[campaign.id], count_of(sums, Count.ACCEPTED))
    may = _allowed(ruling(modes, campaign.id).mode, int(earned), space)
    done = 0
    for lane, number in _portions(campaign.id, sums, min(may, ROUND_MAX)):
        done += _admit(lane, number, guard(modes, campaign.id), store, (now, fence))
    usher.keep(campaign.id, max(0.0, earned - done), now)
    return done


def _allowed(mode: Mode, earned: int, space: int) -> int:
    """Return how many may be admitted: in a ramp what it gives, else what there is room for."""
    return min(earned, space) if mode is Mode.RAMPING else space


def _pace(row: ModeRow) -> float:
    rate = None if row.gauge is None else row.gauge.reading.rate
    return UNKNOWN if rate is None else max(rate, TRICKLE)


def _portions(campaign: str, sums: Mapping[Tally, int], number: int) -> list[tuple[Lane, int]]:
    """Share a number among the tiers that wait, evenly; what one does not use others get."""
    waiting = {tier: sums.get((tier, Count.WAITLISTED), 0) for tier in Tier}
    shares = dict.fromkeys(Tier, 0)
    while number and (left := [tier for tier in Tier if waiting[tier] > shares[tier]]):
        each = max(1, number // len(left))
        for tier in left:
            more = min(each, waiting[tier] - shares[tier], number)
            shares[tier] += more
            number -= more
    return [(Lane(campaign, tier), share) for tier, share in shares.items() if share]


def _admit(lane: Lane, number: int, generation: int, store: Store, stamp: tuple[int, int]) -> int:
    """Admit the first of a lane, in transactions of a batch; each is all or nothing."""
    done = 0
    while done < number:
        wanted = min(BATCH, number - done)
        first = store.ready(lane, after=FRONT, limit=wanted, stage=Stage.WAITLISTED)
        moved = _shift([row.id for row in first], generation, store, stamp) if first else 0
        if not moved:
            break
        done += moved
    return done


def _shift(ids: Sequence[ClaimId], generation: int, store: Store, stamp: tuple[int, int]) -> int:
    now, fence = stamp
    with store.shift(ids, Stage.WAITLISTED, Stage.ACCEPTED, ready_at=now) as unit:
        if unit.rows:
            unit.commit(_admitted(unit.rows, generation, now, fence))
        return len(unit.rows)


def _admitted(rows: Sequence[OpenClaim], generation: int, now: int, fence: int) -> Writes:
    entry = shifting(Stage.WAITLISTED, Stage.ACCEPTED)
    guards = {row.campaign: generation for row in rows}
    return Writes(
        events=events(rows, Kind.CLAIM_ADMITTED, now=now, actor="keeper"),
        stripes=moves(((row, entry) for row in rows), guards),
        fence=fence,
    )
