"""The command for a campaign's own words to those who wait: show, preview, change, take back."""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any

import click

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import InvalidPatience, Raced
from fulfiller.intake.phrases import read_library, shipped_phrases
from fulfiller.ops.deeds import UNKNOWN
from fulfiller.ops.ending import checked, reasoned
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.person import operator
from fulfiller.ops.show import json_option, remark, show
from fulfiller.service.port import Store
from fulfiller.service.speech.book import Book
from fulfiller.service.speech.library import Library
from fulfiller.service.speech.proofreading import flattened
from fulfiller.service.speech.samples import samples
from fulfiller.service.speech.speak import speak
from fulfiller.service.speech.tags import nearest
from fulfiller.service.wording import Wording, Words, word
from fulfiller.settings import load
from fulfiller.wiring import open_truth

WORDED = "worded by hand"
TABLE = 'write tables such as [en.opening] paused = "..."'


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of the command: a preview, or other words, or none of either."""

    preview: bool
    language: str | None
    file: Path | None
    clear: bool

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.clear and self.file is not None:
            raise Misused("--set and --clear contradict each other, leave one out")
        if self.language is not None and not self.preview:
            raise Misused("--language chooses what is previewed: add --preview")


@examples(
    "fulfiller campaign patience spring-festival --preview --language zh-Hans",
    "fulfiller campaign patience spring-festival --set words.toml --preview",
    "fulfiller campaign patience spring-festival --set words.toml",
)
@click.command()
@click.argument("name", metavar="CAMPAIGN")
@click.option("--preview", is_flag=True, help="Print each message as people read it; no change.")
@click.option("--language", help="Preview this language alone, such as zh-Hans.")
@click.option(
    "--set",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='Its own words from now on: TOML with tables such as [en.opening] paused = "...".',
)
@click.option("--clear", is_flag=True, help="No words of its own: say everything as shipped.")
@reasoned(WORDED)
@json_option
def patience(name: str, *, reason: str, as_json: bool, **wished: Any) -> None:
    """Show or change what people who wait at CAMPAIGN are told; intakes hear it in a second.

    Phrases that it has no own words for are said as shipped.
    """
    why = checked(reason)
    wish, library = Wish(**wished), read_library(shipped_phrases())
    words = _wanted(wish, library)
    with closing(open_truth(load(), application="cli")) as store:
        campaign = store.campaign(name)
        if campaign is None:
            raise Failed(UNKNOWN.format(name))
        if wish.preview:
            own = campaign.patience if words is None else words
            _preview(campaign, worded(campaign, own, library), wish.language, as_json=as_json)
        elif words is None:
            _show(campaign, as_json=as_json)
        else:
            _word(campaign, words, why, store, as_json=as_json)


def proofread(words: Words, place: str, library: Library | None = None) -> None:
    """Raise Misused, naming place, language, phrase and remedy, unless the words fit the books.

    `place` is what stands before the language, such as "words.toml: ".
    """
    if not words:
        return
    books = library or read_library(shipped_phrases())
    for language, table in words.items():
        try:
            books.amended({language: table})
        except InvalidPatience as flaw:
            phrase = "" if flaw.field == language else f".{flaw.field}"
            raise Misused(f"{place}{language}{phrase}: {flaw.problem}") from None


def _wanted(wish: Wish, library: Library) -> Words | None:
    """Return the words that are wished for; None if those of the campaign are to stay."""
    if wish.file is None:
        return {} if wish.clear else None
    words = _read(wish.file)
    proofread(words, f"{wish.file}: ", library)
    return words


def _read(file: Path) -> Words:
    try:
        words = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise Misused(f"{file} can't be read as TOML: {fault}") from fault
    for language, table in words.items():
        if not isinstance(table, Mapping):
            raise Misused(f"{file}: {language}: {TABLE}")
    if not any(words.values()):
        raise Misused(f"{file} holds no phrase: {TABLE}; --clear takes the words back")
    return words


def worded(campaign: Campaign, words: Words, library: Library) -> Library:
    """Return the library with these words for a campaign; raise Failed if they don't fit it."""
    try:
        return library.amended(words)
    except InvalidPatience as flaw:
        message = f"the words of {campaign.id} fit the books no longer, and all is said as shipped"
        raise Failed(f"{message}: {flaw}; --set others or --clear them") from flaw


def _preview(campaign: Campaign, library: Library, language: str | None, *, as_json: bool) -> None:
    books = [library.books[tag] for tag in sorted(library.books)]
    if language is not None:
        books = [_chosen(language, library)]
    heard = [said for book in books for said in messages(book, campaign.zone)]
    text = "\n\n".join("{language} · {situation}\n{message}".format_map(said) for said in heard)
    show({"campaign": campaign.id, "messages": heard}, text, as_json=as_json)


def _chosen(language: str, library: Library) -> Book:
    """Return the book of whoever wishes this language; nobody's, if it is read in another."""
    if not any(tag in library.books for tag in nearest(language)):
        known = ", ".join(sorted(library.books))
        raise Misused(f"--language: there is no book in {language!r}, there are {known}")
    return library.choose(language)


def messages(book: Book, zone: str) -> Iterator[dict[str, str]]:
    """Yield what is said in each situation, in the language of a book."""
    for facts in samples(zone):
        yield {
            "language": book.language,
            "situation": facts.situation.value,
            "message": speak(facts, book),
        }


def _show(campaign: Campaign, *, as_json: bool) -> None:
    answer = {"campaign": campaign.id, "patience": campaign.patience}
    show(answer, own_words(campaign), as_json=as_json)


def _word(campaign: Campaign, words: Words, why: str, store: Store, *, as_json: bool) -> None:
    try:
        done = word(campaign.id, words, store=store, now=store.now(), actor=operator(), reason=why)
    except Raced as lost:
        raise Failed(f"{lost}: try again") from lost
    now = done.campaign or campaign
    wrote = int(done.how is Wording.WORDED)
    answer = {
        "campaign": now.id,
        "patience": now.patience,
        "rows_written": {"campaign": wrote, "event": wrote},
    }
    show(answer, own_words(now), as_json=as_json)
    remark("Intakes say so within a second." if wrote else "It was so already.")


def own_words(campaign: Campaign) -> str:
    """Return a campaign's own words, a phrase a line, as a file of them has it."""
    lines = [
        f"{language}.{phrase} = {dumps(text, ensure_ascii=False)}"
        for language, table in campaign.patience.items()
        for phrase, text in flattened(table, campaign.id).items()
    ]
    return "\n".join(lines) or f"{campaign.id} says everything as shipped."
