"""Chronicles: what moved a campaign and who did it, and how claims ended, from the event log.

No people are in it: of a claim only its age at the end is kept, of a limit key nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fulfiller.domain.breaker import Mode
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.verdict import cause, read
from fulfiller.service.wording import read_words

MARKS_MAX = 500
REASONS_MAX = 40
OTHER = "other reasons"
UNKNOWN = "none is noted"
MODES = {
    Kind.MODE_FLOWING: "flowing",
    Kind.MODE_PAUSED: "paused",
    Kind.MODE_RAMPING: "ramping",
    Kind.MODE_HELD: "held",
    Kind.MODE_UNHELD: "unheld",
}
ACTS = {
    Kind.CAMPAIGN_CREATED: "created",
    Kind.CAMPAIGN_CHANGED: "changed",
    Kind.CAMPAIGN_EXTENDED: "extended",
    Kind.CAMPAIGN_ENDED: "ended",
    Kind.RATE_CHANGED: "rate",
    Kind.PATIENCE_WORDED: "patience",
    Kind.MARK_SET: "mark",
}
MARKS = {"deploy": "deploy", "chaos": "fault"}
"""What a mark is drawn as, by its first word."""
ENDINGS = {
    Kind.CLAIM_DECLINED: "declined",
    Kind.CLAIM_CANCELLED: "cancelled",
    Kind.CLAIM_PARKED: "parked",
}
WORKERS = "workers"
WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened at an instant to a campaign or, with scope `*`, to all."""

    at: int
    kind: str
    scope: str
    actor: str
    said: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which newcomers were not admitted, or nothing was issued; None is: until now."""

    kind: str
    since: int
    until: int | None


class Chronicle:
    """The newest marks of one scope, and the reasons of its endings."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._marks: dict[tuple[int, str], Mark] = {}
        self.reasons: Counter[tuple[str, str]] = Counter()

    def hear(self, event: Event) -> None:
        """Take in an event of the log."""
        kind = MODES.get(event.kind) or _act(event)
        if kind is not None:
            said = _said(event)
            self._mark(
                Mark(at=event.at, kind=kind, scope=event.campaign, actor=event.actor, said=said)
            )
        elif event.kind in ENDINGS:
            self._ended(ENDINGS[event.kind], event)

    def see(self, row: ModeRow) -> None:
        """Take in a mode row: it is there before the log is sealed, and without a keeper, too."""
        for mark in _seen(row):
            if (mark.at, mark.kind) not in self._marks:
                self._mark(mark)

    def add(self, mark: Mark) -> None:
        """Take in what no log tells."""
        self._mark(mark)

    def marks(self) -> Sequence[Mark]:
        """Return the marks in order."""
        return tuple(self._marks.values())

    def _mark(self, mark: Mark) -> None:
        self._marks[mark.at, mark.kind] = mark
        self._marks = dict(sorted(self._marks.items())[-MARKS_MAX:])

    def _ended(self, ending: str, event: Event) -> None:
        # Behind the colon stands what a fault said, which may be anything.
        reason = event.detail.partition(":")[0].strip() or UNKNOWN
        full = len(self.reasons) >= REASONS_MAX
        key = (ending, OTHER if full and (ending, reason) not in self.reasons else reason)
        self.reasons[key] += len(event.ids)


def stretches(marks: Sequence[Mark]) -> Iterator[Stretch]:
    """Yield when a scope was paused, ramping and held, from its marks in order."""
    open_at: dict[str, int] = {}
    for mark in marks:
        for kind in _ended_by(mark.kind):
            since = open_at.pop(kind, None)
            if since is not None:
                yield Stretch(kind, since, mark.at)
        if mark.kind in {"paused", "ramping", "held"}:
            open_at[mark.kind] = mark.at
    for kind, since in open_at.items():
        yield Stretch(kind, since, None)


def _act(event: Event) -> str | None:
    kind = ACTS.get(event.kind)
    return MARKS.get(_first_word(event.detail), kind) if event.kind is Kind.MARK_SET else kind


def _first_word(text: str) -> str:
    found = WORD.match(text)
    return "" if found is None else found[0].lower()


def _ended_by(kind: str) -> Sequence[str]:
    """Return the stretches that end with a mark of this kind."""
    if kind in {"flowing", "paused", "ramping"}:
        return ("paused", "ramping")
    return ("held",) if kind in {"unheld", "held"} else ()


def _said(event: Event) -> str:
    """Return in words why; verdicts are kept as JSON, and of a limit key's rate only that it is."""
    if event.kind is Kind.RATE_CHANGED:
        limit, _, reason = event.detail.partition(": ")
        rate, of, _ = limit.partition(" at ")
        return "the rate of one limit key" if of else f"{rate}: {reason}"
    if event.kind is Kind.PATIENCE_WORDED:
        return read_words(event.detail)[1]
    if not event.detail.startswith("{"):
        return event.detail
    try:
        verdict = read(event.detail)
    except (ValueError, KeyError, TypeError):
        return ""
    return cause(verdict.reading, verdict.policy) or NEXT.get(verdict.after.mode, "")


NEXT: Mapping[Mode, str] = {
    Mode.RAMPING: "all signals are clear and the hold is over",
    Mode.FLOWING: "the ramp is over",
}


def _seen(row: ModeRow) -> Iterator[Mark]:
    forced = row.state.forced
    # Before its first move it flows since it was created, which is no news.
    if row.since and (row.generation or row.mode is not Mode.FLOWING):
        actor = "" if forced is None else forced.actor
        said = (row.cause or "") if forced is None else forced.reason
        said = said if row.mode is Mode.PAUSED or forced else ""
        yield Mark(at=row.since, kind=row.mode.value, scope=row.scope, actor=actor, said=said)
    if row.switched_at:
        kind = "held" if row.held else "unheld"
        by = row.hold
        actor, said = (by.actor, by.reason) if by else ("", "")
        yield Mark(at=row.switched_at, kind=kind, scope=row.scope, actor=actor, said=said)
