"""A fault as a scenario declares it, and a wound: one fault while it lasts."""

from abc import ABC, abstractmethod
from typing import ClassVar

import msgspec

from fulfiller.chaos.fault.arena import Arena, Need


class Fault(
    msgspec.Struct, kw_only=True, frozen=True, tag_field="kind", forbid_unknown_fields=True
):
    """One fault of a scenario: when it strikes, for how long, and how often.

    `at_s` counts from the first claim of the run. It lasts `for_s`, where it can last, and then
    is healed. It strikes `times` times, every `every_s`. Subclasses are tagged by their kind.
    """

    needs: ClassVar[frozenset[Need]] = frozenset()
    at_s: float = 3.0
    for_s: float = 0.0
    times: int = 1
    every_s: float = 1.0

    def begin(self, arena: Arena) -> "Wound":
        """Strike, and return what is to be healed and seen of it."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """Return what it does, in words: `worker1 is killed`."""
        raise NotImplementedError


class Wound(ABC):
    """One stroke of a fault. Faults of the injector itself are exceptions and fail the run."""

    @abstractmethod
    def heal(self) -> None:
        """Undo what lasts; called once, also when the run is given up."""

    @abstractmethod
    def struck(self) -> int:
        """Return how often the injector has struck so far; 0 means that it never did."""

    @abstractmethod
    def seen(self) -> str | None:
        """Return the effect that was observed, in words, or None as long as there is none.

        It is asked again and again, while the fault lasts and until some seconds after it has
        been healed. It must look at the thing that was struck, not at what the injector did.
        """
