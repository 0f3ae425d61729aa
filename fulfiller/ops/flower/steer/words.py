"""The control of a campaign's own words to those who wait, heard before they are said."""

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress

from fulfiller.domain.event import Kind
from fulfiller.intake.phrases import read_library, shipped_phrases
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.flower.steer.control import (
    Control,
    Done,
    Field,
    Form,
    Heard,
    Plan,
    Scene,
    command_line,
    reason,
)
from fulfiller.ops.wording import TABLE, messages, own_words, proofread, worded
from fulfiller.service.rates import By
from fulfiller.service.speech.library import Library
from fulfiller.service.wording import Wording, Words, said, word
from fulfiller.wiring import Truth

LENGTH_MAX = 20_000
"""Characters: all phrases in all languages have fewer."""
END_OF_WORDS = "END_OF_WORDS"


def _plan(form: Form, scene: Scene) -> Plan:
    why, campaign, text = reason(form), scene.terms, form.get("words", "").replace("\r\n", "\n")
    library = read_library(shipped_phrases())
    words = _read(text)
    proofread(words, "", library)

    def work(store: Truth, by: By) -> Done:
        done = word(campaign.id, words, store=store, now=by.now, actor=by.actor, reason=by.reason)
        says = "Those who wait hear these words." if words else "All is said as shipped."
        return Done(says, done.how is Wording.WORDED)

    return Plan(
        says=(
            f"Those who wait at {campaign.id} will hear the messages below; those that differ from"
            " what they hear now come first."
        ),
        command=_command(scene, text, why=why),
        kind=Kind.PATIENCE_WORDED,
        basis=said(campaign.patience),
        work=work,
        heard=_heard(scene, library, words),
    )


def _read(text: str) -> Words:
    if len(text) > LENGTH_MAX:
        raise Misused(f"--words: write at most {LENGTH_MAX:,} characters")
    try:
        words = tomllib.loads(text)
    except ValueError as fault:
        raise Misused(f"--words can't be read as TOML: {fault}") from None
    for language, table in words.items():
        if not isinstance(table, Mapping):
            raise Misused(f"{language}: {TABLE}")
    return words


def _command(scene: Scene, text: str, *, why: str) -> str:
    if not text:
        return command_line(scene, "patience", "--clear", why=why)
    line = command_line(scene, "patience", "--set", "/dev/stdin", why=why)
    return f"{line} <<'{END_OF_WORDS}'\n{text}\n{END_OF_WORDS}"


def _heard(scene: Scene, library: Library, words: Words) -> list[Heard]:
    before = _before(scene, library)
    after = list(_spoken(scene, worded(scene.terms, words, library)))
    heard = [
        Heard(language, situation, message, before.get((language, situation, n)) != message)
        for (language, situation, n), message in after
    ]
    return sorted(heard, key=lambda each: not each.changed)


def _before(scene: Scene, library: Library) -> dict[tuple[str, str, int], str]:
    """Return what is said now; of words that fit the books no longer it is as shipped."""
    with suppress(Failed):
        library = worded(scene.terms, scene.terms.patience, library)
    return dict(_spoken(scene, library))


def _spoken(scene: Scene, library: Library) -> Iterator[tuple[tuple[str, str, int], str]]:
    for tag in sorted(library.books):
        for n, each in enumerate(messages(library.books[tag], scene.zone)):
            yield (each["language"], each["situation"], n), each["message"]


def _now(scene: Scene) -> str:
    languages = sorted(scene.terms.patience)
    if not languages:
        return "All is said as shipped."
    return f"It has words of its own in {', '.join(languages)}."


def _fields(scene: Scene) -> tuple[Field, ...]:
    own = own_words(scene.terms) if scene.terms.patience else ""
    hint = 'TOML, such as en.opening.paused = "We pause for lanterns."; empty: as shipped.'
    return (Field(name="words", label="Words", hint=hint, value=own, lines=6),)


WORDS = Control(
    name="patience",
    title="Patience text",
    about="What people who wait are told, phrase by phrase; all others are said as shipped.",
    effect="Intakes say so within a second.",
    now=_now,
    fields=_fields,
    plan=_plan,
    button="Preview",
    verb="Say so from now on",
)
