"""S13, L3 and L4: what pauses did to newcomers, and how modes moved by themselves."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fulfiller.chaos.index import Index
from fulfiller.chaos.log import OF_MODES
from fulfiller.chaos.report import Docket, Limits
from fulfiller.domain.breaker import MINUTE, Breaker, Mode, Policy, Reading, clear
from fulfiller.domain.campaign import policy
from fulfiller.domain.claim import Stage
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE, ModeRow, held
from fulfiller.domain.validity import SECOND
from fulfiller.domain.verdict import Verdict, holds, read
from fulfiller.service.govern import SERVICE_POLICY

BY_THEMSELVES = frozenset({"keeper", "intake"})
"""Actors who write the verdict behind a move; operators write their reason."""
LETTING_IN = frozenset({Kind.CLAIM_ACCEPTED, Kind.CLAIM_ADMITTED})
MOVES_MAX = 4
"""Moves of one scope by itself within any minute."""
LEGAL = frozenset(
    {
        (Mode.FLOWING, Mode.PAUSED),
        (Mode.RAMPING, Mode.PAUSED),
        (Mode.PAUSED, Mode.RAMPING),
        (Mode.RAMPING, Mode.FLOWING),
    }
)
"""How a breaker moves by itself: nobody flows again without a ramp, and no ramp falls."""
Span = tuple[int, float]


def judge_pauses(index: Index, docket: Docket, limits: Limits) -> None:
    """S13: exactly, where the log is in the order of commits; else with the grace."""
    docket.judged("S13", sum(event.kind in LETTING_IN for event in index.books.events))
    if index.books.in_commit_order:
        _judge_in_order(index, docket)
    else:
        _judge_by_dates(index, docket, int(limits.grace_s * SECOND))


def _judge_in_order(index: Index, docket: Docket) -> None:
    paused: set[str] = set()
    for event in index.books.events:
        if event.kind is Kind.MODE_PAUSED:
            paused.add(event.campaign)
        elif event.kind in OF_MODES:
            paused.discard(event.campaign)
        elif paused and event.kind in LETTING_IN:
            for scope in sorted(paused & {event.campaign, SERVICE}):
                docket.charge("S13", f"{_let_in(event)} after {_called(scope)} was paused")


def _judge_by_dates(index: Index, docket: Docket, grace: int) -> None:
    spans = _spans(index)
    for event in index.books.events:
        if event.kind not in LETTING_IN:
            continue
        for scope in (event.campaign, SERVICE):
            for start, end in spans.get(scope, ()):
                if start + grace < event.at < end - grace:
                    after = (event.at - start) / SECOND
                    text = f"{_let_in(event)} {after:.1f} s after {_called(scope)} was paused"
                    docket.charge("S13", text)


def _spans(index: Index) -> dict[str, list[Span]]:
    """Return when each scope was paused, by the dates of the log."""
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    since: dict[str, int] = {}
    for event in index.books.events:
        if event.kind is Kind.MODE_PAUSED:
            since.setdefault(event.campaign, event.at)
        elif event.kind in OF_MODES and event.campaign in since:
            spans[event.campaign].append((since.pop(event.campaign), event.at))
    for scope, start in since.items():
        spans[scope].append((start, float("inf")))
    return spans


def _let_in(event: Event) -> str:
    first = f"clm_{event.ids[0]}" if event.ids else "nobody"
    return f"{event.kind} of {first} and {max(0, len(event.ids) - 1)} more"


def judge_ends(index: Index, docket: Docket, limits: Limits) -> None:
    """L3: in the end nothing is paused or ramping by itself that could have moved on."""
    slack, latest = int(limits.resume_s * SECOND), _latest(index)
    for scope, row in index.books.modes.items():
        docket.judged("L3", 1)
        if row.state.forced is not None or row.mode is Mode.FLOWING:
            continue
        # A pause is only over once all is quiet; a ramp ends by itself.
        quiet = latest.get(scope, 0) if row.mode is Mode.PAUSED else 0
        due = max(row.state.until, quiet) + slack
        if index.books.at >= due and (row.mode is Mode.RAMPING or _is_clear(scope, row, index)):
            late = (index.books.at - due + slack) / SECOND
            docket.charge("L3", f"{_called(scope)} is {row.mode}, and could go on since {late} s")


def _latest(index: Index) -> dict[str, int]:
    """Return when anything happened last in each campaign, and in all of them."""
    latest: dict[str, int] = {}
    for event in index.books.events:
        for scope in (event.campaign, SERVICE):
            latest[scope] = max(latest.get(scope, 0), event.at)
    return latest


def _is_clear(scope: str, row: ModeRow, index: Index) -> bool:
    """Return whether what pauses it is over, by what was read last and what is left open."""
    books = index.books
    rules = _rules(scope, index)
    if rules is None or row.held or books.modes[SERVICE].held:
        return False
    mine = [r for r in books.opened if r.campaign == scope and r.stage is Stage.ACCEPTED]
    last = row.gauge.reading if row.gauge is not None else Reading()
    oldest_s = last.oldest_s if mine else 0.0
    return clear(replace(last, backlog=len(mine), oldest_s=oldest_s), rules)


def _rules(scope: str, index: Index) -> Policy | None:
    if scope == SERVICE:
        return SERVICE_POLICY
    campaign = index.books.campaigns.get(scope)
    return None if campaign is None else policy(campaign)


@dataclass(slots=True)
class _Story:
    """What the log says of a scope so far; `moves` are those since somebody moved it by hand."""

    scope: str
    charge: Callable[[str, str], None]
    after: Breaker | None = None
    moves: deque[int] = field(default_factory=lambda: deque(maxlen=MOVES_MAX))

    def go_on(self, event: Event) -> None:
        """Add a move of its mode."""
        if event.actor not in BY_THEMSELVES:
            self.after = None
            self.moves.clear()
            return
        try:
            verdict = read(event.detail)
        except (ValueError, KeyError, TypeError):
            self.charge("L4", f"{event.kind} of {self.scope} has no verdict")
            return
        if verdict.before.mode is not verdict.after.mode:
            # A forced mode that runs out may be the one that it would be in anyway.
            self._count(event)
        self._judge(event, verdict)
        self.after = verdict.after

    def _count(self, event: Event) -> None:
        """Charge a fifth move within a minute; a clock that was set back says nothing."""
        if len(self.moves) == MOVES_MAX and 0 <= event.at - self.moves[0] < MINUTE:
            self.charge("L4", f"{self.scope} moved more than {MOVES_MAX} times in a minute")
        self.moves.append(event.at)

    def _judge(self, event: Event, verdict: Verdict) -> None:
        before, mode = verdict.before, OF_MODES[event.kind]
        if (before.mode, mode) not in LEGAL and before.forced is None:
            self.charge("L3", f"{self.scope} went from {before.mode} to {mode} by itself")
        if before.mode is Mode.PAUSED and before.forced is None and event.at < before.until:
            early = (before.until - event.at) / SECOND
            self.charge("L4", f"{self.scope} went on {early:.1f} s before the end of its hold")
        if not holds(verdict, event.at) or verdict.after.mode is not mode:
            self.charge("L4", f"{event.kind} of {self.scope} comes out another way")
        if self.after is not None and self.after != before:
            self.charge("L4", f"{event.kind} of {self.scope} does not follow the one before")


def judge_moves(index: Index, docket: Docket) -> None:
    """L3 and L4: each move by itself is legal, in its time, and follows from its verdict."""
    stories: dict[str, _Story] = {}
    for event in index.books.events:
        if event.kind in OF_MODES:
            docket.judged("L4", 1)
            scope = event.campaign
            story = stories.setdefault(scope, _Story(_called(scope), docket.charge))
            story.go_on(event)


def is_open(index: Index, campaign: str) -> bool:
    """Return whether a campaign admits and issues in the end, as far as switches say."""
    modes = index.books.modes
    if campaign not in modes or held(modes, campaign):
        return False
    return all(modes[scope].mode is Mode.FLOWING for scope in (campaign, SERVICE))


def _called(scope: str) -> str:
    return "the service" if scope == SERVICE else scope
