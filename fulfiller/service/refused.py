"""The part of the store port for refusals: what intakes tell of whom they sent away.

Refused claims are no rows, and no promise rests on how many there were: these are counts, for
people who look at a campaign.
"""

from collections.abc import Mapping
from typing import Protocol

Turned = tuple[str, str]
"""A campaign, and the code of the problem with which a claim for it was refused."""


class Refused(Protocol):
    """How many claims were refused, by campaign and code."""

    def tell_refusals(self, intake: str, counts: Mapping[Turned, int]) -> None:
        """Store what an intake has refused so far, in place of what it told before.

        What is not among the counts stays; of campaigns that there are not nothing is kept.
        """

    def fold_refusals(self, *, before: int) -> None:
        """Put what intakes told that have been silent since an instant together, into one row each.

        An intake must not tell again under its name after that.
        """

    def refusals(self) -> Mapping[str, Mapping[str, int]]:
        """Return the refusals of all intakes so far, by campaign and code; only what there is."""
