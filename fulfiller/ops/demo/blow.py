"""The kill in the midst of the flood: aimed at a busy worker, followed until it has healed."""

from signal import Signals
from typing import Protocol

from fulfiller.ops.demo.watch import Watch
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.dispatch import Queue

VICTIM = "worker2"
FROM, LAST = 0.45, 0.75
"""Part of the day from which on a worker is killed, and after which no more."""
AIM = 0.06
"""Part of the day in which a good moment is looked for.

Tasks that wait in the broker are the sign that every worker has its hands full.
"""
AIM_S = 0.02
KILLS_MAX = 3
STRANDED_S = 1.0
"""How long after the kill what is still open must have been in its hands."""


class Say(Protocol):
    """How something that happened is told."""

    def __call__(self, text: str, *, alarm: bool = False) -> None:
        """Tell it."""


class Blow:
    """Kills a worker until one had claims in its hands, and sees them issued all the same."""

    def __init__(self, stack: Stack, queue: Queue, watch: Watch, say: Say) -> None:
        """Do nothing yet; what happens is told to `say`."""
        self.recovered_s: float | None = None
        self._stack = stack
        self._queue = queue
        self._watch = watch
        self._say = say
        self._kills = 0
        self._aim_from: float | None = None
        self._killed: tuple[float, int] | None = None
        self._held: int | None = None

    def aims(self, elapsed_s: float, span_s: float) -> bool:
        """Return whether it is time to look for a moment to kill."""
        if self._killed or self.recovered_s is not None or elapsed_s < FROM * span_s:
            return False
        if self._aim_from is None and self._stack.is_ready(VICTIM):
            self._aim_from = elapsed_s
        return self._aim_from is not None

    def fall(self, elapsed_s: float, span_s: float) -> None:
        """Kill, if the worker is busy or no better moment has come for long enough."""
        busy = any((self._queue.depths() or {}).values())
        if busy or elapsed_s >= (self._aim_from or 0.0) + AIM * span_s:
            self._kill(elapsed_s)

    def follow(self, elapsed_s: float, span_s: float) -> None:
        """See whether every claim from before the kill has its coupon."""
        if self._killed is None or self.recovered_s is not None:
            return
        killed_s, killed_at = self._killed
        took_s = elapsed_s - killed_s
        left = self._watch.older(killed_at)
        if left and self._held is None and took_s >= STRANDED_S:
            self._held = left
            self._say(f"{left:,} claims were in its hands. They are safe in the store.")
        if not left:
            self._healed(took_s, again=self._kills < KILLS_MAX and elapsed_s < LAST * span_s)

    def _kill(self, elapsed_s: float) -> None:
        pid = self._stack.pid(VICTIM)
        self._kills += 1
        self._killed = (elapsed_s, self._watch.now())
        self._stack.kill(VICTIM, Signals.SIGKILL)
        self._say(f"{VICTIM} (process {pid}) is killed with SIGKILL, on purpose.", alarm=True)

    def _healed(self, took_s: float, *, again: bool) -> None:
        if self._held is None and again:
            self._say("Its hands were empty just then: once more when it is back.")
            self._killed = self._aim_from = None
            return
        self.recovered_s = took_s
        self._say(f"All from before the kill have their coupon, {took_s:.1f} s after it.")
