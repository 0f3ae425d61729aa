"""The watch: how things stand, several times a second, as the store says."""

from collections.abc import Callable, Sequence
from itertools import count
from threading import Event, Thread

from fulfiller.chaos.experiment.caller import Caller
from fulfiller.chaos.history import Ask, Line, Phase
from fulfiller.chaos.outcome import Sample
from fulfiller.clock import monotonic, wall_clock
from fulfiller.domain.error import StoreError
from fulfiller.domain.mode import ruling
from fulfiller.domain.stripe import Count, Purse, Stripe, backlog, counted, total
from fulfiller.wiring import Truth

EVERY_S = 0.25
AUDITOR = "auditor"
FIRST_CALL = 1_000_000_000
"""Calls of the auditor have numbers of their own."""


class Watch:
    """A thread with a store of its own; what it reads of the money goes into the history."""

    def __init__(self, open_truth: Callable[[], Truth], campaign: str, caller: Caller) -> None:
        """Watch nothing yet."""
        self.samples: list[Sample] = []
        self.history: list[Line] = []
        self._open = open_truth
        self._campaign = campaign
        self._caller = caller
        self._numbers = count(FIRST_CALL)
        self._leaving = Event()
        self._thread = Thread(target=self._work, name="chaos watch", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._leaving.set()
        self._thread.join()

    def _work(self) -> None:
        store = self._open()
        try:
            while not self._leaving.wait(EVERY_S):
                self.samples.append(self._sample(store))
        finally:
            store.close()

    def _sample(self, store: Truth) -> Sample:
        number = next(self._numbers)
        self._line(number, Phase.INVOKE, campaign=self._campaign)
        try:
            stripes = store.stripes(self._campaign)
            mode = ruling(store.modes(), self._campaign).mode
        except StoreError as fault:
            self._line(number, Phase.INFO, why=str(fault))
            return self._as_asked(None, None)
        purses = {purse.value: total(stripes, purse) for purse in Purse}
        self._line(number, Phase.OK, purses={self._campaign: purses})
        return self._as_asked(stripes, mode.value)

    def _as_asked(self, stripes: Sequence[Stripe] | None, mode: str | None) -> Sample:
        tally = self._caller.tally
        return Sample(
            at_s=self._caller.since(),
            asked=tally[Phase.INVOKE],
            promised=tally[Phase.OK],
            refused=tally[Phase.FAIL],
            unanswered=tally[Phase.INFO],
            issued=None if stripes is None else counted(stripes, Count.ISSUED),
            backlog=None if stripes is None else backlog(stripes),
            waitlisted=None if stripes is None else counted(stripes, Count.WAITLISTED),
            mode=mode,
        )

    def _line(self, number: int, phase: Phase, **said: object) -> None:
        self.history.append(
            Line(
                call=number,
                proc=AUDITOR,
                phase=phase,
                ask=Ask.SNAPSHOT,
                mono=monotonic(),
                wall=wall_clock(),
                **said,  # type: ignore[arg-type]
            )
        )
