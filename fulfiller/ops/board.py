"""The pulse as people and programs read it: one screen, one line, or JSON."""

from collections.abc import Mapping, Sequence
from itertools import chain

import click

from fulfiller.domain.tier import Tier
from fulfiller.ops import going
from fulfiller.ops.figures import Figures
from fulfiller.ops.modes import told
from fulfiller.ops.moments import stamp
from fulfiller.ops.pulse import OVER, Pulse, Word
from fulfiller.ops.refused import refused_said
from fulfiller.ops.show import table

COLORS = {
    Word.FLOWING: "green",
    Word.RAMPING: "yellow",
    Word.DEGRADED: "red",
    Word.HELD: "yellow",
    Word.PAUSED: "yellow",
    Word.UNREACHABLE: "red",
}
COLUMNS = ("campaign", "phase", "mode", "backlog", "waitlisted", "budget left")
LINES = 23
"""What a screen of 24 lines has room for, above the cursor's."""
WIDTH = 80
NAME_MAX = 20
"""Symbols of a campaign's name, where space is short."""
REASONS_MAX = 6
LATE = "promise-broken"
"""The page about claims that wait longer than is stated."""
SECOND = 1_000_000


def as_json(pulse: Pulse, *, before: Pulse | None = None) -> dict[str, object]:
    """Return the pulse for programs; with `before`, also what was issued since."""
    depths = pulse.depths
    return {
        "word": pulse.word.value,
        "reasons": list(pulse.reasons),
        "runbooks": _runbooks(pulse),
        "service": told(pulse.service),
        "campaigns": [
            each.as_json() | going.as_json(each, pulse, before) for each in pulse.campaigns
        ],
        "ceiling": going.ceiling(pulse, before),
        "workers": {"slots": pulse.slots},
        "keeper": pulse.keeper,
        "broker": None if depths is None else {str(tier): n for tier, n in depths.items()},
        "quarantined": pulse.quarantined,
    }


def text(pulse: Pulse, *, before: Pulse | None = None, lines: int = LINES) -> str:
    """Return the screen: the word, why, the parts, the campaigns; with `before`, also the pace."""
    head = [
        click.style(pulse.word.value, fg=COLORS[pulse.word], bold=True),
        *_reasons(pulse.reasons),
        *_pages(pulse),
        "",
        f"workers   {f'{pulse.slots} slots' if pulse.slots else 'none'}",
        f"keeper    {pulse.keeper or 'NONE LEADS'}",
        f"broker    {_broker(pulse)}",
        f"claims    {_claims(pulse)}{_pace(pulse, before)}",
        *_refused(pulse, before),
        *_ceiling(pulse),
        "",
    ]
    return "\n".join([*head, *_campaigns(pulse, before, lines - len(head))])


def line(pulse: Pulse, before: Pulse | None) -> str:
    """Return the pulse in a line of its own, for logs."""
    depths = "away" if pulse.depths is None else str(sum(pulse.depths.values()))
    rate = going.ceiling_said(pulse)
    late = going.late(pulse)
    refused = refused_said(pulse, before)
    return (
        f"{_moment(pulse)} {pulse.word} {_claims(pulse)}{_pace(pulse, before)}"
        f" · slots {pulse.slots} · keeper {'leads' if pulse.keeper else 'missing'}"
        f" · tasks {depths}"
        f"{f' · refused {refused}' if refused else ''}"
        f"{f' · ceiling {rate}' if rate else ''}{f' · LATE {late}' if late else ''}"
    )


def _reasons(reasons: Sequence[str]) -> list[str]:
    hidden = len(reasons) - REASONS_MAX
    rest = [f"  … and {hidden} more: --json"] if hidden > 0 else []
    return [*(_clipped(f"  {reason}", WIDTH) for reason in reasons[:REASONS_MAX]), *rest]


def _runbooks(pulse: Pulse) -> list[str]:
    """Return the pages about its troubles, each once, in their order."""
    late = [LATE] if going.late(pulse) else []
    return list(dict.fromkeys([*(each.runbook for each in pulse.troubles), *late]))


def _pages(pulse: Pulse) -> list[str]:
    pages = ", ".join(_runbooks(pulse))
    return [_clipped(f"  fulfiller runbook {pages}", WIDTH)] if pages else []


def _claims(pulse: Pulse) -> str:
    counts = ("backlog", "waitlisted", "parked", "issued")
    return " · ".join(f"{count} {pulse.sum(count):,}" for count in counts)


def _pace(pulse: Pulse, before: Pulse | None) -> str:
    """Return how many coupons were issued per second since the look before."""
    per_s = going.issued_per_s(pulse, before)
    return "" if per_s is None else f" ({per_s:,.0f}/s)"


def _ceiling(pulse: Pulse) -> list[str]:
    said = going.ceiling_said(pulse)
    return [f"ceiling   {said}"] if said else []


def _refused(pulse: Pulse, before: Pulse | None) -> list[str]:
    said = refused_said(pulse, before)
    return [_clipped(f"refused   {said}", WIDTH)] if said else []


def _broker(pulse: Pulse) -> str:
    if pulse.depths is None:
        return "does not answer"
    aside = f" · {pulse.quarantined:,} set aside so far" if pulse.quarantined else ""
    return f"tasks waiting: {_depths(pulse.depths)}{aside}"


def _depths(depths: Mapping[Tier, int]) -> str:
    return ", ".join(f"{tier} {n}" for tier, n in sorted(depths.items()))


def _campaigns(pulse: Pulse, before: Pulse | None, lines: int) -> list[str]:
    """Return the campaigns that fit: those that run first, the longest backlog before all."""
    campaigns = pulse.campaigns
    if not campaigns:
        return ["No campaigns yet: fulfiller campaign create"]
    first = sorted(campaigns, key=lambda each: (each.phase in OVER, -each.backlog, each.campaign))
    # One line for the heading, and one for what does not fit.
    room = len(first) if len(first) <= lines - 1 else max(1, lines - 2)
    hidden = len(first) - room
    rest = [f"… and {hidden} more: fulfiller campaign list"] if hidden else []
    heading, *rows = table(COLUMNS, map(_row, first[:room])).split("\n")
    details = _details(first[:room], pulse, before, lines - 1 - room - len(rest))
    return [
        heading,
        *chain.from_iterable((row, *below) for row, below in zip(rows, details, strict=True)),
        *rest,
    ]


def _details(
    of: Sequence[Figures], pulse: Pulse, before: Pulse | None, spare: int
) -> list[list[str]]:
    """Return what stands below campaigns as far as there is room: the vitals of all come first."""
    busy = [(n, each) for n, each in enumerate(of) if each.is_busy and each.phase not in OVER]
    said = [(n, each.vitals) for n, each in busy]
    said += [(n, line) for n, each in busy for line in going.said(each, pulse, before)]
    if 0 < spare < len(said):
        said[spare - 1] = (said[spare - 1][0], f"… {len(said) - spare + 1} lines more: --json")
    details: list[list[str]] = [[] for _ in of]
    for n, line in said[: max(0, spare)]:
        details[n].append(_clipped(f"  {line}", WIDTH))
    return details


def _row(each: Figures) -> tuple[object, ...]:
    name = _clipped(each.campaign, NAME_MAX)
    return (name, each.phase, each.word, each.backlog, each.waitlisted, str(each.left))


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _moment(pulse: Pulse) -> str:
    return stamp(pulse.at // SECOND * SECOND)
