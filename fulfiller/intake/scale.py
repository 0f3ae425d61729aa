"""The route `/v1/scale`: how many workers there should be, for KEDA and whoever starts them.

Read once a second at most, however many ask. What comes in is measured from one question to
the next, by each intake for itself.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs

from fulfiller.domain.key import Scope
from fulfiller.domain.scale import drain_s, suggested_workers
from fulfiller.intake.desk import Desk
from fulfiller.intake.exchange import Asked, Receive, Reply, encode
from fulfiller.intake.keys import Keys
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import Code, Flaw, Problem
from fulfiller.intake.reading import REMEDIES
from fulfiller.service.helm import Survey
from fulfiller.service.scale import Load, ceiling_per_s, demands, read_load

MAX, MAX_MOST = 100, 10_000
"""Slots that are suggested at most, unless asked for more, and what may be asked for."""
SPAN = 10_000_000
"""Microseconds that what comes in is measured over at least."""
NO_STORE = (b"cache-control", b"no-store")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicScale:
    """What there is to do, and how many worker slots that takes; numbers, for programs."""

    backlog: int
    drain_s: float | None
    workers: int
    suggested_workers: int


class Scale:
    """The handler of `/v1/scale`."""

    def __init__(self, parts: IntakeParts, keys: Keys, reads: Desk) -> None:
        """Know nothing yet."""
        self._parts = parts
        self._keys = keys
        self._reads = reads
        self._load: Load | None = None
        self._until = float("-inf")
        self._before: Survey | None = None
        self._next: Survey | None = None

    async def show(self, asked: Asked, _receive: Receive) -> Reply:
        """Return what there is to do now."""
        await self._keys.account(asked.headers.get(b"authorization"), Scope.AUDIT_READ)
        most = _most(asked.query)
        load = self._load
        if load is None or self._until <= self._parts.monotonic():
            load = await self._reads.do(lambda viewer: read_load(viewer.store))
            self._remember(load)
        return Reply(200, encode(_shown(load, self._before, most)), (NO_STORE,))

    def _remember(self, load: Load) -> None:
        """Keep a reading for a while, and one of some time ago to compare it with."""
        self._load = load
        self._until = self._parts.monotonic() + self._parts.limits.metrics_ttl_s
        if self._next is None or load.survey.now - self._next.now >= SPAN:
            self._before, self._next = self._next, load.survey


def _shown(load: Load, before: Survey | None, most: int) -> PublicScale:
    asked_for = demands(load, before)
    slots = load.board.slots
    seconds = drain_s(asked_for)
    return PublicScale(
        backlog=sum(each.backlog for each in asked_for),
        drain_s=None if seconds is None else round(seconds, 1),
        workers=slots,
        suggested_workers=suggested_workers(
            asked_for, slots=slots, most=most, ceiling_per_s=ceiling_per_s(load)
        ),
    )


def _most(query: bytes) -> int:
    said = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("max", [str(MAX)])[-1]
    digits = said.isascii() and said.isdigit() and len(said) <= len(str(MAX_MOST))
    if not (digits and 1 <= int(said) <= MAX_MOST):
        raise Problem(Code.INVALID, "", Flaw(REMEDIES["max"], parameter="max"))
    return int(said)
