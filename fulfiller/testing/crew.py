"""The crew: a worker and a keeper who do what there is to do when they are told to.

What they do is production's; that they do it in this order, at once and in one thread, is not:
here the backlog is empty when a test says so, and not some milliseconds later.
"""

from collections.abc import Sequence
from dataclasses import replace
from threading import RLock

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import CodeKey
from fulfiller.service.admit import Usher, admit
from fulfiller.service.dispatch import Hint
from fulfiller.service.govern import Chair, govern
from fulfiller.service.issue import Press, issue
from fulfiller.service.keep import LEASE
from fulfiller.service.memory import Memory
from fulfiller.service.release import release
from fulfiller.service.seal import BATCH, seal
from fulfiller.service.serving import HINT_MAX
from fulfiller.store.memory import MemoryStore
from fulfiller.testing.rules import Rules
from fulfiller.testing.tray import Tray

LEASE_S = 60.0
"""Renewed at each turn; while time is moved in between, nobody else is there to lead."""


class Crew:
    """Whoever works behind the intake; threads may share one."""

    def __init__(self, store: MemoryStore, key: CodeKey, rules: Rules) -> None:
        """Do nothing yet."""
        self._store = store
        self._press = Press(store=store, key=key, now=store.now, ask=rules)
        self._tray = Tray()
        self._chair = Chair()
        self._usher = Usher()
        self._lock = RLock()

    def keep(self) -> None:
        """Do a keeper's round: step the breakers, admit who may be admitted, seal the log."""
        with self._lock:
            self._kept()

    def work(self) -> int:
        """Issue what is accepted, and what can be admitted, until nothing is left; say how much.

        What is held, beyond a rate or in doubt stays, as it does with workers.
        """
        with self._lock:
            self._kept()
            issued, hints = 0, self._offered()
            before: list[Hint] = []
            while hints != before:
                issued += sum(len(issue(hint.ids, self._press).issued) for hint in hints)
                admit(self._usher, store=self._store, fence=self._fence())
                before, hints = hints, self._offered()
            self._kept()
            return issued

    def issue_unasked(self, ids: Sequence[ClaimId]) -> None:
        """Issue these claims whoever is eligible, and whatever else is left to be done."""
        press = replace(self._press, ask=None)
        for first in range(0, len(ids), HINT_MAX):
            issue(ids[first : first + HINT_MAX], press)

    def _offered(self) -> list[Hint]:
        """Return what workers would be offered now, by weight and fairly."""
        # A memory that is new each time: what was offered before and left is offered again.
        release(Memory(), store=self._store, queue=self._tray, now=self._store.now())
        return self._tray.emptied()

    def _kept(self) -> None:
        fence = self._fence()
        govern(self._chair, store=self._store, fence=fence)
        admit(self._usher, store=self._store, fence=fence)
        while seal(store=self._store, fence=fence) == BATCH:
            pass

    def _fence(self) -> int:
        fence = self._store.lease(LEASE, "testing", ttl_s=LEASE_S)
        if fence is None:
            raise RuntimeError("somebody else keeps this store")
        return fence
