"""The trail: who did what, told from events; pure.

Operators are whoever acts by hand; with them, if asked for, goes what the service did by itself
to modes and money, and what partners reported. What happens to claims in the normal course of
things is nobody's act.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fulfiller.domain.claim import public_id
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.verdict import cause, read
from fulfiller.ops.moments import stamp
from fulfiller.service.wording import read_words

BY_HAND = ("operator:", "flower:")
"""What stands before the name of whoever acts by hand: in the terminal, and from Flower."""
COURSE = ("claim.", "coupon.")
"""What happens to claims and coupons all the time."""
NAMED_MAX = 3
"""Claims of one act that are named."""
FLOWING, UNHELD, SHIPPED, NO_RATE = "flowing", "unheld", "as shipped", "no limit"
SUBJECTS = {
    Kind.MODE_FLOWING: ("mode", FLOWING),
    Kind.MODE_PAUSED: ("mode", FLOWING),
    Kind.MODE_RAMPING: ("mode", FLOWING),
    Kind.MODE_HELD: ("hold", UNHELD),
    Kind.MODE_UNHELD: ("hold", UNHELD),
    Kind.RATE_CHANGED: ("rate", NO_RATE),
    Kind.CAMPAIGN_EXTENDED: ("validity", None),
    Kind.PATIENCE_WORDED: ("patience", SHIPPED),
    Kind.BUDGET_GATHERED: ("budget", None),
}
"""What an act changes, and how that stands before the first one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One act; `number` is that of its seal, None before it has one.

    `before` and `after` say how what was changed stood, where the log knows it; `amount` is
    money in minor units.
    """

    number: int | None
    at: int
    actor: str
    kind: str
    campaign: str
    reason: str
    before: str | None = None
    after: str | None = None
    claims: int = 0
    named: tuple[str, ...] = ()
    amount: int = 0

    @property
    def change(self) -> str:
        """Return what changed, in words."""
        if self.claims:
            many = f"{self.claims:,} claims: " if self.claims > 1 else ""
            return f"{many}{', '.join(self.named)}"
        if self.after is None:
            return ""
        return self.after if self.before is None else f"{self.before} → {self.after}"

    def as_json(self) -> Mapping[str, Any]:
        """Return it for programs."""
        return {
            "number": self.number,
            "at": stamp(self.at),
            "actor": self.actor,
            "kind": self.kind,
            "campaign": self.campaign,
            "reason": self.reason,
            "before": self.before,
            "after": self.after,
            "claims": self.claims,
            "named": list(self.named),
            "amount": self.amount,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which acts are meant: of a campaign, of an actor, not before an instant, by anybody."""

    campaign: str | None = None
    actor: str | None = None
    since: int = 0
    everybody: bool = False

    def includes(self, event: Event) -> bool:
        """Return whether an event is an act that is meant."""
        by_hand = event.actor.startswith(BY_HAND)
        if not by_hand and (event.kind.startswith(COURSE) or not self._is_open):
            return False
        names = (event.actor, event.actor.partition(":")[2] if by_hand else "")
        if self.actor is not None and self.actor not in names:
            return False
        return self.campaign in (None, event.campaign) and event.at >= self.since

    @property
    def _is_open(self) -> bool:
        """Whether others than operators are meant, too."""
        return self.everybody or self.actor is not None


@dataclass(slots=True)
class Trail:
    """What is known of each subject so far, so that an act can say what was before it."""

    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def told(self, events: Iterable[tuple[int | None, Event]], wanted: Wanted) -> Iterator[Entry]:
        """Yield the acts that are meant; all other events have to be seen as well."""
        for number, event in events:
            if event.kind.startswith(COURSE) and not event.actor.startswith(BY_HAND):
                continue
            entry = self._entry(number, event)
            if wanted.includes(event):
                yield entry

    def _entry(self, number: int | None, event: Event) -> Entry:
        after, reason = said(event)
        return Entry(
            number=number,
            at=event.at,
            actor=event.actor,
            kind=event.kind.value,
            campaign=event.campaign,
            reason=reason,
            before=self._before(event, after),
            after=after,
            claims=len(event.ids),
            named=tuple(public_id(claim_id) for claim_id in event.ids[:NAMED_MAX]),
            amount=event.amount,
        )

    def _before(self, event: Event, after: str | None) -> str | None:
        if event.kind not in SUBJECTS or after is None:
            return None
        subject, at_first = SUBJECTS[event.kind]
        _, _, limit_key = after.partition(" at ") if subject == "rate" else ("", "", "")
        place = (event.campaign, f"{subject} {limit_key}")
        before = self._known.get(place, at_first)
        self._known[place] = after
        return before


def said(event: Event) -> tuple[str | None, str]:
    """Return how what an event changed stands after it, if it says so, and the reason."""
    match event.kind:
        case Kind.MODE_FLOWING | Kind.MODE_PAUSED | Kind.MODE_RAMPING:
            return event.kind.removeprefix("mode."), _because(event)
        case Kind.MODE_HELD | Kind.MODE_UNHELD:
            return event.kind.removeprefix("mode."), event.detail
        case Kind.RATE_CHANGED | Kind.CAMPAIGN_EXTENDED | Kind.CAMPAIGN_CHANGED:
            # What was set stands before the reason, and has no such stop in it.
            after, _, reason = event.detail.partition(": ")
            return after, reason
        case Kind.PATIENCE_WORDED:
            words, reason = read_words(event.detail)
            return (SHIPPED if words == "{}" else words), reason
        case Kind.BUDGET_GATHERED:
            return event.detail, ""
        case _:
            return None, event.detail


def _because(event: Event) -> str:
    """Return why a mode moved: what a breaker read, or what somebody said."""
    try:
        verdict = read(event.detail)
    except (ValueError, KeyError, TypeError):
        return event.detail
    return cause(verdict.reading, verdict.policy) or "its signals"
