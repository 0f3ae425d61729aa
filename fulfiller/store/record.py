"""What stands in a mode row as JSON: the breaker, the hold, and the gauge."""

from functools import lru_cache

import msgspec

from fulfiller.domain.breaker import Breaker, Forced
from fulfiller.domain.mode import Gauge, ModeRow


def mode_args(row: ModeRow) -> dict[str, object]:
    """Return what a move of a mode writes, by parameter."""
    return {
        "scope": row.scope,
        "mode": row.mode.value,
        "held": row.held,
        "since": row.since,
        "cause": row.cause,
        "breaker": None if row.breaker is None else _json(row.breaker),
        "hold": None if row.hold is None else _json(row.hold),
        "switched_at": row.switched_at,
    }


def gauge_text(gauge: Gauge) -> str:
    """Return a gauge as JSON."""
    return _json(gauge)


@lru_cache(maxsize=512)
def breaker(text: str) -> Breaker:
    """Return the breaker of its JSON; the same text is read once."""
    return msgspec.json.decode(text, type=Breaker)


@lru_cache(maxsize=512)
def hold(text: str) -> Forced:
    """Return the hold of its JSON."""
    return msgspec.json.decode(text, type=Forced)


@lru_cache(maxsize=512)
def gauge(text: str) -> Gauge:
    """Return the gauge of its JSON."""
    return msgspec.json.decode(text, type=Gauge)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
