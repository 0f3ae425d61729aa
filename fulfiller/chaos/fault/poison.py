"""Poison: messages that no worker can run, and that none may die of."""

from typing import Any, ClassVar

from fulfiller.broker.message import Flaw
from fulfiller.broker.topology import (
    HINT_VERSION,
    ISSUE_TASK,
    QUARANTINED_KEY,
    QUEUE_NAMES,
    key,
)
from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.asking import ask_broker, broker
from fulfiller.chaos.fault.element import in_hand, made, waiting
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.fault.watch import Watched
from fulfiller.domain.tier import Tier

QUEUE = QUEUE_NAMES[Tier.P2]
NOBODY = "clm_00000000-0000-7000-8000-000000000000"
"""A claim that there is not."""
MEBIBYTE = 1 << 20
PICKLED = b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07garbage\x94."


def _task(ids: object, *, task: str = ISSUE_TASK, **headers: object) -> bytes:
    return made(QUEUE, task, [ids], **headers)  # type: ignore[arg-type]


POISON: dict[str, tuple[bytes, Flaw | None]] = {
    "no JSON": (b'{"body": nothing', Flaw.UNDECODABLE),
    "a pickle": (PICKLED, Flaw.UNDECODABLE),
    "no message": (b'{"body": "e30="}', Flaw.MISSHAPEN),
    "a pickle in a message": (
        made(QUEUE, ISSUE_TASK, [[NOBODY]], content_type="application/x-python-serialize"),
        Flaw.UNDECODABLE,
    ),
    "another task": (_task([NOBODY], task="os.system"), Flaw.UNKNOWN_TASK),
    "a task of Celery's own": (_task([NOBODY], task="celery.starmap"), Flaw.UNKNOWN_TASK),
    "another version": (_task([NOBODY], v=HINT_VERSION + 1), Flaw.NEWER_VERSION),
    "negative numbers for ids": (_task([-1, -2]), Flaw.MALFORMED_IDS),
    "an end in negative time": (_task([NOBODY], expires=-1), Flaw.MISSHAPEN),
    "a mebibyte of claims": (_task([NOBODY] * (MEBIBYTE // len(NOBODY))), Flaw.OVERSIZE),
    "three mebibytes": (b"[" * 3 * MEBIBYTE, Flaw.OVERSIZE),
    # These two are run at once, and find no claim.
    "a far future": (_task([NOBODY], eta="9999-12-31T23:59:59+00:00"), None),
    "negative limits": (_task([NOBODY], timelimit=[-1, -1], retries=-1), None),
}
"""What is put into a queue, and as what it is set aside; None is run and comes to nothing."""


class Poison(Fault, tag="poison", kw_only=True, frozen=True):
    """Messages that no worker can run are put into a queue, `copies` of each sort."""

    needs: ClassVar[frozenset[Need]] = frozenset({Need.BROKER})
    copies: int = 1

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{len(POISON) * self.copies} messages that no worker can run"

    def begin(self, arena: Arena) -> Wound:
        """Put them where they are taken next."""
        return _Poisoned(self, arena)


class _Poisoned(Watched):
    def __init__(self, fault: Poison, arena: Arena) -> None:
        self._arena, self._copies = arena, fault.copies
        elements = [element for element, _ in POISON.values()] * fault.copies
        with broker(arena) as client:
            self._before = _set_aside(client)
            client.rpush(key(QUEUE), *elements)

    def struck(self) -> int:
        return len(POISON) * self._copies

    def look(self) -> str | None:
        return ask_broker(self._arena, self._told)

    def _told(self, client: Any) -> str | None:
        ours = {element for element, _ in POISON.values()}
        if any(element in ours for _, element in (*waiting(client), *in_hand(client))):
            return None
        now = _set_aside(client)
        grown = {flaw: now.get(flaw, 0) - self._before.get(flaw, 0) for flaw in now}
        wanted = [flaw for _, flaw in POISON.values() if flaw is not None]
        if any(grown.get(flaw, 0) < wanted.count(flaw) * self._copies for flaw in wanted):
            return None
        counts = ", ".join(f"{number} {flaw}" for flaw, number in sorted(grown.items()) if number)
        return f"all were taken out of their queue, and set aside: {counts}"


def _set_aside(client: Any) -> dict[str, int]:
    found = client.hgetall(key(QUARANTINED_KEY))
    return {flaw.decode(): int(number) for flaw, number in found.items()}
