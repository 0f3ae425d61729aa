"""Tables of the page: invariants, faults, claims that came to harm, and the other arm."""

from collections.abc import Iterable, Iterator, Sequence

from fulfiller.chaos.outcome import Control, Ran, Stroke
from fulfiller.chaos.page.lanes import state
from fulfiller.chaos.page.markup import Raw, every, tag
from fulfiller.chaos.report import Finding
from fulfiller.chaos.verdict import beside, numbered, outcome

Head = tuple[str, str]
INSTANT_S = 0.05
"""What lasts less long happened at once."""
BLANK = tag("td", "—", class_="number blank")
HARMS = ("lost", "doubled", "struck")
SIGNS = {"good": "✓", "bad": "✗", "none": "○"}
FATES = {
    "fired": ("good", "struck"),
    "idle": ("bad", "not proven"),
    "skipped": ("none", "skipped"),
}


def sign(tone: str, word: str) -> Raw:
    """Return a verdict of a row: a sign, and the word for whoever can't see it."""
    return tag("span", tag("span", SIGNS[tone], aria_hidden="true"), f" {word}", class_=tone)


def invariants(ran: Ran) -> Raw:
    """Return each invariant, with what it was judged over and who broke it."""
    rows = [_judged(finding) for finding in ran.report.findings]
    return table("What must hold, and whether it did", _LAWS, rows)


def faults(ran: Ran) -> Raw:
    """Return each stroke, in the order of time."""
    if not ran.strokes:
        return tag("p", "No fault was declared: this run shows how it goes when nothing is wrong.")
    strokes = sorted(ran.strokes, key=lambda each: each.began_s)
    return table("What was done to it, and what was seen", _FAULTS, map(_struck, strokes))


def harmed(ran: Ran) -> Raw:
    """Return the claims that were lost or doubled, by their ids."""
    return every(
        every((tag("h3", f"{title}: {len(ids):,}"), tag("ul", *_ids(ids), class_="ids")))
        for title, ids in (("Lost", ran.count.lost), ("Doubled", ran.count.doubled))
        if ids
    )


def arms(ran: Ran, control: Control) -> Raw:
    """Return this run beside the other arm."""
    count, struck = ran.count, sum(stroke.struck for stroke in ran.strokes)
    ours = (
        count.promised,
        count.issued,
        len(count.lost),
        len(count.doubled),
        struck,
    )
    theirs = (control.sent, control.done, control.lost, control.doubled, control.struck)
    rows = [_arm("Fulfiller", ours), _arm(control.name, theirs)]
    said = tag("p", f"{beside(control)}.", class_="lead")
    return every((said, table("Both arms under the same faults", _ARMS, rows)))


_LAWS = (("Verdict", ""), ("Id", ""), ("Invariant", ""), ("Judged", "number"))
_FAULTS = (
    ("Verdict", ""),
    ("At", "number"),
    ("For", "number"),
    ("Fault", ""),
    ("Struck", "number"),
    ("Seen", ""),
)
_ARMS = (
    ("Arm", ""),
    ("Promised", "number"),
    ("Done", "number"),
    ("Share", "share"),
    ("Lost", "number"),
    ("Doubled", "number"),
    ("Struck", "number"),
)


def table(caption: str, head: Sequence[Head], rows: Iterable[Sequence[Raw]]) -> Raw:
    """Return a table that scrolls in a window of its own; a head is a text and a class."""
    heads = (tag("th", text, scope="col", class_=kind or None) for text, kind in head)
    drawn = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *(tag("tr", *cells) for cells in rows)),
    )
    # Whoever has no pointer scrolls by the keyboard what is wider than the window.
    return tag("div", drawn, class_="scroll", tabindex=0, role="region", aria_label=caption)


def number(text: str, of: str) -> Raw:
    """Return a cell of a number; `of` stands before it where columns have no heads."""
    return tag("td", text, class_="number", data_of=of)


def _judged(finding: Finding) -> Sequence[Raw]:
    return (
        tag("td", _verdict(finding)),
        tag("th", finding.id, scope="row"),
        tag("td", finding.name, _offenders(finding), class_="wide"),
        number(f"{finding.over:,}", "judged"),
    )


def _verdict(finding: Finding) -> Raw:
    if not finding.ok:
        return sign("bad", f"broken {numbered(finding.broken, 'time')}")
    return sign("good", "holds") if finding.over else sign("none", "nothing to judge")


def _offenders(finding: Finding) -> Raw:
    if finding.ok:
        return Raw("")
    rest = finding.broken - len(finding.offenders)
    more = [tag("li", f"and {rest:,} more")] if rest > 0 else []
    return tag("ul", *(tag("li", each) for each in finding.offenders), *more, class_="offenders")


def _struck(stroke: Stroke) -> Sequence[Raw]:
    tone, word = FATES[state(stroke)]
    lasted_s = stroke.ended_s - stroke.began_s
    return (
        tag("td", sign(tone, word)),
        number(f"{stroke.began_s:,.1f} s", "at"),
        number(f"{lasted_s:,.1f} s", "for") if lasted_s >= INSTANT_S else BLANK,
        tag("th", stroke.words, scope="row", class_="wide"),
        number(f"{stroke.struck:,}", "struck"),
        tag("td", outcome(stroke), class_="wide"),
    )


def _ids(ids: Sequence[str]) -> Iterator[Raw]:
    return (tag("li", tag("code", each)) for each in ids)


def _arm(name: str, numbers: Sequence[int]) -> Sequence[Raw]:
    promised, done, *rest = numbers
    return (
        tag("th", name, scope="row"),
        number(f"{promised:,}", "promised"),
        number(f"{done:,}", "done"),
        tag("td", _share(done / promised) if promised else "—", class_="wide share"),
        *(number(f"{each:,}", of) for each, of in zip(rest, HARMS, strict=True)),
    )


def _share(share: float) -> Raw:
    """Return a share as a bar and in words; what is short of all never reads 100%."""
    full = min(share, 1.0)
    said = f"{full:.1%}" if full in (0.0, 1.0) else f"{min(full, 0.999):.1%}"
    bar = tag("span", tag("span", style=f"width:{full:.1%}"), class_="bar", aria_hidden="true")
    return every((bar, said))
