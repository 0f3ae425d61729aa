"""Proofreading: a book's phrases are complete, known, and have the right placeholders."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from string import Formatter

from fulfiller.domain.error import InvalidPatience
from fulfiller.service.speech.formats import plural_rule
from fulfiller.service.speech.phrases import COUNTED, OPTIONAL, required

PHRASE_MAX = 300
DEPTH_MAX = 2
NAME_MAX = 64
JOINERS = "\u200c\u200d\u200e\u200f"
"""Invisible, and needed to spell Persian or Hindi, or to mark a direction."""
SAMPLE = range(1000)
"""Numbers among which every plural form of CLDR occurs that whole numbers can take."""


def flattened(given: Mapping[str, object], book: str, above: str = "") -> dict[str, str]:
    """Return tables within tables as one, by dotted names."""
    phrases: dict[str, str] = {}
    for name, value in given.items():
        inner = _within(f"{above}{name}", value, book)
        for twice in inner.keys() & phrases.keys():
            raise InvalidPatience(twice, "it is written twice, keep one", book)
        phrases |= inner
    return phrases


def check(phrases: Mapping[str, str], formats: str, book: str) -> None:
    """Raise InvalidPatience on the first phrase that is unknown, missing or misfilled."""
    wanted = required(forms(formats))
    for name in phrases:
        _check_known(name, wanted, book)
    for name in wanted:
        if name not in phrases and name not in OPTIONAL:
            raise InvalidPatience(name, _missing(name, wanted), book)
    for name, text in phrases.items():
        _check_text(name, text, book)
        _check_holes(name, set(_holes(name, text, book)), wanted[name], formats, book)


def forms(formats: str) -> tuple[str, ...]:
    """Return the plural forms of a language, as CLDR lists them; `other` is one of all."""
    return tuple(sorted(plural_rule(formats).tags | {"other"}))


def _within(name: str, value: object, book: str) -> dict[str, str]:
    if isinstance(value, str):
        return {name: value}
    if isinstance(value, Mapping) and name.count(".") < DEPTH_MAX:
        return flattened(value, book, f"{name}.")
    raise InvalidPatience(name, "it is no text, write it in quotes", book)


def _check_known(name: str, wanted: Mapping[str, object], book: str) -> None:
    if name in wanted:
        return
    if name in COUNTED:
        raise InvalidPatience(name, _missing(name, wanted), book)
    nearest = get_close_matches(name[:NAME_MAX], wanted, n=1)
    meant = f", did you mean {nearest[0]}?" if nearest else ""
    raise InvalidPatience(name, f"there is no such phrase{meant}", book)


def _missing(name: str, wanted: Mapping[str, object]) -> str:
    for counted in COUNTED:
        if name == counted or name.startswith(f"{counted}."):
            needed = [each.rpartition(".")[2] for each in wanted if each.startswith(f"{counted}.")]
            return f"this language needs the plural forms {', '.join(needed)}, each as a text"
    return "it is missing, write this phrase"


def _check_text(name: str, text: str, book: str) -> None:
    if not text.strip() or len(text) > PHRASE_MAX:
        raise InvalidPatience(name, f"write 1 to {PHRASE_MAX} characters", book)
    for sign in text:
        if not sign.isprintable() and sign not in JOINERS:
            raise InvalidPatience(name, f"leave out U+{ord(sign):04X}, it can't be shown", book)


def _holes(name: str, text: str, book: str) -> Iterator[str]:
    """Yield the placeholders of a phrase; nothing but plain names stands in braces."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError as flaw:
        raise InvalidPatience(name, f"{flaw}; write braces only as in {{low}}", book) from None
    for _, hole, spec, conversion in parts:
        if hole is None:
            continue
        if spec or conversion or not hole.isidentifier():
            raise InvalidPatience(
                name, f"{{{hole}}} is no placeholder, write a plain name in braces", book
            )
        yield hole


def _check_holes(
    name: str, found: set[str], wanted: frozenset[str], formats: str, book: str
) -> None:
    for hole in sorted(found - wanted):
        known = " and ".join(f"{{{each}}}" for each in sorted(wanted)) or "no placeholder at all"
        raise InvalidPatience(name, f"{{{hole}}} is unknown here, it takes {known}", book)
    missing = sorted(wanted - found)
    if missing and not _stands_for_one_number(name, formats):
        raise InvalidPatience(name, f"{{{missing[0]}}} is missing, put it in", book)


@lru_cache(256)
def _stands_for_one_number(name: str, formats: str) -> bool:
    """Tell whether a plural form may spell its number out: "two people" where two is all."""
    counted, _, plural = name.rpartition(".")
    rule = plural_rule(formats)
    return counted in COUNTED and sum(rule(count) == plural for count in SAMPLE) == 1
