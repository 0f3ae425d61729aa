"""Scale: what a pool of workers is asked for, read from the store for whoever starts workers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from fulfiller.domain.flow import limit_key_of
from fulfiller.domain.mode import held
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Pace
from fulfiller.domain.scale import SPENT, Demand
from fulfiller.domain.stripe import Count
from fulfiller.service.dispatch import Board, Flow, Page
from fulfiller.service.govern import count_of
from fulfiller.service.helm import Survey
from fulfiller.service.port import Store
from fulfiller.service.serving import FRONT

FLOWS_MAX = 40
"""Flows that are counted at all."""
COUNTED_MAX = 2_000
"""Claims that are counted of each: more than that is many."""
SECOND = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What there is to do, and who does it.

    `workable` are the claims of campaigns of which some wait for the rate of their limit key,
    without these; None where both are too many to be counted.
    """

    survey: Survey
    board: Board
    workable: Mapping[str, int | None]


def read_load(store: Store) -> Load:
    """Read it in three round trips, whatever the backlog is."""
    survey = store.survey()
    board = store.board([name for name in survey.campaigns if _accepted(survey, name)])
    late = {flow for flow in board.flows if _waits_for_key(flow, board, survey)}
    mixed = {flow.lane.campaign for flow in late}
    # Those that wait come first: if they are few, the rest need not be counted.
    flows = [flow for flow in board.flows if flow.lane.campaign in mixed]
    flows.sort(key=lambda flow: flow not in late)
    asked = [Page(flow, FRONT, COUNTED_MAX) for flow in flows[:FLOWS_MAX]]
    counts = dict(zip(flows, map(len, store.pages(asked)), strict=False))
    workable = {
        name: _workable(_accepted(survey, name), _of(name, flows), late, counts) for name in mixed
    }
    return Load(survey=survey, board=board, workable=workable)


def demands(load: Load, before: Survey | None) -> Sequence[Demand]:
    """Return what each campaign asks for; what comes in is measured since an earlier survey."""
    names = [name for name in load.survey.campaigns if not held(load.survey.modes, name)]
    return [_demand(name, load, before) for name in names]


def ceiling_per_s(load: Load) -> float | None:
    """Return the rate of the whole service."""
    return None if load.survey.ceiling is None else load.survey.ceiling.per_s


def spent(pace: Pace | None, now: int) -> bool:
    """Return whether a rate is made full use of at this moment."""
    return pace is not None and pace.ahead(now) >= SPENT * pace.rate.burst_span


def _demand(name: str, load: Load, before: Survey | None) -> Demand:
    survey, paces = load.survey, load.board.paces
    own = paces.get((name, EVERY_KEY))
    gauge = survey.modes[name].gauge
    backlog = load.workable.get(name, _accepted(survey, name))
    at_limit = spent(own, survey.now) or spent(paces.get(SERVICE_RATE), survey.now)
    # Where nobody knows which of them wait for a rate, nothing is to change either.
    bound = backlog is None or (backlog > 0 and at_limit)
    return Demand(
        backlog=0 if bound or backlog is None else backlog,
        promise_s=survey.campaigns[name].promise_s,
        issued_per_s=None if gauge is None else gauge.reading.rate,
        comes_per_s=_comes_per_s(name, survey, before),
        limit_per_s=None if own is None else own.rate.per_s,
        bound=bound,
    )


def _comes_per_s(name: str, survey: Survey, before: Survey | None) -> float | None:
    if before is None or survey.now <= before.now:
        return None
    earlier = count_of(before.sums.get(name, {}), Count.ENTERED)
    came = count_of(survey.sums[name], Count.ENTERED) - earlier
    # A database that was restored has fewer: then nobody came.
    return max(0, came) * SECOND / (survey.now - before.now)


def _workable(
    accepted: int, flows: Sequence[Flow], late: Collection[Flow], counts: Mapping[Flow, int]
) -> int | None:
    """Return how many do not wait for their key: all but those that do, or else counted."""
    waiting = _counted([flow for flow in flows if flow in late], counts)
    if waiting is not None:
        return max(0, accepted - waiting)
    return _counted([flow for flow in flows if flow not in late], counts)


def _of(campaign: str, flows: Sequence[Flow]) -> Sequence[Flow]:
    return [flow for flow in flows if flow.lane.campaign == campaign]


def _counted(flows: Sequence[Flow], counts: Mapping[Flow, int]) -> int | None:
    """Return how many claims these flows have, None if that is more than was counted."""
    each = [counts.get(flow, COUNTED_MAX) for flow in flows]
    return None if COUNTED_MAX in each else sum(each)


def _waits_for_key(flow: Flow, board: Board, survey: Survey) -> bool:
    limit_key = limit_key_of(flow.name)
    own = None if limit_key is None else board.paces.get((flow.lane.campaign, limit_key))
    return spent(own, survey.now)


def _accepted(survey: Survey, name: str) -> int:
    return count_of(survey.sums[name], Count.ACCEPTED)
