"""A library: one book per language, and which of them somebody gets."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from fulfiller.domain.error import InvalidPatience
from fulfiller.service.speech.book import Book
from fulfiller.service.speech.tags import ANY, canonical, nearest, wishes

FALLBACK = "en"


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Books by language tag; there is always one in English."""

    books: Mapping[str, Book]

    @classmethod
    def of(cls, books: Iterable[Book]) -> "Library":
        """Return a library of these books; raise InvalidPatience if two are in one language."""
        shelf: dict[str, Book] = {}
        for book in books:
            first = shelf.setdefault(book.language, book)
            if first is not book:
                problem = f"{first.name} is in {book.language}, too; keep one"
                raise InvalidPatience("language", problem, book.name)
        if FALLBACK not in shelf:
            raise InvalidPatience("language", f"add {FALLBACK}.toml, on which others fall back")
        return cls(shelf)

    def choose(
        self,
        locale: str | None = None,
        accept_language: str | None = None,
        campaign_locale: str | None = None,
    ) -> Book:
        """Return the first book that somebody wishes; whatever is malformed is passed over.

        First the claim's locale, for an upstream knows the person better than a header; then
        Accept-Language by its weights, where `*` leaves it to the campaign; then the campaign's
        locale; then English.
        """
        for wish in _wished(locale, accept_language, campaign_locale):
            for tag in nearest(wish):
                if tag in self.books:
                    return self.books[tag]
        return self.books[FALLBACK]

    def amended(self, overrides: Mapping[str, Mapping[str, object]]) -> "Library":
        """Return this library with a campaign's own wording, tables of phrases by language."""
        books = dict(self.books)
        for tag, phrases in overrides.items():
            known = canonical(tag)
            if known not in books:
                raise InvalidPatience(tag, _no_book(tag, books))
            books[known] = books[known].amended(phrases)
        return Library(books)


def _wished(
    locale: str | None, accept_language: str | None, campaign_locale: str | None
) -> Iterator[str]:
    if locale:
        yield locale
    for tag in wishes(accept_language or ""):
        if tag == ANY:
            break
        yield tag
    if campaign_locale:
        yield campaign_locale


def _no_book(tag: str, books: Mapping[str, Book]) -> str:
    close = get_close_matches(tag, books, n=1)
    meant = f", did you mean {close[0]}?" if close else f", there are {', '.join(sorted(books))}"
    return f"there is no book in this language{meant}"
