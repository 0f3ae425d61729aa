"""Traffic: who waits where and at which rates, read for people in a few bounded steps."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from fulfiller.domain.flow import limit_key_of
from fulfiller.domain.pace import Pace, RateScope
from fulfiller.service.dispatch import Board, Flow, Lane, Page
from fulfiller.service.port import Store
from fulfiller.service.serving import FRONT

FLOWS_MAX = 20
"""Flows of limited keys that are counted, those that wait longest first."""
COUNTED_MAX = 500
"""Claims that are counted of each: a backlog is never scanned."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Claims that wait for the rate of a limit key, since when; maybe more than were counted."""

    claims: int
    since: int
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Rates by whose they are, what waits for those of limit keys, and since when lanes wait.

    What waits for a limit key waits on purpose, and is no part of how long a lane does.
    """

    paces: Mapping[RateScope, Pace] = field(default_factory=dict)
    limited: Mapping[RateScope, Waiting] = field(default_factory=dict)
    oldest: Mapping[Lane, int] = field(default_factory=dict)


def read_traffic(store: Store, campaigns: Collection[str]) -> Traffic:
    """Return the traffic of these campaigns; keys that nobody waits for are left out."""
    board = store.board(sorted(campaigns))
    return Traffic(paces=board.paces, limited=_limited(board, store), oldest=_oldest(board))


def _limited(board: Board, store: Store) -> Mapping[RateScope, Waiting]:
    flows = [flow for flow in board.flows if _scope(flow) in board.paces]
    flows.sort(key=lambda flow: board.flows[flow])
    pages = store.pages([Page(flow, FRONT, COUNTED_MAX) for flow in flows[:FLOWS_MAX]])
    counts = dict(zip(flows, map(len, pages), strict=False))
    found: dict[RateScope, Waiting] = {}
    for flow in flows:
        known = found.get(_scope(flow), Waiting(0, board.flows[flow]))
        count = counts.get(flow, 0)
        more = known.more or flow not in counts or count == COUNTED_MAX
        found[_scope(flow)] = Waiting(known.claims + count, known.since, more)
    return found


def _oldest(board: Board) -> Mapping[Lane, int]:
    oldest: dict[Lane, int] = {}
    for flow, since in board.flows.items():
        if limit_key_of(flow.name) is None:
            oldest[flow.lane] = min(since, oldest.get(flow.lane, since))
    return oldest


def _scope(flow: Flow) -> RateScope:
    """Return whose rate a flow waits for; of others one that there is not."""
    limit_key = limit_key_of(flow.name)
    return ("", "") if limit_key is None else (flow.lane.campaign, limit_key)
