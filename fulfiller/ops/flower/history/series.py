"""Series: what is remembered of a campaign as columns, for charts, for tables, and for programs."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from itertools import pairwise

from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import SECOND
from fulfiller.ops.flower.history.annals import Past
from fulfiller.ops.flower.history.chronicle import Mark, stretches
from fulfiller.ops.flower.history.ring import Range
from fulfiller.ops.flower.history.sample import Sample
from fulfiller.ops.flower.history.spread import quantile_s
from fulfiller.ops.flower.history.told import Kept
from fulfiller.ops.moments import stamp

QUANTILES = {"wait_p50_s": 0.5, "wait_p95_s": 0.95, "wait_p99_s": 0.99}
TIERS = tuple(f"backlog_{tier}" for tier in Tier)
COLUMNS = (
    "at", "entered", "issued", "declined", "cancelled", "refused",
    "entered_per_s", "issued_per_s", "declined_per_s", "cancelled_per_s", "refused_per_s",
    *TIERS, "waitlisted", "parked", "threshold", "resume_at", "oldest_s",
    *QUANTILES, "available", "reserved",
    "told_low_s", "told_high_s", "were_told_low_s", "were_told_high_s", "judged", "kept",
)  # fmt: skip
"""The columns in order: `at` in seconds since 1970, money in minor units, rates per second.

`told` is what newcomers of the usual tier heard then. `were_told` is what those who got their
coupons then had heard when they came, on average; of `judged` of them `kept` waited no longer."""
Row = Sequence[float | None]


def rows(samples: Sequence[Sample]) -> Iterator[Row]:
    """Yield a row for each sample; rates are over the time since the one before."""
    if samples:
        yield _row(samples[0], None)
    for before, sample in pairwise(samples):
        yield _row(sample, before)


def as_json(campaign: str, past: Past) -> dict[str, object]:
    """Return a range for charts and programs: columns, marks, and when it was paused or held."""
    found = list(zip(*rows(past.samples), strict=True)) or [()] * len(COLUMNS)
    return {
        "campaign": campaign,
        "range": past.range.value,
        "step_s": past.step / SECOND,
        "columns": dict(zip(COLUMNS, found, strict=True)),
        **told(past.marks),
        "reasons": [
            {"ending": ending, "reason": reason, "claims": claims}
            for (ending, reason), claims in sorted(past.reasons.items())
        ],
    }


def told(marks: Sequence[Mark]) -> dict[str, object]:
    """Return marks, and the stretches of time that they begin and end, for charts."""
    scopes = sorted({mark.scope for mark in marks})
    found = [
        {
            "kind": each.kind,
            "from": _s(each.since),
            "to": None if each.until is None else _s(each.until),
        }
        for scope in scopes
        for each in stretches([mark for mark in marks if mark.scope == scope])
    ]
    return {
        "marks": [
            {
                "at": _s(mark.at),
                "kind": mark.kind,
                "scope": mark.scope,
                "by": mark.actor,
                "said": mark.said,
            }
            for mark in marks
        ],
        "stretches": found,
    }


def points(newest: Mapping[Range, Sequence[Sample]]) -> dict[str, Sequence[Row]]:
    """Return the newest two rows of each range: what is new to charts."""
    return {span.value: list(rows(samples))[-2:] for span, samples in newest.items() if samples}


def as_csv(past: Past) -> str:
    """Return a range as CSV, with instants in RFC 3339 and nothing where nothing is known."""
    text = StringIO()
    sheet = csv.writer(text, lineterminator="\r\n")
    sheet.writerow(COLUMNS)
    for sample, (_, *cells) in zip(past.samples, rows(past.samples), strict=True):
        sheet.writerow([stamp(sample.at), *("" if cell is None else cell for cell in cells)])
    return text.getvalue()


def _row(sample: Sample, before: Sample | None) -> Row:
    levels = sample.levels
    waits = [_rounded(quantile_s(sample.waits, share)) for share in QUANTILES.values()]
    kept = _kept(sample.kept)
    totals, rates = (*sample.totals, sample.refused), _rates(sample, before)
    if levels is None:
        unknown: Row = [None] * (len(TIERS) + 5)
        two: Row = (None, None)
        return [_s(sample.at), *totals, *rates, *unknown, *waits, *two, *two, *kept]
    return [
        _s(sample.at),
        *totals,
        *rates,
        *levels.backlog,
        levels.waitlisted,
        levels.parked,
        levels.threshold,
        levels.resume_at,
        _rounded(levels.oldest_s),
        *waits,
        levels.available,
        levels.reserved,
        *(levels.told or (None, None)),
        *kept,
    ]


def _kept(kept: Kept) -> Row:
    if not kept.judged:
        return [None, None, 0, 0]
    means = (kept.low_s / kept.judged, kept.high_s / kept.judged)
    return [*map(_rounded, means), kept.judged, kept.kept]


def _rates(sample: Sample, before: Sample | None) -> Row:
    span_s = 0.0 if before is None else (sample.at - before.at) / SECOND
    if before is None or span_s <= 0:
        return [None] * (len(sample.totals) + 1)
    added = zip(sample.totals, before.totals, strict=True)
    known = None not in (sample.refused, before.refused)
    # What is known of refusals never falls, but where somebody took them away by hand.
    refused = max(0, (sample.refused or 0) - (before.refused or 0)) if known else None
    return [
        None if each is None else round(each / span_s, 3)
        for each in (*(now - then for now, then in added), refused)
    ]


def _s(instant: int) -> float:
    return round(instant / SECOND, 3)


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 3)
