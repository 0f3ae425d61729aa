"""An office: a stall whose breakers are governed, second by second."""

from dataclasses import replace

from fulfiller.domain.breaker import SECOND, Mode
from fulfiller.domain.campaign import BreakerTerms
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import ModeRow
from fulfiller.service.admit import Usher, admit
from fulfiller.service.govern import Chair, govern
from fulfiller.service.steer import Act
from tests.domain.festival import festival
from tests.service.stall import Stall

QUICK = BreakerTerms(hold_s=5, hold_max_s=30, ramp_s=10)


class Office(Stall):
    """A stall whose breakers are governed, second by second."""

    def __init__(self, **terms: object) -> None:
        """Open a festival with these terms, and take the chair."""
        super().__init__(festival(**({"breaker": QUICK} | terms)))
        self.chair, self.usher = Chair(), Usher()
        fence = self.store.lease("keeper", "test", ttl_s=10**6)
        assert fence is not None
        self.fence = fence

    def pass_s(self, seconds: int = 1, *, issuing: int = 0) -> None:
        """Let seconds pass: each is governed, and so many claims are issued in each."""
        for _ in range(seconds):
            self.now += SECOND
            ready = [row.id for row in self.store.shelves.open.values() if row.stage == "accepted"]
            if issuing and ready:
                self.issue(*ready[:issuing])
            govern(self.chair, store=self.store, fence=self.fence)
            admit(self.usher, store=self.store, fence=self.fence)

    @property
    def row(self) -> ModeRow:
        """The festival's mode."""
        return self.store.modes()["festival"]

    def now_in(self) -> Mode:
        """Return the festival's mode as it is by now."""
        return self.row.mode

    def held(self) -> bool:
        """Return whether issuing is off by now."""
        return self.row.held

    @property
    def verdicts(self) -> list[Event]:
        """What the log says of modes that moved by themselves."""
        kinds = (Kind.MODE_PAUSED, Kind.MODE_RAMPING, Kind.MODE_FLOWING)
        found = [event for event in self.store.shelves.events if event.kind in kinds]
        return [event for event in found if event.actor in ("keeper", "intake")]

    def act(self, **changes: object) -> Act:
        """Return an act of an operator's, now."""
        return replace(Act(reason="a check", actor="operator:li", now=self.now), **changes)  # type: ignore[arg-type]
