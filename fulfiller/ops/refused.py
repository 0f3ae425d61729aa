"""Who was refused, for `status`: how many, how fast, and why; as intakes told a second ago."""

from collections import Counter

from fulfiller.domain.validity import SECOND
from fulfiller.ops.pulse import Pulse

CODES_MAX = 3
"""Codes that have room on a line; the rest is behind `--json`."""


def refused_per_s(pulse: Pulse, before: Pulse | None, campaign: str | None = None) -> float | None:
    """Return the claims refused per second since an earlier look, of a campaign or of all."""
    if before is None or pulse.at <= before.at:
        return None
    refused = _refused(pulse, campaign) - _refused(before, campaign)
    return max(0.0, refused * SECOND / (pulse.at - before.at))


def refused_said(pulse: Pulse, before: Pulse | None) -> str:
    """Return what was refused in a few words; nothing if nobody was."""
    refused = pulse.sum("refused")
    if not refused:
        return ""
    per_s = refused_per_s(pulse, before)
    pace = "" if per_s is None else f" ({per_s:,.0f}/s)"
    return f"{refused:,}{pace}: {_by_code(pulse)}"


def _by_code(pulse: Pulse) -> str:
    codes = sum((Counter(each.refused_by) for each in pulse.campaigns), Counter[str]())
    shown = [f"{code} {n:,}" for code, n in codes.most_common(CODES_MAX)]
    return ", ".join([*shown, *(["…"] if len(codes) > CODES_MAX else [])])


def _refused(pulse: Pulse, campaign: str | None) -> int:
    if campaign is None:
        return int(pulse.sum("refused"))
    found = pulse.of(campaign)
    return 0 if found is None else found.refused
