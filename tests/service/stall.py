"""A stall at the festival: campaigns on the in-memory store, and the verbs within reach."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, OpenClaim, Request, Stage, State
from fulfiller.domain.code import CodeKey
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.outcome import Accepted, Answer, Issued
from fulfiller.domain.stripe import Count, Delta, Purse, Stripe, StripeKey, counted, total
from fulfiller.domain.tier import Tier
from fulfiller.service.accept import accept
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.service.issue import Press, issue
from fulfiller.service.move import cancel
from fulfiller.service.port import Ask, Sight, Unit, Writes
from fulfiller.store.memory import MemoryStore
from fulfiller.store.memory_unit import MemoryUnit
from tests.domain.festival import OPENING, VALUE, festival

KEY = CodeKey.derive(1, b"a secret of many bytes")
Hook = Callable[[Any], None]
Result = TypeVar("Result")


def wish(user: str = "li", *, key: str | None = None, body: str = "", **rest: Any) -> Request:
    """Return a request of the shop for this user; its key is the user unless it is stated."""
    usual: dict[str, Any] = {"account": "shop", "campaign": "festival"}
    key = user if key is None else key
    return Request(user=user, key=key, fingerprint=body.encode(), **(usual | rest))


class Weather(MemoryStore):
    """The in-memory store, at whose steps something may happen: `before` or `after` each.

    Steps are look, write, attempt and lock, and the commit of a unit.
    """

    def __init__(self, now: Callable[[], int]) -> None:
        """Start calm."""
        super().__init__(now)
        self.before: dict[str, Hook] = {}
        self.after: dict[str, Hook] = {}
        self.steps: list[str] = []

    def look(self, ask: Ask) -> Sight:
        """Look, in whatever weather."""
        return self._step("look", ask, super().look)

    def write(self, writes: Writes) -> None:
        """Write, in whatever weather."""
        self._step("write", writes, super().write)

    def attempt(self, ids: Sequence[ClaimId], *, fence: int | None = None) -> Any:
        """Count, in whatever weather."""
        counting = super().attempt
        return self._step("attempt", ids, lambda mine: counting(mine, fence=fence))

    @contextmanager
    def take(self, *args: Any, **options: Any) -> Iterator[MemoryUnit[OpenClaim]]:
        """Take, and commit in whatever weather."""
        with super().take(*args, **options) as unit:
            yield self._exposed(unit)

    @contextmanager
    def shift(self, *args: Any, **options: Any) -> Iterator[MemoryUnit[OpenClaim]]:
        """Shift, and commit in whatever weather."""
        with super().shift(*args, **options) as unit:
            yield self._exposed(unit)

    def lock(self, campaign: str) -> Any:
        """Lock, in whatever weather."""
        return self._step("lock", campaign, super().lock)

    def _exposed(self, unit: Unit[OpenClaim]) -> MemoryUnit[OpenClaim]:
        def commit(writes: Writes) -> None:
            self._step("commit", writes, unit.commit)

        return MemoryUnit(unit.rows, commit, unit.pace, paced=unit.paced)

    def _step(self, name: str, what: Any, do: Callable[[Any], Result]) -> Result:
        self.steps.append(name)
        self.before.get(name, _calm)(what)
        result = do(what)
        self.after.get(name, _calm)(what)
        return result


def times(number: int, fault: Exception) -> Hook:
    """Return a hook that raises this fault so many times, and is calm from then on."""
    left = iter(range(number))

    def hook(_what: Any) -> None:
        if next(left, None) is not None:
            raise fault

    return hook


def lose(number: int) -> Hook:
    """Return a hook for so many lost races."""
    return times(number, Raced("somebody was first"))


class Stall:
    """Campaigns on a store, a clock that the test moves, and verbs with their usual arguments."""

    def __init__(self, *campaigns: Campaign) -> None:
        """Open these campaigns, or the usual one."""
        self.now = OPENING
        self.store = Weather(lambda: self.now)
        self.numbers = count(1)
        for campaign in campaigns or (festival(),):
            create(campaign, store=self.store, now=self.now, actor="test")
        self.press = Press(store=self.store, key=KEY, now=lambda: self.now)

    def round(self, *, start: int = 0, short: Collection[Tier] = ()) -> Round:
        """Return the circumstances of a decision made now."""
        return Round(now=self.now, new_id=self.new_id, start=start, short=short)

    def new_id(self) -> ClaimId:
        """Return an id that no other claim has."""
        return ClaimId(f"01900000-0000-7000-8000-{next(self.numbers):012x}")

    def accept(self, *requests: Request, start: int = 0) -> tuple[Answer, ...]:
        """Accept requests as one group."""
        return accept(requests, store=self.store, circumstances=self.round(start=start))

    def claims(self, number: int, **terms: Any) -> list[ClaimId]:
        """Take in claims of as many users, each on its own."""
        wishes = [wish(f"user-{next(self.numbers)}", **terms) for _ in range(number)]
        return [one.claim.id for each in wishes for one in accepted(self.accept(each))]

    def issue(self, *ids: ClaimId, redelivered: bool = False) -> Issued:
        """Issue these claims as a worker would."""
        return issue(ids, self.press, redelivered=redelivered)

    def cancel(self, claim_id: ClaimId, account: str = "shop") -> bool:
        """Cancel a claim for an account."""
        return cancel(claim_id, store=self.store, now=self.now, account=account, actor=account)

    def state(self, claim_id: ClaimId) -> State:
        """Return where a claim stands."""
        return self.store.view([claim_id])[claim_id].state

    def events(self, kind: Kind) -> list[Event]:
        """Return what was logged of this kind."""
        return [event for event in self.store.shelves.events if event.kind is kind]

    def money(self, purse: Purse, campaign: str = "festival") -> int:
        """Return the money of a campaign in one purse."""
        return total(self.store.stripes(campaign), purse)

    def available(self, campaign: str = "festival") -> list[int]:
        """Return what is available on each stripe."""
        return [stripe[Purse.AVAILABLE] for stripe in self.store.stripes(campaign)]

    def scatter(self, *available: int, campaign: str = "festival") -> None:
        """Lay a campaign's available money out on its stripes as it may end up in real life."""
        for number, stripe in enumerate(self.store.stripes(campaign)):
            change = available[number] - stripe[Purse.AVAILABLE]
            delta = Delta({Purse.AVAILABLE: change, Purse.LIMIT: change})
            self.store.shelves.stripes[StripeKey(campaign, number)] = stripe.moved(delta)

    def mode(self, scope: str, **changes: Any) -> ModeRow:
        """Change a mode row, as a keeper or an operator would, and return it."""
        row = replace(self.store.shelves.modes[scope], **changes)
        self.store.shelves.modes[scope] = row
        return row

    def audit(self) -> None:
        """Check what must hold at every moment, whatever happened."""
        shelves = self.store.shelves
        for campaign in shelves.campaigns.values():
            stripes = self.store.stripes(campaign.id)
            assert [stripe.broken() for stripe in stripes] == [None] * len(stripes)
            assert total(stripes, Purse.LIMIT) == campaign.budget
            self._audit_counts(campaign.id, stripes)
            if shelves.modes[campaign.id].exhausted:
                assert total(stripes, Purse.AVAILABLE) < campaign.value.amount
        for claim_id in shelves.claims:
            places = (shelves.open, shelves.coupons, shelves.outcomes)
            assert sum(claim_id in place for place in places) == 1, claim_id
        assert len(shelves.lookups) == len(shelves.coupons)
        assert all(binding.claim_id in shelves.claims for binding in shelves.keys.values())

    def _audit_counts(self, campaign: str, stripes: Sequence[Stripe]) -> None:
        """Check that the counters say what the rows say, and the money what the coupons say."""
        shelves = self.store.shelves
        rows = [row for row in shelves.open.values() if row.campaign == campaign]
        for stage, gauge in (
            (Stage.WAITLISTED, Count.WAITLISTED),
            (Stage.ACCEPTED, Count.ACCEPTED),
            (Stage.PARKED, Count.PARKED),
        ):
            assert counted(stripes, gauge) == sum(row.stage is stage for row in rows)
        coupons = [one for one in shelves.coupons.values() if one.campaign == campaign]
        claims = [one for one in shelves.claims.values() if one.campaign == campaign]
        assert counted(stripes, Count.ISSUED) == len(coupons)
        assert counted(stripes, Count.ENTERED) == len(claims)
        assert total(stripes, Purse.ISSUED) == sum(coupon.amount for coupon in coupons)
        assert total(stripes, Purse.RESERVED) == sum(row.amount for row in rows)


def accepted(answers: Sequence[Answer]) -> list[Accepted]:
    """Return those of the answers that promise a coupon."""
    return [answer for answer in answers if isinstance(answer, Accepted)]


def last(coupons: int, **terms: Any) -> Campaign:
    """Return a campaign with so few coupons that they can be fought over."""
    return festival(budget=coupons * VALUE, **terms)


def _calm(_what: Any) -> None:
    pass
