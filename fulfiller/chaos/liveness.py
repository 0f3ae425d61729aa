"""L1, L2 and L5: what must have happened once nothing is wrong any more."""

from collections import Counter

from fulfiller.chaos.history import Ask
from fulfiller.chaos.index import Index
from fulfiller.chaos.modes import is_open
from fulfiller.chaos.pace import Changes, changes
from fulfiller.chaos.report import Docket, Limits
from fulfiller.chaos.sellout import Sellout, sellouts
from fulfiller.chaos.testimony import Testimony
from fulfiller.domain.claim import OpenClaim, Stage
from fulfiller.domain.mode import held
from fulfiller.domain.outcome import Why
from fulfiller.domain.pace import RateScope
from fulfiller.domain.stripe import Purse
from fulfiller.domain.validity import SECOND
from fulfiller.service.pacing import scopes_of

UNEVEN = 2
"""Several rates at once are not made full use of; twice the time they take is more than enough."""


def judge_drain(index: Index, docket: Docket, limits: Limits) -> None:
    """L1 and L5: nothing is left to do, but what is parked, held, unsure or bound by a rate."""
    books = index.books
    queue = Queue(index)
    docket.judged("L5", len(books.claims))
    for row in books.opened:
        wait = queue.wait(row)
        if row.stage is Stage.PARKED or _is_excused(row, index) or wait is None:
            continue
        since, bound_s = wait
        if row.stage is Stage.ACCEPTED and not bound_s:
            docket.charge("L1", f"clm_{row.id} is still to be issued in the end")
        age_s = (books.at - since) / SECOND
        if age_s > limits.settle_s + bound_s:
            docket.charge("L5", f"clm_{row.id} is {row.stage} for {age_s:.0f} s")


def _is_excused(row: OpenClaim, index: Index) -> bool:
    """Return whether a row waits for somebody: an operator, a hook, or a mode that is to flow."""
    if row.unsure_since is not None or row.campaign not in index.books.modes:
        return True
    if row.stage is Stage.ACCEPTED:
        return held(index.books.modes, row.campaign)
    return not is_open(index, row.campaign)


class Queue:
    """How long claims may have to wait for their rates, at worst."""

    def __init__(self, index: Index) -> None:
        """Count all who ever had to keep each of the rates that there are."""
        self._claims = index.claims
        self._rates: Changes = changes(index)
        self._entered: Counter[RateScope] = Counter()
        for claim in index.claims.values() if self._rates else ():
            self._entered.update(scopes_of(claim.campaign, claim.limit_key))

    def wait(self, row: OpenClaim) -> tuple[int, float] | None:
        """Return since when a claim waits, and for how many seconds it may have to.

        That is from the last change of its rates on, and as if everybody came before it. None
        if nobody can tell.
        """
        claim = self._claims.get(row.id)
        since = max(row.ready_at, 0 if claim is None else claim.accepted_at)
        bound_s = 0.0
        for scope in scopes_of(row.campaign, row.limit_key):
            last = self._rates[scope][-1] if scope in self._rates else None
            if last is None:
                continue
            if not last.known:
                return None
            since = max(since, last.at)
            if last.rate is not None:
                bound_s += UNEVEN * self._entered[scope] / last.rate.per_s
        return since, bound_s


def judge_spending(index: Index, heard: Testimony, docket: Docket, limits: Limits) -> None:
    """L2: where people were sent away in the end, less than a coupon's worth is left."""
    late = int((limits.clock_s + limits.commit_s) * SECOND)
    known, left = sellouts(index.books, late), _available(index)
    refused = _refused(heard)
    for name, campaign in index.books.campaigns.items():
        number, last = refused.get(name, (0, 0))
        docket.judged("L2", number)
        if left[name] < campaign.value.amount:
            continue
        row = index.books.modes.get(name)
        if row is not None and row.exhausted:
            docket.charge("L2", f"{name} counts as sold out with {left[name]} left")
        if number and _is_after(known.get(name), last - late):
            text = f"{number} were sent away from {name} as sold out"
            docket.charge("L2", f"{text}, no money came back since, and {left[name]} are left")


def _is_after(known: Sellout | None, at: int) -> bool:
    """Return whether no money came back after an instant."""
    return known is None or known.returned_at is None or known.returned_at < at


def _available(index: Index) -> Counter[str]:
    left: Counter[str] = Counter()
    for stripe in index.books.stripes:
        left[stripe.key.campaign] += stripe[Purse.AVAILABLE]
    return left


def _refused(heard: Testimony) -> dict[str, tuple[int, int]]:
    """Return how many were told that a campaign is sold out, and when the last of them asked."""
    found: dict[str, tuple[int, int]] = {}
    for asked, told in heard.refusals:
        if asked.ask is Ask.CLAIM and told.why == Why.SOLD_OUT:
            number, last = found.get(asked.campaign, (0, 0))
            found[asked.campaign] = (number + 1, max(last, asked.wall))
    return found
