"""The verdict on a run, in a sentence that needs no knowledge of the service."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fulfiller.chaos.outcome import Control, Count, Ran, Stroke

NAMED = 2
"""Kinds of fault that the sentence names; the others are counted."""


class Word(StrEnum):
    """What a run came to, in a word or two."""

    HELD = "held"
    BROKEN = "broken"
    UNPROVEN = "not proven"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word, what the promises came to, and under which circumstances."""

    word: Word
    came_to: str
    because: str

    @property
    def sentence(self) -> str:
        """Return all of it as a sentence."""
        return f"{self.word.capitalize()}: {self.came_to}, {self.because}"


def verdict(ran: Ran) -> Verdict:
    """Return what a run came to."""
    word = _word(ran)
    return Verdict(word, _came_to(ran.count), _because(ran, word))


def numbered(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, and thousands set off: `1 coupon`, `3,204 coupons`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def settled(ran: Ran) -> str:
    """Return when the last claim came to its end."""
    if ran.settled_s is None:
        return "claims were still open when the run ended"
    after = "after the last fault and the last answer"
    return f"the last claim came to its end {ran.settled_s:,.1f} s {after}"


def beside(control: Control) -> str:
    """Return what became of the control arm: `Plain Celery under the same cuts: 40 sent, …`."""
    doubled = f", {control.doubled:,} doubled" if control.doubled else ""
    return (
        f"{control.name} {control.words}: {control.sent:,} sent, {control.done:,} done,"
        f" {control.lost:,} lost{doubled}"
    )


def outcome(stroke: Stroke) -> str:
    """Return what came of a stroke: what was seen, or why nothing was."""
    if stroke.skipped is not None:
        return f"skipped, needs {stroke.skipped}"
    if stroke.seen is None:
        return "nothing was seen of it"
    return stroke.seen if stroke.struck else f"never struck, but {stroke.seen}"


def shortfalls(ran: Ran) -> Sequence[str]:
    """Return everything that keeps a run from having held, each in a line."""
    count = ran.count
    lines = [f"Given up: {ran.aborted}"] if ran.aborted else []
    lines += [f"{numbered(len(count.lost), 'claim')} lost"] if count.lost else []
    lines += [f"{numbered(len(count.doubled), 'claim')} doubled"] if count.doubled else []
    lines += [
        f"{each.id} is broken {numbered(each.broken, 'time')}: {each.name}"
        for each in ran.report.findings
        if not each.ok
    ]
    lines += ran.failures
    lines += ["Nothing was judged: no invariant had a claim to look at"] if _unjudged(ran) else []
    return [*lines, *_never(ran)]


def _word(ran: Ran) -> Word:
    if ran.aborted:
        return Word.GIVEN_UP
    if not ran.report.ok or ran.failures:
        return Word.BROKEN
    return Word.UNPROVEN if ran.idle or ran.untried or _unjudged(ran) else Word.HELD


def _because(ran: Ran, word: Word) -> str:
    if word is Word.GIVEN_UP:
        return f"after {ran.took_s:,.1f} s: {ran.aborted}."
    if word is Word.UNPROVEN and ran.idle:
        of = numbered(len(ran.strokes), "fault")
        return f"but {len(ran.idle):,} of {of} never demonstrably struck."
    if word is Word.UNPROVEN and ran.untried:
        return "but every fault was skipped."
    if word is Word.UNPROVEN:
        return "but there was nothing to judge."
    return f"{_under(ran.strokes)}.{_reason(ran)}"


def _unjudged(ran: Ran) -> bool:
    return not ran.count.promised or not any(finding.over for finding in ran.report.findings)


def _came_to(count: Count) -> str:
    others = (
        (count.declined, "declined"),
        (count.cancelled, "cancelled"),
        (count.parked, "parked"),
    )
    parts = [numbered(count.promised, "promise"), numbered(count.issued, "coupon")]
    parts += [f"{number:,} {what}" for number, what in others if number]
    return ", ".join((*parts, f"{len(count.lost):,} lost", f"{len(count.doubled):,} doubled"))


def _under(strokes: Sequence[Stroke]) -> str:
    fired: Counter[str] = Counter()
    for stroke in strokes:
        fired[stroke.words] += stroke.struck if stroke.fired else 0
    kinds = [(words, number) for words, number in fired.items() if number]
    if not kinds:
        return "and no fault struck" if strokes else "without any fault"
    named = [f"{words} ({numbered(number, 'time')})" for words, number in kinds[:NAMED]]
    rest = len(kinds) - len(named)
    named += [numbered(rest, "other kind of fault", "other kinds of fault")] if rest else []
    return f"although {', '.join(named[:-1])}{' and ' if named[1:] else ''}{named[-1]}"


def _reason(ran: Ran) -> str:
    if ran.ok:
        skipped = sum(stroke.skipped is not None for stroke in ran.strokes)
        return f" {numbered(skipped, 'fault')} skipped." if skipped else ""
    broken = list(ran.report.broken)
    said = [f"{', '.join(broken)} {_do(broken)} not hold"] if broken else []
    said += [numbered(len(ran.failures), "demand") + " not met"] if ran.failures else []
    return f" {'; '.join(said)}."


def _do(many: Sequence[str]) -> str:
    return "does" if len(many) == 1 else "do"


def _never(ran: Ran) -> Iterator[str]:
    for words, number in Counter(stroke.words for stroke in ran.idle).items():
        often = f" ({numbered(number, 'time')})" if number > 1 else ""
        yield f"It was never seen that {words}{often}"
