"""The floor: our issuing statements in a bare loop, as fast as the database takes them.

A process of its own, of which the bench runs as many as our worker has children. It takes its
share of the hints, full ones, straight from the store: no broker, no Celery, no keeper.
"""

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.tier import Tier
from fulfiller.ops.bench.aide import orders, report
from fulfiller.service.dispatch import Lane
from fulfiller.service.issue import issue
from fulfiller.service.port import Store
from fulfiller.service.serving import FRONT, HINT_MAX
from fulfiller.settings import load
from fulfiller.wiring import open_parts, press

LIMIT = 10_000_000


def share(
    store: Store, lane: Lane, *, number: int, of: int, hint_max: int
) -> list[tuple[ClaimId, ...]]:
    """Return every `of`th full hint of a lane, beginning with the `number`th."""
    ids = tuple(row.id for row in store.ready(lane, after=FRONT, limit=LIMIT))
    hints = [ids[start : start + hint_max] for start in range(0, len(ids), hint_max)]
    return hints[number::of]


def main() -> None:
    """Take the share that is ordered, wait for the word, issue it."""
    settings = load()
    parts = open_parts(settings, application="floor")
    own = press(parts, "floor")
    hearing = orders()
    words = next(hearing)
    lane = Lane(words["campaign"], Tier(words["tier"]))
    mine = share(parts.store, lane, number=words["number"], of=words["of"], hint_max=HINT_MAX)
    parts.store.terms(lane.campaign)
    parts.clock.now()
    report(ready=sum(map(len, mine)))
    next(hearing)
    report(issued=sum(len(issue(hint, own).issued) for hint in mine))
    # What it used is read from outside, so it stays until it is ended.
    next(hearing, None)


if __name__ == "__main__":
    main()
