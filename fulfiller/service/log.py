"""The event log as the store keeps it: unsealed, its seals, and sealed."""

from dataclasses import dataclass

from fulfiller.domain.event import Event


@dataclass(frozen=True, slots=True)
class Unsealed:
    """An event that has no number yet; `position` is its place in commit-safe order."""

    position: tuple[int, int]
    event: Event


@dataclass(frozen=True, slots=True)
class Seal:
    """An event's number and the digest that chains it to all before it."""

    number: int
    position: tuple[int, int]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Sealed:
    """An event with the number that its seal gave it."""

    number: int
    event: Event
