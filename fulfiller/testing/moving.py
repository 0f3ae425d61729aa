"""A clock that tests move: the time of a service that has its world to itself."""

from fulfiller.clock import monotonic, wall_clock

SECOND = 1_000_000


class MovingClock:
    """Real time, and what was added to it; it never goes backwards."""

    def __init__(self, at: int | None = None) -> None:
        """Begin at an instant in microseconds, or now."""
        self._began_at = wall_clock() if at is None else at
        self._passed_s = 0.0
        self._zero_s = monotonic()

    def now(self) -> int:
        """Return microseconds since 1970."""
        return self._began_at + int((self.monotonic() - self._zero_s) * SECOND)

    def monotonic(self) -> float:
        """Return seconds of which only differences mean something; they move along."""
        return monotonic() + self._passed_s

    def pass_time(self, seconds: float) -> None:
        """Let it be later."""
        if seconds < 0:
            raise ValueError(f"time goes forward only, not by {seconds:g} s")
        self._passed_s += seconds
