"""Speaking: every known fact is said as CLDR writes it, and nothing else is said."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_timezone_name
from babel.numbers import format_decimal
from hypothesis import given

from fulfiller.domain.estimate import Basis
from fulfiller.domain.patience import PUBLIC, Patience, Reason
from fulfiller.domain.validity import EPOCH, SECOND, micros
from fulfiller.service.speech.book import Book
from fulfiller.service.speech.speak import speak
from tests.service.speech.facts import BOOK, MOMENTS, facts
from tests.service.speech.shelf import (
    END,
    ISOLATE,
    bare,
    clock,
    fixed_part,
    locale_of,
    moment_parts,
    said_high,
    said_low,
    waited,
)


def _minute(instant: int, *, up: bool) -> int:
    """Return an instant cut to its minute, or the next if it is past one."""
    rest = instant % (60 * SECOND)
    return instant - rest + (60 * SECOND if up and rest else 0)


def _expected(patience: Patience, phrase: str, instant: int, book: Book) -> str:
    parts = list(moment_parts(clock(instant, patience.zone), locale_of(book)))
    day, time = parts
    moment = book.phrases["form.moment"].format(date=day, time=time)
    return book.phrases[phrase].format(moment=moment)


@given(facts(), BOOK)
def test_what_happened_is_said_first(patience: Patience, book: Book) -> None:
    """Whoever reads one sentence knows what happened."""
    assert speak(patience, book).startswith(book.phrases[f"opening.{patience.situation}"])


@given(facts(), BOOK)
def test_the_reason_is_said_if_it_is_known(patience: Patience, book: Book) -> None:
    """Exactly the one that holds."""
    text = bare(speak(patience, book))
    heard = {reason for reason in Reason if book.phrases[f"reason.{reason}"] in text}
    assert heard == ({patience.reason} if patience.reason else set())


@given(facts(), BOOK)
def test_the_place_is_said_if_it_is_known(patience: Patience, book: Book) -> None:
    """The number of people ahead as CLDR writes it, in the plural form that it takes."""
    text = bare(speak(patience, book))
    assert (book.phrases["place.next"] in text) == (patience.ahead == 0)
    said = [
        phrase.format(number=format_decimal(patience.ahead or 0, locale=locale_of(book)))
        for name, phrase in book.phrases.items()
        if name.startswith("place.ahead.")
        and name.endswith(f".{locale_of(book).plural_form(patience.ahead or 0)}")
    ]
    assert len(said) == 1
    assert (said[0] in text) == bool(patience.ahead)


@given(facts(), BOOK)
def test_the_wait_is_said_if_it_is_known(patience: Patience, book: Book) -> None:
    """Its lower end is never more than was meant, its upper end never less."""
    text, wait, locale = bare(speak(patience, book)), patience.wait, locale_of(book)
    names = [name for name in book.phrases if name.startswith("wait.")]
    if wait is None:
        assert [n for n in names if fixed_part(book, n) in text] == []
        return
    low = said_low(wait.low_s)
    if wait.high_s is None:
        expected = "wait.more_than" if low else "wait.unknown"
        assert book.phrases[expected].format(low=waited(low, locale) if low else "") in text
        return
    high = waited(said_high(wait.high_s), locale)
    if not low:
        assert book.phrases["wait.up_to"].format(high=high) in text
    elif low == said_high(wait.high_s):
        assert book.phrases["wait.about"].format(high=high) in text
    else:
        assert _ranges(book, waited(low, locale), high) & _sentences(text, book)


def _ranges(book: Book, low: str, high: str) -> set[str]:
    """Return how a range may be said: with both units, or with one if they are the same."""
    ranges = {book.phrases["wait.between"].format(low=low, high=high)}
    number, unit = re.match(r"([\d,]*)\s?(.*)", low).groups()  # type: ignore[union-attr]
    if "wait.in_one_unit" in book.phrases and high.rstrip("s").endswith(unit.rstrip("s")):
        ranges = {book.phrases["wait.in_one_unit"].format(low=number, high=high)}
    return ranges


def _sentences(text: str, book: Book) -> set[str]:
    stop = "。" if "。" in text else "."
    return {f"{part.removeprefix(book.joint)}{stop}" for part in text.split(stop)}


@given(facts(), BOOK)
def test_a_plan_is_told_from_a_measurement(patience: Patience, book: Book) -> None:
    """What was not measured does not pass for it."""
    planned = patience.wait is not None and patience.wait.basis is Basis.PLANNED
    assert (book.phrases["wait.planned"] in speak(patience, book)) == planned


@given(facts(), BOOK)
def test_moments_are_said_if_they_are_known(patience: Patience, book: Book) -> None:
    """On the campaign's clocks; nobody is called too early by being told whole minutes."""
    text = bare(speak(patience, book))
    back = "do.come_back_at" if patience.what_to_do == "come_back" else "when.look_again"
    for phrase, instant, up in (
        ("when.since", patience.since, False),
        (back, patience.come_back_at, True),
        ("when.next_update", patience.next_update_at, True),
    ):
        if instant is None:
            assert fixed_part(book, phrase) not in text
        else:
            assert _expected(patience, phrase, _minute(instant, up=up), book) in text


