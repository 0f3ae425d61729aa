"""The laws of modes: they stand where the log left them, and each verdict can be replayed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fulfiller.domain.breaker import Breaker, Mode
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.verdict import holds, read
from fulfiller.store import hot, rows
from fulfiller.store.laws import Finding
from fulfiller.store.snapshot import Snapshot
from fulfiller.store.statement import listed

MODES = {
    Kind.MODE_FLOWING: Mode.FLOWING,
    Kind.MODE_PAUSED: Mode.PAUSED,
    Kind.MODE_RAMPING: Mode.RAMPING,
}
SWITCHES = {Kind.MODE_HELD: True, Kind.MODE_UNHELD: False}
BY_THEMSELVES = frozenset({"keeper", "intake"})
"""Actors who write the verdict behind a move; operators write their reason."""

# In the order in which each scope was moved: its row is locked before the event is written.
LOG = f"select {listed(hot.EVENT)} from event where kind like 'mode.%' order by id"
STANDING = "select scope, mode, held from mode order by scope"


@dataclass(slots=True)
class _Story:
    """What the log says of a scope so far."""

    mode: Mode = Mode.FLOWING
    held: bool = False
    after: Breaker | None = None
    flaws: list[str] = field(default_factory=list)

    def go_on(self, event: Event) -> None:
        """Add an event."""
        self.held = SWITCHES.get(event.kind, self.held)
        self.mode = MODES.get(event.kind, self.mode)
        if event.kind not in MODES:
            return
        if event.actor not in BY_THEMSELVES:
            self.after = None
            return
        self._judge(event)

    def _judge(self, event: Event) -> None:
        try:
            verdict = read(event.detail)
        except (ValueError, KeyError, TypeError):
            self.flaws.append(f"{event.kind} of {event.campaign} has no verdict")
            return
        if not holds(verdict, event.at) or verdict.after.mode is not MODES[event.kind]:
            self.flaws.append(f"{event.kind} of {event.campaign} comes out another way")
        if self.after is not None and self.after != verdict.before:
            self.flaws.append(f"{event.kind} of {event.campaign} does not follow the one before")
        self.after = verdict.after


def findings(snapshot: Snapshot) -> Sequence[Finding]:
    """Return whether modes are those of the log, and the log's verdicts hold."""
    stories: dict[str, _Story] = {}
    events = [rows.event(tuple(row.values())) for row in snapshot.rows(LOG)]
    for event in events:
        stories.setdefault(event.campaign, _Story()).go_on(event)
    flaws = [flaw for scope in sorted(stories) for flaw in stories[scope].flaws]
    count = f"{len(events):,} moves"
    return (
        _finding("modes stand where the log left them", _strayed(snapshot, stories), count),
        _finding("every verdict of a breaker can be replayed", flaws, count),
    )


def _strayed(snapshot: Snapshot, stories: dict[str, _Story]) -> Iterator[str]:
    for row in snapshot.rows(STANDING):
        story = stories.get(row["scope"], _Story())
        said = (story.mode.value, story.held)
        if (row["mode"], bool(row["held"])) != said:
            held = "held" if story.held else "not held"
            yield f"{row['scope']} is {row['mode']}, by the log it is {story.mode} and {held}"


def _finding(law: str, flaws: Iterable[str], fine: str) -> Finding:
    flaw = next(iter(flaws), None)
    return Finding(law, ok=flaw is None, detail=fine if flaw is None else flaw)
