"""A process that writes without pause to the store behind a URL, as a busy intake does."""

import sys

from fulfiller.domain.event import Event, Kind
from fulfiller.service.port import Writes
from fulfiller.store.opening import open_store

ROWS = 20
TURN = Writes(
    events=tuple(
        Event(at=number, campaign="festival", kind=Kind.BUDGET_GATHERED, actor="greedy")
        for number in range(ROWS)
    )
)


def main(url: str) -> None:
    """Write one turn after the other until somebody ends this process."""
    store = open_store(url)
    while True:
        store.write(TURN)


if __name__ == "__main__":
    main(sys.argv[1])
