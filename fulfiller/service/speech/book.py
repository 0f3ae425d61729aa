"""A book: the phrases of one language, read from TOML and proofread."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from babel import Locale, UnknownLocaleError

from fulfiller.domain.error import InvalidPatience
from fulfiller.service.speech.formats import form
from fulfiller.service.speech.proofreading import check, flattened
from fulfiller.service.speech.tags import canonical

HEADER = ("language", "formats", "joint")
ISOLATED = "\u2068{}\u2069".format
"""A value between first-strong isolate and its end: what is around it can't turn it about."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Book:
    """The phrases of one language, by dotted names.

    `language` is a tag such as zh-Hans, `formats` the locale of numbers and dates, and `joint`
    stands between sentences: a space, or nothing in Chinese.
    """

    name: str
    language: str
    formats: str
    joint: str
    right_to_left: bool
    phrases: Mapping[str, str]

    def say(self, phrase: str, **values: str) -> str:
        """Return a phrase with its placeholders filled, isolated where text runs leftward."""
        text = self.phrases[phrase]
        if not values:
            return text
        if self.right_to_left:
            values = {hole: ISOLATED(value) for hole, value in values.items()}
        return text.format(**values)

    def count(self, phrase: str, count: int, number: str) -> str:
        """Return a phrase in the plural form of a number."""
        return self.say(f"{phrase}.{form(self.formats, count)}", number=number)

    def amended(self, overrides: Mapping[str, object]) -> "Book":
        """Return this book with a campaign's own wording, given like the tables of a file."""
        name = f"{self.name}, amended"
        phrases = {**self.phrases, **flattened(overrides, name)}
        check(phrases, self.formats, name)
        return replace(self, name=name, phrases=phrases)


def read_book(text: str, *, name: str) -> Book:
    """Return the book written in a TOML text; raise InvalidPatience on the first flaw."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as flaw:
        raise InvalidPatience("TOML", f"{flaw}", name) from None
    language, formats, joint = (_header(key, given.pop(key, None), name) for key in HEADER)
    tag = _tag(language, name)
    locale = _locale(formats, tag, name)
    phrases = flattened(given, name)
    check(phrases, str(locale), name)
    return Book(
        name=name,
        language=tag,
        formats=str(locale),
        joint=joint,
        right_to_left=locale.text_direction == "rtl",
        phrases=phrases,
    )


def _header(key: str, value: object, name: str) -> str:
    if not isinstance(value, str):
        raise InvalidPatience(key, f"write it at the top of the file, such as {key} = ...", name)
    return value


def _tag(language: str, name: str) -> str:
    tag = canonical(language)
    if tag is None:
        raise InvalidPatience("language", f"{language!r} is no tag such as zh-Hans", name)
    return tag


def _locale(formats: str, tag: str, name: str) -> Locale:
    """Return the locale of numbers and dates; in another language plural forms would be wrong."""
    try:
        locale = Locale.parse(formats, sep="-")
    except (UnknownLocaleError, ValueError):
        raise InvalidPatience("formats", f"{formats!r} is no locale such as en-GB", name) from None
    if locale.language != tag.partition("-")[0]:
        raise InvalidPatience("formats", f"{formats!r} is not in {tag}, try {tag!r}", name)
    return locale
