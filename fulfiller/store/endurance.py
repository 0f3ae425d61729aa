"""What lets PostgreSQL take ten million claims at the price of the first.

After a checkpoint every page is logged whole once more, and the keys of four indexes come in no
order, so that nearly each claim touches pages of its own: with the server's own 1 GB of log five
million claims had 90 checkpoints, 10 kB of log each, and cost 1.7 times what the first ones did.
And whoever looks for the oldest open claim steps over all that were issued since the last vacuum:
within the server's own minute these are half a million.
"""

from fulfiller.store.configured import configured

ENDURING = {"max_wal_size": "8GB", "checkpoint_timeout": "15min", "autovacuum_naptime": "5s"}
BOUNDS = {"max_wal_size": (4_096, None), "autovacuum_naptime": (None, 15)}
"""The least MB and the most seconds with which a server is still let pass."""


def unprepared(url: str) -> dict[str, str]:
    """Return the settings that make millions of claims dear, each with the value that it has."""
    found = configured(url, BOUNDS)
    return {
        name: f"{value} {unit}"
        for name, (value, unit) in found.items()
        if not _passes(name, int(value))
    }


def _passes(name: str, value: int) -> bool:
    least, most = BOUNDS[name]
    return (least is None or value >= least) and (most is None or value <= most)
