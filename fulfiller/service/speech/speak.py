"""Speak: typed facts become sentences. What is known is said, and nothing else."""

from bisect import bisect_right
from collections.abc import Iterator

from fulfiller.domain.estimate import STEPS_S, Basis, Wait, rounded_up
from fulfiller.domain.patience import PUBLIC, Patience, WhatToDo
from fulfiller.domain.validity import end_of_day
from fulfiller.service.speech.book import Book
from fulfiller.service.speech.formats import (
    MINUTE,
    date,
    duration,
    local,
    measured,
    number,
    time,
    zone_name,
)

DAY_S = 86_400


def speak(patience: Patience, book: Book) -> str:
    """Return everything that is known in the book's language: why, where, how long, what to do."""
    return book.joint.join(_sentences(patience, book))


def _sentences(patience: Patience, book: Book) -> Iterator[str]:
    yield book.say(f"opening.{patience.situation}")
    if patience.reason is not None:
        yield book.say(f"reason.{patience.reason}")
    if patience.since is not None:
        yield book.say("when.since", moment=_at(book, patience.zone, patience.since // MINUTE))
    if patience.ahead is not None:
        yield _place(patience.ahead, book)
    if patience.wait is not None:
        yield from _wait(patience.wait, book)
    yield from _what_to_do(patience, book)
    yield from _promises(patience, book)
    if _has_instant(patience):
        yield book.say("form.zone", zone=zone_name(book.formats, patience.zone))


def _place(ahead: int, book: Book) -> str:
    if not ahead:
        return book.say("place.next")
    return book.count("place.ahead", ahead, number(book.formats, ahead))


def _wait(wait: Wait, book: Book) -> Iterator[str]:
    low = _rounded_down(wait.low_s)
    if wait.high_s is None:
        yield _open_wait(low, book)
    else:
        yield _range(low, int(rounded_up(wait.high_s)), book)
    if wait.basis is Basis.PLANNED:
        yield book.say("wait.planned")


def _open_wait(low: int, book: Book) -> str:
    if not low:
        return book.say("wait.unknown")
    return book.say("wait.more_than", low=duration(book.formats, low))


def _range(low: int, high: int, book: Book) -> str:
    """Return "between 5 and 10 minutes"; a unit that both share is said once, where it can be."""
    longest = duration(book.formats, high)
    if not low:
        return book.say("wait.up_to", high=longest)
    if low >= high:
        return book.say("wait.about", high=longest)
    count, unit = measured(low)
    if unit == measured(high)[1] and "wait.in_one_unit" in book.phrases:
        return book.say("wait.in_one_unit", low=number(book.formats, count), high=longest)
    return book.say("wait.between", low=duration(book.formats, low), high=longest)


def _rounded_down(seconds: float) -> int:
    """Return the longest wait that people say and that is no longer: a low end stays one."""
    if seconds >= DAY_S:
        return int(seconds // DAY_S) * DAY_S
    steps = bisect_right(STEPS_S, seconds)
    return int(STEPS_S[steps - 1]) if steps else 0


def _what_to_do(patience: Patience, book: Book) -> Iterator[str]:
    """Yield what is asked, and when; a moment is rounded up, so that nobody comes too early."""
    at = patience.come_back_at
    moment = None if at is None else _at(book, patience.zone, -(-at // MINUTE))
    if patience.what_to_do is WhatToDo.COME_BACK:
        yield _come_back(moment, book)
        return
    yield book.say("do.nothing_if_claimed" if patience.situation in PUBLIC else "do.nothing")
    if moment is not None:
        yield book.say("when.look_again", moment=moment)


def _come_back(moment: str | None, book: Book) -> str:
    if moment is None:
        return book.say("do.come_back")
    return book.say("do.come_back_at", moment=moment)


def _promises(patience: Patience, book: Book) -> Iterator[str]:
    update, until = patience.next_update_at, patience.valid_until
    if update is not None:
        yield book.say("when.next_update", moment=_at(book, patience.zone, -(-update // MINUTE)))
    if until is not None:
        yield _validity(until // MINUTE, patience.zone, book)


def _validity(minute: int, zone: str, book: Book) -> str:
    """Return until when coupons are valid; a day's end is said as all of that day."""
    last = minute - 1
    if minute * MINUTE == end_of_day(local(last * MINUTE, zone).date(), zone):
        return book.say("valid.through", date=date(book.formats, zone, last))
    return book.say("valid.until", moment=_at(book, zone, minute))


def _at(book: Book, zone: str, minute: int) -> str:
    day, clock = date(book.formats, zone, minute), time(book.formats, zone, minute)
    return book.say("form.moment", date=day, time=clock)


def _has_instant(patience: Patience) -> bool:
    instants = (
        patience.since,
        patience.come_back_at,
        patience.next_update_at,
        patience.valid_until,
    )
    return any(instant is not None for instant in instants)
