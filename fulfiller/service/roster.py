"""The part of the store port that says who leads and who works."""

from collections.abc import Mapping
from typing import Protocol


class Roster(Protocol):
    """Leases, and the slots of workers."""

    def lease(self, name: str, holder: str, *, ttl_s: float) -> int | None:
        """Acquire or renew a lease and return its epoch, or None while another holds it."""

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back, if this holder has it."""

    def leader(self, name: str) -> str | None:
        """Return who holds a lease, or None while nobody does."""

    def announce(self, worker: str, slots: int, *, ttl_s: float) -> None:
        """Say how many tasks a worker runs at once, for a while."""

    def slots(self) -> int:
        """Return the sum of the announced slots that have not run out; 0 when unknown."""

    def workers(self) -> Mapping[str, int]:
        """Return the announced slots that have not run out, by worker."""
