"""Sold out: when a campaign was known to be, by those who looked and those who gave back."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping

from fulfiller.chaos.books import Books
from fulfiller.domain.event import Event, Kind

GIVING_BACK = frozenset({Kind.CLAIM_CANCELLED, Kind.CLAIM_DECLINED, Kind.COUPON_REVOKED})
"""What brings money back to a campaign."""
FOUND = "available "


class Sellout:
    """The stretches of time in which one campaign was sold out."""

    def __init__(self) -> None:
        """Never so far."""
        self._open: int | None = None
        self._stretches: list[tuple[int, float]] = []
        self._starts: list[int] = []
        self._ends: list[float] = []
        self.returned_at: int | None = None

    def found(self, at: int) -> None:
        """Somebody has found that nothing is left."""
        if self._open is None:
            self._open = at

    def given_back(self, at: int, slack: int) -> None:
        """Money came back; what is dated within the slack may have come before it was gone."""
        self.returned_at = at if self.returned_at is None else max(at, self.returned_at)
        if self._open is not None and at >= self._open + slack:
            self._stretches.append((self._open, at))
            self._open = None

    def close(self) -> None:
        """Make ready for questions: the latest end of all stretches that began so early."""
        if self._open is not None:
            self._stretches.append((self._open, float("inf")))
        latest = float("-inf")
        for start, end in sorted(self._stretches):
            latest = max(latest, end)
            self._starts.append(start)
            self._ends.append(latest)

    def meets(self, start: int, end: int) -> bool:
        """Return whether it was sold out at some instant between these two."""
        begun = bisect_right(self._starts, end)
        return begun > 0 and self._ends[begun - 1] >= start


def sellouts(books: Books, slack: int) -> Mapping[str, Sellout]:
    """Return when campaigns were sold out, by the log.

    Where that is not in the order of commits, money that seems to come back within the slack
    may have been there before.
    """
    known: defaultdict[str, Sellout] = defaultdict(Sellout)
    for event in books.events:
        if event.kind in GIVING_BACK:
            known[event.campaign].given_back(event.at, 0 if books.in_commit_order else slack)
        elif event.kind is Kind.BUDGET_GATHERED and _is_nothing(event, books):
            known[event.campaign].found(event.at)
    for sellout in known.values():
        sellout.close()
    return known


def _is_nothing(event: Event, books: Books) -> bool:
    campaign = books.campaigns.get(event.campaign)
    left = event.detail.removeprefix(FOUND)
    return campaign is not None and left.isdecimal() and int(left) < campaign.value.amount
