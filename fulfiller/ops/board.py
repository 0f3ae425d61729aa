"""The pulse as people and programs read it: one screen, one line, or JSON."""

from collections.abc import Iterator, Mapping, Sequence

import click

from fulfiller.domain.tier import Tier
from fulfiller.ops.figures import Figures
from fulfiller.ops.modes import told
from fulfiller.ops.moments import stamp
from fulfiller.ops.pulse import OVER, Pulse, Word
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
SECOND = 1_000_000


def as_json(pulse: Pulse) -> dict[str, object]:
    """Return the pulse for programs."""
    depths = pulse.depths
    return {
        "word": pulse.word.value,
        "reasons": list(pulse.reasons),
        "service": told(pulse.service),
        "campaigns": [each.as_json() for each in pulse.campaigns],
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
        "",
        f"workers   {f'{pulse.slots} slots' if pulse.slots else 'none'}",
        f"keeper    {pulse.keeper or 'NONE LEADS'}",
        f"broker    {_broker(pulse)}",
        f"claims    {_claims(pulse)}{_pace(pulse, before)}",
        "",
    ]
    return "\n".join([*head, *_campaigns(pulse.campaigns, lines - len(head))])


def line(pulse: Pulse, before: Pulse | None) -> str:
    """Return the pulse in a line of its own, for logs."""
    depths = "away" if pulse.depths is None else str(sum(pulse.depths.values()))
    return (
        f"{_moment(pulse)} {pulse.word} {_claims(pulse)}{_pace(pulse, before)}"
        f" · slots {pulse.slots} · keeper {'leads' if pulse.keeper else 'missing'}"
        f" · tasks {depths}"
    )


def _reasons(reasons: Sequence[str]) -> list[str]:
    hidden = len(reasons) - REASONS_MAX
    rest = [f"  … and {hidden} more: --json"] if hidden > 0 else []
    return [*(_clipped(f"  {reason}", WIDTH) for reason in reasons[:REASONS_MAX]), *rest]


def _claims(pulse: Pulse) -> str:
    counts = ("backlog", "waitlisted", "parked", "issued")
    return " · ".join(f"{count} {pulse.sum(count):,}" for count in counts)


def _pace(pulse: Pulse, before: Pulse | None) -> str:
    """Return how many coupons were issued per second since the look before."""
    if before is None or pulse.at <= before.at:
        return ""
    issued = pulse.sum("issued") - before.sum("issued")
    return f" ({issued * SECOND / (pulse.at - before.at):,.0f}/s)"


def _broker(pulse: Pulse) -> str:
    if pulse.depths is None:
        return "does not answer"
    aside = f" · {pulse.quarantined:,} set aside so far" if pulse.quarantined else ""
    return f"tasks waiting: {_depths(pulse.depths)}{aside}"


def _depths(depths: Mapping[Tier, int]) -> str:
    return ", ".join(f"{tier} {n}" for tier, n in sorted(depths.items()))


def _campaigns(campaigns: Sequence[Figures], lines: int) -> list[str]:
    """Return the campaigns that fit: those that run first, the longest backlog before all."""
    if not campaigns:
        return ["No campaigns yet: fulfiller campaign create"]
    first = sorted(campaigns, key=lambda each: (each.phase in OVER, -each.backlog, each.campaign))
    # One line for the heading, and one for what does not fit.
    room = len(first) if len(first) <= lines - 1 else max(1, lines - 2)
    hidden = len(first) - room
    rest = [f"… and {hidden} more: fulfiller campaign list"] if hidden else []
    heading, *rows = table(COLUMNS, map(_row, first[:room])).split("\n")
    spare = lines - 1 - room - len(rest)
    return [heading, *_with_vitals(rows, first, spare), *rest]


def _with_vitals(rows: Sequence[str], of: Sequence[Figures], spare: int) -> Iterator[str]:
    """Yield rows, and under the first of those that are busy, as far as there is room, more."""
    for shown, each in zip(rows, of, strict=False):
        yield shown
        if spare > 0 and each.is_busy and each.phase not in OVER:
            yield _clipped(f"  {each.vitals}", WIDTH)
            spare -= 1


def _row(each: Figures) -> tuple[object, ...]:
    name = _clipped(each.campaign, NAME_MAX)
    return (name, each.phase, each.word, each.backlog, each.waitlisted, str(each.left))


def _clipped(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _moment(pulse: Pulse) -> str:
    return stamp(pulse.at // SECOND * SECOND)
