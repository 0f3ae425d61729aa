"""What a chaos run tells in the terminal: the verdict first, then what it rests on."""

from collections.abc import Iterator, Mapping, Sequence

from fulfiller.chaos.outcome import Ran, Stroke
from fulfiller.chaos.verdict import beside, numbered, outcome, settled, shortfalls, verdict
from fulfiller.ops.show import table

MOMENTS = "cut"
"""The kind of fault that strikes at moments of protocols, each time it can."""
HARMED = 10
"""Claims that are named of those that came to harm; the page names all of them."""


def in_words(ran: Ran, page: str | None = None) -> str:
    """Return what a run came to, for people; `page` is where its report lies."""
    parts = [
        verdict(ran).sentence,
        "\n".join(f"  {line}" for line in shortfalls(ran)),
        _faults(ran),
        "\n".join(_invariants(ran)),
        "\n".join(_harmed(ran)),
        "\n".join(_course(ran)),
        "\n".join(_pointers(ran, page)),
    ]
    return "\n\n".join(filter(None, parts))


def summary(ran: Sequence[Ran]) -> str:
    """Return what many runs came to: a row for each, and all of them together."""
    rows = [
        (
            each.scenario.name,
            str(verdict(each).word),
            each.count.promised,
            sum(stroke.struck for stroke in each.strokes if stroke.fired),
            round(each.took_s),
        )
        for each in ran
    ]
    header = ("Scenario", "Verdict", "Promises", "Faults", "Seconds")
    return f"{table(header, rows)}\n\n{tell_totals(totals(ran))}"


def tell_totals(total: Mapping[str, int]) -> str:
    """Return what many runs came to together, in a sentence."""
    return (
        f"{total['promised']:,} promises, {total['issued']:,} coupons, {total['lost']:,} lost,"
        f" {total['doubled']:,} doubled, through {total['moments']:,} cuts at moments of protocols"
        f" and {total['blows']:,} other faults of {total['kinds']:,} kinds in all."
    )


def totals(ran: Sequence[Ran]) -> dict[str, int]:
    """Return what many runs came to together; only faults count that demonstrably happened."""
    fired = [stroke for each in ran for stroke in each.strokes if stroke.fired]
    return {
        "promised": sum(each.count.promised for each in ran),
        "issued": sum(each.count.issued for each in ran),
        "lost": sum(len(each.count.lost) for each in ran),
        "doubled": sum(len(each.count.doubled) for each in ran),
        "moments": sum(stroke.struck for stroke in fired if stroke.kind == MOMENTS),
        "blows": sum(stroke.kind != MOMENTS for stroke in fired),
        "kinds": len({stroke.kind for stroke in fired}),
    }


def _faults(ran: Ran) -> str:
    if not ran.strokes:
        return ""
    strokes = sorted(ran.strokes, key=lambda each: each.began_s)
    return table(("At", "Fault", "Struck", "Seen"), map(_row, strokes))


def _row(stroke: Stroke) -> tuple[object, ...]:
    return (f"{stroke.began_s:,.1f} s", stroke.words, stroke.struck, outcome(stroke))


def _invariants(ran: Ran) -> Iterator[str]:
    findings = ran.report.findings
    yield from (str(each) for each in findings if not each.ok)
    idle = [each.id for each in findings if each.ok and not each.over]
    held = sum(each.ok for each in findings) - len(idle)
    if held:
        yield f"{numbered(held, 'invariant holds', 'invariants hold')}."
    if idle:
        yield f"Nothing to judge for {', '.join(idle)}."


def _harmed(ran: Ran) -> Iterator[str]:
    for fate, ids in (("Lost", ran.count.lost), ("Doubled", ran.count.doubled)):
        rest = len(ids) - HARMED
        more = f" and {rest:,} more" if rest > 0 else ""
        if ids:
            yield f"{fate}: {', '.join(ids[:HARMED])}{more}"


def _course(ran: Ran) -> Iterator[str]:
    words = settled(ran)
    yield f"{words[0].upper()}{words[1:]}."
    yield (
        f"The door answered half of all within {ran.p50_ms:,.1f} ms, 99 of 100 within"
        f" {ran.p99_ms:,.1f} ms, and the slowest in {ran.worst_s:,.2f} s."
    )
    if ran.control is not None:
        yield f"{beside(ran.control)}."


def _pointers(ran: Ran, page: str | None) -> Iterator[str]:
    if page is not None:
        yield f"Report: {page}"
    yield f"Again:  {ran.replay}"
