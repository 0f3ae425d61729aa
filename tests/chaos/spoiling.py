"""A case before the checker, and how to spoil it: by its history, its tables or its log."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from msgspec import Struct
from msgspec.structs import replace as with_changes

from fulfiller.chaos.books import Books
from fulfiller.chaos.history import Line, Phase
from fulfiller.chaos.report import Report
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.stripe import Delta, Purse, Stripe
from fulfiller.service.log import Unsealed
from fulfiller.service.seal import START, chain


def _changed(row: Any, changes: dict[str, Any]) -> Any:
    """Return a row with changes, of whichever kind of noun it is."""
    return with_changes(row, **changes) if isinstance(row, Struct) else replace(row, **changes)


@dataclass(slots=True)
class Case:
    """A history with the books, and the claims and calls that are spoken of by name."""

    history: list[Line]
    books: Books
    names: dict[str, ClaimId]
    calls: dict[str, int]

    # Histories

    def says(self, call: str, phase: Phase | None = None, **changes: Any) -> None:
        """Change what was told by a call: its last line, maybe with another phase."""
        self._change(call, changes | ({} if phase is None else {"phase": phase}), last=True)

    def asks(self, call: str, **changes: Any) -> None:
        """Change what was asked by a call: its first line."""
        self._change(call, changes, last=False)

    def forget(self, call: str) -> None:
        """Drop a call."""
        number = self.calls[call]
        self.history = [line for line in self.history if line.call != number]

    def add(self, *lines: Line) -> None:
        """Add lines at the end."""
        self.history.extend(lines)

    def line(self, call: str, *, last: bool = True) -> Line:
        """Return the last or first line of a call."""
        return self.history[self._places(call)[-1 if last else 0]]

    # Tables

    def set(self, **parts: Any) -> None:
        """Replace whole parts of the books."""
        self.books = replace(self.books, **parts)

    def edit(self, part: str, mine: Callable[[Any], bool], **changes: Any) -> None:
        """Change the rows of a part that are meant."""
        rows = list(getattr(self.books, part))
        met = [mine(row) for row in rows]
        assert any(met)
        edited = [_changed(row, changes) if m else row for row, m in zip(rows, met, strict=True)]
        self.set(**{part: edited})

    def drop(self, part: str, mine: Callable[[Any], bool]) -> None:
        """Drop the rows of a part that are meant."""
        rows = getattr(self.books, part)
        kept = [row for row in rows if not mine(row)]
        assert len(kept) < len(rows)
        self.set(**{part: kept})

    def terms(self, campaign: str, **changes: Any) -> None:
        """Change a campaign's terms."""
        changed = replace(self.books.campaigns[campaign], **changes)
        self.set(campaigns=dict(self.books.campaigns) | {campaign: changed})

    def mode(self, scope: str, **changes: Any) -> None:
        """Change a scope's mode."""
        changed = replace(self.books.modes[scope], **changes)
        self.set(modes=dict(self.books.modes) | {scope: changed})

    def stripe(self, campaign: str, number: int, **money: int) -> None:
        """Add to the purses of a stripe."""

        def added(stripe: Stripe) -> Stripe:
            if (stripe.key.campaign, stripe.key.number) != (campaign, number):
                return stripe
            more = {Purse(purse): amount for purse, amount in money.items()}
            return stripe.moved(Delta(more))

        self.set(stripes=[added(stripe) for stripe in self.books.stripes])

    # The log

    def event(self, kind: Kind, claim: str | None = None, campaign: str | None = None) -> int:
        """Return where an event stands: the first of its kind, about a claim or a campaign."""
        wanted = None if claim is None else self.names[claim]
        for number, event in enumerate(self.books.events):
            about = wanted is None or wanted in event.ids
            if event.kind is kind and about and campaign in (None, event.campaign):
                return number
        raise LookupError(kind)

    def log(self, events: Iterable[Event]) -> None:
        """Replace the log, and seal it as if that had been it always."""
        logged = list(events)
        places = [(0, number) for number in range(1, len(logged) + 1)]
        waiting = [Unsealed(place, event) for place, event in zip(places, logged, strict=True)]
        self.set(events=logged, places=places, seals=chain(START, waiting))

    def rewrite(self, number: int, **changes: Any) -> None:
        """Change an event, and seal anew."""
        events = list(self.books.events)
        events[number] = replace(events[number], **changes)
        self.log(events)

    def unlog(self, *numbers: int) -> None:
        """Drop events, and seal anew."""
        self.log(e for number, e in enumerate(self.books.events) if number not in numbers)

    def insert(self, number: int, event: Event) -> None:
        """Put an event in, and seal anew."""
        events = list(self.books.events)
        self.log([*events[:number], event, *events[number:]])

    def _change(self, call: str, changes: dict[str, Any], *, last: bool) -> None:
        place = self._places(call)[-1 if last else 0]
        self.history[place] = with_changes(self.history[place], **changes)

    def _places(self, call: str) -> list[int]:
        number = self.calls[call]
        return [place for place, line in enumerate(self.history) if line.call == number]


@dataclass(frozen=True, slots=True)
class Spoiled:
    """How a case is spoiled, which invariant must say so, and which others follow from it.

    It must be the first to say so, but for what is `ahead`: that is broken as much.
    """

    law: str
    spoil: Callable[[Case], None]
    follows: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()

    def is_found(self, report: Report) -> bool:
        """Return whether just these invariants are broken, in this order."""
        due = (*self.ahead, self.law)
        return report.broken[: len(due)] == due and set(report.broken) <= {*due, *self.follows}


Spoil = Callable[[Case], None]


def spoils(
    table: dict[str, Spoiled], law: str, *follows: str, ahead: tuple[str, ...] = ()
) -> Callable[[Spoil], Spoil]:
    """Enter a function into a table under its name, with the invariant that it breaks."""

    def entered(spoil: Spoil) -> Spoil:
        name = spoil.__name__.strip("_").replace("_", " ")
        assert name not in table
        table[name] = Spoiled(law, spoil, follows, ahead)
        return spoil

    return entered