@given(facts(), BOOK)
def test_what_stays_valid_is_said_if_it_is_known(patience: Patience, book: Book) -> None:
    """The end of a day is said as that whole day, any other end as a moment."""
    text, until = bare(speak(patience, book)), patience.valid_until
    if until is None:
        assert fixed_part(book, "valid.through") not in text
        assert fixed_part(book, "valid.until") not in text
        return
    until = _minute(until, up=False)
    day = clock(until - 1, patience.zone).date()
    first_of_next = datetime.combine(day + timedelta(days=1), datetime.min.time())
    if until == micros(first_of_next.replace(tzinfo=ZoneInfo(patience.zone))):
        said = format_date(day, format="long", locale=locale_of(book))
        assert book.phrases["valid.through"].format(date=said) in text
    else:
        assert _expected(patience, "valid.until", until, book) in text


@given(facts(), BOOK)
def test_the_zone_is_named_if_there_is_a_date(patience: Patience, book: Book) -> None:
    """By the name that people use in summer and winter alike, where there is one."""
    text, dated = bare(speak(patience, book)), any(getattr(patience, name) for name in MOMENTS)
    locale, zone = locale_of(book), ZoneInfo(patience.zone)
    name = get_timezone_name(zone, locale=locale)
    if locale.territories["ZZ"] in name:
        name = get_timezone_name(EPOCH.astimezone(zone), locale=locale)
    assert text.endswith(book.phrases["form.zone"].format(zone=name)) == dated
    assert (fixed_part(book, "form.zone") in text) == dated


@given(facts(), BOOK)
def test_people_are_told_what_to_do(patience: Patience, book: Book) -> None:
    """Always, and just one thing."""
    text = bare(speak(patience, book))
    sentences = _sentences(text, book)
    heard = {n for n in ("nothing", "nothing_if_claimed") if book.phrases[f"do.{n}"] in sentences}
    if patience.what_to_do == "come_back":
        assert heard == set()
        assert (book.phrases["do.come_back"] in sentences) == (patience.come_back_at is None)
    else:
        assert heard == {"nothing_if_claimed" if patience.situation in PUBLIC else "nothing"}


@given(facts(), BOOK)
def test_values_are_isolated_where_text_runs_leftward(patience: Patience, book: Book) -> None:
    """Isolates are balanced and hold every digit; elsewhere there are none."""
    text, depth = speak(patience, book), 0
    for sign in text:
        depth += (sign == ISOLATE) - (sign == END)
        assert 0 <= depth <= 2
        assert depth or book.language != "ar" or not sign.isdigit()
    assert depth == 0
    assert (ISOLATE in text) <= (book.language == "ar")


@given(facts(), BOOK)
def test_nobody_is_shouted_at(patience: Patience, book: Book) -> None:
    """No exclamation marks, no placeholders left, no gap."""
    text = speak(patience, book)
    assert not {"!", "\N{FULLWIDTH EXCLAMATION MARK}", "{", "}"} & set(text)
    assert "  " not in text
    assert text == text.strip()
