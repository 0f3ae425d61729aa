"""Campaigns in a table, as wide as it takes; one screen is the business of `board.py`."""

from fulfiller.ops.figures import Figures, seconds

COLUMNS = (
    *("campaign", "phase", "mode", "backlog", "threshold", "resume", "rate/s", "drain", "oldest"),
    *("waitlisted", "issued", "budget left", "why"),
)


def row(each: Figures) -> tuple[object, ...]:
    """Return a campaign's line in a table of COLUMNS."""
    gauge = each.gauge
    judged = (gauge.threshold, gauge.resume_at, gauge.reading.rate)
    return (
        *(each.campaign, each.phase, each.word, each.backlog),
        *("?" if number is None else round(number) for number in judged),
        *(seconds(each.drain_s), seconds(gauge.reading.oldest_s)),
        *(each.waitlisted, each.issued, str(each.left)),
        "" if each.is_flowing else each.said,
    )
