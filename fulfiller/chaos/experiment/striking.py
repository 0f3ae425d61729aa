"""Striking: each stroke of each fault in a thread of its own, healed whatever happens."""

from collections.abc import Callable, Iterable
from threading import Event, Thread

from fulfiller.chaos.experiment.site import unmarked
from fulfiller.chaos.fault.arena import Arena
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.outcome import Stroke

LOOK_S = 0.1
SEEN_S = 15.0
"""How long after a fault has been healed its effect may still be seen for the first time."""
Since = Callable[[], float]
"""Seconds since the first claim."""
Say = Callable[[str], None]
Ears = tuple[Say, Say]
"""Who hears how it goes, and who marks each stroke for those who look later."""


class Striker:
    """One stroke: waits for its moment, strikes, heals, and looks for what came of it."""

    def __init__(self, fault: Fault, at_s: float, arena: Arena, since: Since, ears: Ears) -> None:
        """Do nothing yet."""
        self.fault: BaseException | None = None
        self.at_s = at_s
        self._declared = fault
        self._arena = arena
        self._since = since
        self._say, self._mark = ears
        self._leaving = Event()
        self._began_s: float | None = None
        self._ended_s: float | None = None
        self._wound: Wound | None = None
        self._seen: str | None = None
        lacking = sorted(fault.needs - arena.offers)
        self._skipped = ", ".join(lacking) if lacking else None
        self._thread = Thread(target=self._work, name=f"chaos {kind_of(fault)}", daemon=True)

    @property
    def over(self) -> bool:
        """Return whether it is over: healed, and seen if it was to be seen."""
        return not self._thread.is_alive()

    @property
    def healed(self) -> bool:
        """Return whether nothing of it lasts any more."""
        return self.over or self._ended_s is not None

    @property
    def stroke(self) -> Stroke:
        """Return what came of it so far."""
        began_s = self.at_s if self._began_s is None else self._began_s
        return Stroke(
            kind=kind_of(self._declared),
            words=self._declared.words,
            began_s=began_s,
            ended_s=began_s if self._ended_s is None else self._ended_s,
            struck=0 if self._wound is None else self._wound.struck(),
            seen=self._seen,
            skipped=self._skipped,
        )

    def start(self) -> None:
        """Wait for the moment from now on."""
        if self._skipped is None:
            self._thread.start()
        else:
            self._say(f"skipped: {self._declared.words} (needs {self._skipped})")

    def leave(self) -> None:
        """Heal now, and strike no more."""
        self._leaving.set()

    def join(self) -> None:
        """Return when it is over."""
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            self._strike()
        except Exception as fault:  # noqa: BLE001 - told by whoever runs the experiment
            self.fault = fault

    def _strike(self) -> None:
        if self._leaving.wait(max(0.0, self.at_s - self._since())):
            return
        self._began_s = self._since()
        self._say(self._declared.words)
        self._wound = self._declared.begin(self._arena)
        try:
            self._mark(self._declared.words)
            self._look_until(self._since() + self._declared.for_s)
        finally:
            self._wound.heal()
            self._ended_s = self._since()
        if self._declared.for_s:
            self._say(f"healed: {self._declared.words}")
            self._mark(f"healed: {self._declared.words}")
        self._look_until(self._since() + SEEN_S, enough=True)
        # What grows, such as a count, is told as it was in the end.
        self._seen = self._wound.seen() or self._seen

    def _look_until(self, end_s: float, *, enough: bool = False) -> None:
        """Look for an effect until the end, or until one was seen if that is enough."""
        while not (enough and self._seen is not None):
            if self._seen is None and self._wound is not None:
                self._seen = self._wound.seen()
            left_s = end_s - self._since()
            if left_s <= 0 or self._leaving.wait(min(LOOK_S, left_s)):
                return


def strikers(
    faults: Iterable[Fault], arena: Arena, since: Since, say: Say, mark: Say = unmarked
) -> list[Striker]:
    """Return every stroke of some faults, in the order in which they fall."""
    each = [
        Striker(fault, fault.at_s + number * fault.every_s, arena, since, (say, mark))
        for fault in faults
        for number in range(fault.times)
    ]
    return sorted(each, key=lambda striker: striker.at_s)


def kind_of(fault: Fault) -> str:
    """Return the kind of a fault, as scenarios name it."""
    return str(fault.__struct_config__.tag)
