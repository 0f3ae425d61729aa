"""The board for programs: instants in RFC 3339, spans in seconds, money in minor units."""

from fulfiller.domain.stripe import Count
from fulfiller.ops.flower.hearing.ear import Hearing
from fulfiller.ops.flower.hearing.words import told as told_of
from fulfiller.ops.flower.lookout import View
from fulfiller.ops.flower.panel import Board, Panel, board
from fulfiller.ops.modes import told
from fulfiller.ops.moments import stamp

NEVER = float("inf")


def as_json(view: View, hearing: Hearing) -> dict[str, object]:
    """Return what was seen; `error` says why it is no newer, and null that nothing is wrong."""
    error, remedy = (view.trouble.error, view.trouble.remedy) if view.trouble else (None, None)
    wrong = {"error": error, "remedy": remedy, "tasks": told_of(hearing)}
    if view.sight is None:
        return {**wrong, "age_s": None, **dict.fromkeys(("at", "service", "keeper", "campaigns"))}
    return {**wrong, "age_s": round(view.age_s, 1), **_board(board(view.sight))}


def _board(seen: Board) -> dict[str, object]:
    return {
        "at": stamp(seen.at),
        "service": {"state": seen.state, "says": seen.says, **told(seen.service)},
        "keeper": seen.keeper,
        "campaigns": [_panel(panel) for panel in seen.panels],
    }


def _panel(panel: Panel) -> dict[str, object]:
    reading = panel.reading
    drain_s = reading.drain_s
    return {
        "campaign": panel.campaign.id,
        "phase": panel.phase.value,
        "state": panel.state,
        "says": panel.says,
        **told(panel.row),
        **{count.value: panel.count(count) for count in Count},
        "backlog": reading.backlog,
        "threshold": panel.gauge.threshold,
        "resume_at": panel.gauge.resume_at,
        "rate_per_s": _rounded(reading.rate),
        # JSON knows no infinity: a rate of 0 beside it says the same.
        "drain_s": None if drain_s == NEVER else _rounded(drain_s),
        "oldest_s": _rounded(panel.oldest_s),
        "tiers": {
            str(line.tier): {count.value: line.counts[count] for count in Count}
            for line in panel.tiers
        },
        "currency": panel.campaign.value.currency,
        "money": {purse.value: money.amount for purse, money in panel.purses.items()},
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 1)
