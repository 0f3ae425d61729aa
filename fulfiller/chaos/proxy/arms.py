"""What is armed: which moments are struck, and how often still."""

from collections.abc import Iterable, Sequence

from fulfiller.chaos.proxy.order import Arm, Moment


class Trigger:
    """An arm in force on some legs."""

    def __init__(self, arm: Arm, legs: Iterable[str]) -> None:
        """Have seen nothing yet."""
        self.arm = arm
        self.legs = set(legs)
        self._seen = 0
        self._left = arm.times

    @property
    def spent(self) -> bool:
        """Whether it will never strike again."""
        return not self._left or not self.legs

    def due(self) -> bool:
        """Count one of its moments, and return whether it strikes there."""
        self._seen += 1
        return self._left > 0 and self._seen % self.arm.every == 0

    def fire(self) -> Arm:
        """Use up one blow."""
        self._left -= 1
        return self.arm


class Arms:
    """Everything that is armed, in the order in which that was done."""

    def __init__(self) -> None:
        """Be peaceful."""
        self._triggers: list[Trigger] = []

    def add(self, arm: Arm, legs: Iterable[str]) -> None:
        """Arm these legs."""
        self._triggers.append(Trigger(arm, legs))

    def drop(self, legs: Iterable[str]) -> None:
        """Disarm these legs."""
        for trigger in self._triggers:
            trigger.legs.difference_update(legs)
        self._sweep()

    def judge(self, leg: str, moments: Sequence[Moment]) -> Arm | None:
        """Count moments that begin with the same message, and return the blow that falls there.

        Of several the first falls, and the others keep theirs.
        """
        due = [
            trigger
            for moment in moments
            for trigger in self._triggers
            if trigger.arm.moment is moment and leg in trigger.legs and trigger.due()
        ]
        if not due:
            return None
        fired = due[0].fire()
        self._sweep()
        return fired

    def _sweep(self) -> None:
        self._triggers = [trigger for trigger in self._triggers if not trigger.spent]
