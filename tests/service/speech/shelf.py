"""The shipped books, and what Babel makes of facts when it is asked without us."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from string import Formatter
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.units import format_unit

from fulfiller.domain.estimate import STEPS_S
from fulfiller.domain.validity import EPOCH
from fulfiller.intake.phrases import read_library, shipped_phrases
from fulfiller.service.speech.book import Book

LIBRARY = read_library(shipped_phrases())
BOOKS = [LIBRARY.books[tag] for tag in ("en", "zh-Hans", "zh-Hant", "ar")]
ISOLATE, END = "\u2068", "\u2069"
LOCALES = {"en": "en_GB", "zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant", "ar": "ar"}
SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}


def bare(text: str) -> str:
    """Return a text without isolates."""
    return text.replace(ISOLATE, "").replace(END, "")


def locale_of(book: Book) -> Locale:
    """Return the locale that a book's readers expect, whatever the book says."""
    return Locale.parse(LOCALES[book.language])


def fixed_part(book: Book, phrase: str) -> str:
    """Return the longest text of a phrase that stands between placeholders."""
    parts = [text for text, _, _, _ in Formatter().parse(book.phrases[phrase])]
    return max(parts, key=len)


def waited(seconds: float, locale: Locale) -> str:
    """Return a span of whole seconds in the largest unit without a rest, by Babel's units."""
    unit = max((u for u, size in SECONDS.items() if not seconds % size), key=SECONDS.__getitem__)
    count = round(seconds / SECONDS[unit])
    for length in ("long", "short"):  # Babel lacks CLDR's aliases from long to short
        text = format_unit(count, f"duration-{unit}", length, locale=locale)
        if "duration-" not in text:
            return text
    raise AssertionError(unit)


def said_low(seconds: float) -> float:
    """Return the longest usual wait that is not longer, found the slow way."""
    usual = [0.0, *STEPS_S, *(86_400.0 * days for days in range(1, 40))]
    return max(each for each in usual if each <= seconds)


def said_high(seconds: float) -> float:
    """Return the shortest usual wait that is not shorter, found the slow way."""
    usual = [*STEPS_S, *(86_400.0 * days for days in range(1, 40))]
    return min(each for each in usual if each >= seconds)


def clock(instant: int, zone: str) -> datetime:
    """Return what a clock in the zone shows."""
    return (EPOCH + timedelta(microseconds=instant)).astimezone(ZoneInfo(zone))


def moment_parts(when: datetime, locale: Locale) -> Iterator[str]:
    """Yield date and time of day, by Babel."""
    yield format_date(when.date(), format="long", locale=locale)
    yield format_time(when, format="short", tzinfo=when.tzinfo, locale=locale)
