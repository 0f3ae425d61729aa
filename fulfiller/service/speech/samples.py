"""Preview: every situation spoken with sample facts, for those who write the phrases."""

from collections.abc import Iterator
from datetime import date

from fulfiller.domain.estimate import Basis, Wait
from fulfiller.domain.patience import Patience, Reason, Situation
from fulfiller.domain.validity import SECOND, end_of_day
from fulfiller.service.speech.book import Book
from fulfiller.service.speech.speak import speak

START = 1_770_616_800 * SECOND
"""The sixth hour of 9 February 2026 in UTC, an afternoon in China."""
RANGE = Wait(low_s=300, high_s=600, basis=Basis.MEASURED)
PLAN = Wait(low_s=2_700, high_s=7_200, basis=Basis.PLANNED)
OPEN = Wait(low_s=120, high_s=None, basis=Basis.UNKNOWN)
UNKNOWN = Wait(low_s=0, high_s=None, basis=Basis.UNKNOWN)


def preview(book: Book, zone: str) -> str:
    """Return each situation's message under its name, in the book's language."""
    return "\n\n".join(f"{each.situation}\n{speak(each, book)}" for each in samples(zone))


def samples(zone: str) -> Iterator[Patience]:
    """Yield facts for every situation; every phrase is heard, plural forms aside."""
    soon, later = START + 75 * SECOND, START + 600 * SECOND
    end = end_of_day(date(2026, 2, 28), zone)
    for ahead, wait, reason in (
        (12_431, RANGE, Reason.CROWD),
        (3, PLAN, Reason.SLOW),
        (1, OPEN, Reason.OPERATOR),
    ):
        yield Patience(
            situation=Situation.WAITLISTED,
            zone=zone,
            reason=reason,
            ahead=ahead,
            wait=wait,
            since=START,
            come_back_at=soon,
            valid_until=end,
        )
    yield Patience(situation=Situation.QUEUED, zone=zone, ahead=0, wait=_up_to(30))
    yield Patience(
        situation=Situation.FULL, zone=zone, reason=Reason.CROWD, come_back_at=later, wait=UNKNOWN
    )
    yield Patience(situation=Situation.AWAY, zone=zone, reason=Reason.SYSTEMS)
    yield from _notices(zone, later, end - 3_600 * SECOND)


def _notices(zone: str, later: int, end: int) -> Iterator[Patience]:
    """Yield what a campaign tells everybody."""
    yield Patience(
        situation=Situation.PAUSED,
        zone=zone,
        reason=Reason.PARTNERS,
        since=START,
        next_update_at=later,
        valid_until=end,
    )
    about = Wait(low_s=600, high_s=600, basis=Basis.MEASURED)
    yield Patience(situation=Situation.RAMPING, zone=zone, wait=about, next_update_at=later)


def _up_to(seconds: float) -> Wait:
    return Wait(low_s=0, high_s=seconds, basis=Basis.MEASURED)
