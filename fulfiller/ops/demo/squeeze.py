"""The pause that the story tells of: if the flood brings none, less is issued until one comes.

A day is sized by a rehearsal of a second. A machine that others need by then takes in far less,
its workers keep up, and nobody would have to wait. Past the flood's peak the issuing rate is
therefore set below what still comes, as an operator may set it, and back with the pause.
"""

from typing import Protocol

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.pace import EVERY_KEY, Rate
from fulfiller.ops.demo.festival import ACTOR
from fulfiller.ops.demo.reading import Reading, Track
from fulfiller.service.rates import By, set_rate
from fulfiller.wiring import Truth

FROM = 0.55
"""Part of the day until which a flood that comes as planned has brought its pause."""
STEP_S = 2.0
"""Time that a rate gets to bring the pause before it is lowered again."""
SHARE = 0.4
"""What is issued then, as a part of what was issued lately, which is all that comes in."""


class Say(Protocol):
    """How something that happened is told."""

    def __call__(self, text: str, *, alarm: bool = False) -> None:
        """Tell it."""


class Squeeze:
    """Watches for the day's pause; brings it if it has not come, and says if none ever does."""

    def __init__(self, store: Truth, campaign: Campaign, track: Track, say: Say) -> None:
        """Do nothing yet; what happens is told to `say`."""
        self._store = store
        self._campaign = campaign
        self._track = track
        self._say = say
        self._threshold = campaign.backlog_threshold or 0
        self._usual = Rate.parse(campaign.issuing_rate or "1/s")
        self._due_s: float | None = None
        self._over = False

    def follow(self, span_s: float, *, played: bool) -> None:
        """Lower the rate if it is time to, and set it back once there was a pause or can be none.

        `played`: every request of the day has its answer.
        """
        now = self._track.last
        if self._over:
            return
        if now.mode is not Mode.FLOWING or (played and now.backlog <= self._threshold):
            self.end()
        elif now.elapsed_s >= (FROM * span_s if self._due_s is None else self._due_s):
            self._lower(now)

    def end(self) -> None:
        """Set the rate back, and tell why if there was no pause; a second time does nothing."""
        if self._over:
            return
        self._over = True
        if self._due_s is not None:
            self._set(self._usual, "the pause has come, or will not")
            self._say(f"The issuing rate is {self._usual} again.")
        if self._track.last.mode is Mode.FLOWING:
            self._say(self._why(self._track.last), alarm=True)

    def _lower(self, now: Reading) -> None:
        rate = Rate.parse(f"{max(1, round(self._track.pace('issued') * SHARE))}/s")
        self._due_s = now.elapsed_s + STEP_S
        self._set(rate, "the flood is smaller than planned")
        self._say(f"Fewer come than this day was made for: the issuing rate is lowered to {rate}.")

    def _set(self, rate: Rate, reason: str) -> None:
        by = By(reason=reason, actor=ACTOR, now=self._store.now())
        set_rate((self._campaign.id, EVERY_KEY), rate, by, store=self._store)

    def _why(self, now: Reading) -> str:
        most = max(reading.backlog for reading in self._track.readings)
        taken = now.issued + now.backlog + now.waiting
        return (
            f"No pause today: the backlog was {most:,} at most, beyond {self._threshold:,} it"
            f" pauses. This machine took in {taken / max(now.elapsed_s, 1.0):,.0f} claims a second,"
            f" the day was made for more than {self._usual.per_s:,.0f}."
        )
