"""The priority of a claim: four tiers, one priority queue of Celery each."""

from enum import IntEnum


class Tier(IntEnum):
    """A priority tier; P0 is served first, P3 last."""

    P0 = 0
    P1 = 1
    P2 = 2
    P3 = 3

    def __str__(self) -> str:
        """Return the short name that queues, JSON and files use: `p0`."""
        return f"p{self.value}"

    @classmethod
    def parse(cls, text: str) -> "Tier":
        """Return the tier named `p0` to `p3`; raise ValueError for anything else."""
        try:
            return BY_NAME[text]
        except KeyError:
            message = f"tier {text!r} is not one of {', '.join(BY_NAME)}"
            raise ValueError(message) from None


BY_NAME = {f"p{tier.value}": tier for tier in Tier}
