"""What clients were shown of one claim, kept as little as it takes to find contradictions."""

from fulfiller.domain.claim import State

ENDED = frozenset({State.ISSUED.value, State.DECLINED.value, State.CANCELLED.value})
NEVER = float("inf")


class Shown:
    """The looks at one claim that matter: the first of each kind, and the last.

    A look that began after another one ended must not see an earlier state: nothing comes
    before the waitlist, and nothing after an end.
    """

    __slots__ = (
        "code",
        "code_by",
        "ended",
        "ended_at",
        "ended_by",
        "moved_at",
        "moved_by",
        "open_at",
        "open_by",
        "waiting_at",
        "waiting_by",
    )

    def __init__(self) -> None:
        """Have seen nothing."""
        self.code = ""
        self.code_by = 0
        self.ended = ""
        self.ended_at = self.moved_at = NEVER
        self.open_at = self.waiting_at = -NEVER
        self.ended_by = self.moved_by = self.open_by = self.waiting_by = 0

    def see(self, state: str, code: str, call: int, span: tuple[float, float]) -> str | None:
        """Take in a look between two instants; return what contradicts an earlier one."""
        began, done = span
        flaw = self._coded(code, call) if code else None
        if not state:
            return flaw
        if state in ENDED:
            flaw = flaw or self._over(state, call, done)
        elif began > self.open_at:
            self.open_at, self.open_by = began, call
        if state == State.WAITLISTED:
            if began > self.waiting_at:
                self.waiting_at, self.waiting_by = began, call
        elif done < self.moved_at:
            self.moved_at, self.moved_by = done, call
        return flaw

    def _coded(self, code: str, call: int) -> str | None:
        plain = code.replace("-", "")
        if not self.code:
            self.code, self.code_by = plain, call
        if plain == self.code:
            return None
        return f"call {self.code_by} was shown one code, call {call} another"

    def _over(self, state: str, call: int, done: float) -> str | None:
        if not self.ended:
            self.ended = state
        if done < self.ended_at:
            self.ended_at, self.ended_by = done, call
        if state == self.ended:
            return None
        return f"it was shown {self.ended}, and by call {call} {state}"

    def contradiction(self, final: str | None) -> str | None:
        """Return what contradicts another look, or how the claim ended up."""
        if self.open_at > self.ended_at:
            return f"call {self.ended_by} saw it {self.ended}, call {self.open_by} open later on"
        if self.waiting_at > self.moved_at:
            return (
                f"call {self.moved_by} saw it taken from the waitlist,"
                f" call {self.waiting_by} waitlisted later on"
            )
        if final is None:
            return None
        if self.ended and self.ended != final:
            return f"call {self.ended_by} saw it {self.ended}, in the end it is {final}"
        if self.moved_at < NEVER and final == State.WAITLISTED:
            return f"call {self.moved_by} saw it taken from the waitlist, in the end it waits"
        return None
