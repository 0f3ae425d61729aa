"""A backlog to keep: campaigns on the in-memory store, claims taken in at chosen instants."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, Request
from fulfiller.domain.code import CodeKey
from fulfiller.domain.flow import flow_of
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.money import Money
from fulfiller.domain.outcome import Accepted
from fulfiller.domain.pace import Rate, RateScope
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, SECOND, Validity
from fulfiller.service.accept import accept
from fulfiller.service.create import create
from fulfiller.service.decide import Round
from fulfiller.service.dispatch import Flow, Hint, Lane
from fulfiller.service.issue import Press, issue
from fulfiller.service.rates import By, set_rate
from fulfiller.store.memory import MemoryStore

START = 1_770_339_600 * SECOND
KEY = CodeKey.derive(1, b"a secret of many bytes")


class ListQueue:
    """The queue port on lists: what was published, per tier, until somebody takes it."""

    def __init__(self) -> None:
        """Start empty, answering."""
        self.waiting: dict[Tier, list[Hint]] = {tier: [] for tier in Tier}
        self.answers = True
        self.keyless = False
        self.epoch: str | None = None
        self.asked = 0

    def publish(self, hints: Sequence[Hint]) -> bool:
        """Keep the hints."""
        if self.answers:
            for hint in hints:
                self.waiting[hint.lane.tier].append(hint)
        return self.answers

    def depths(self) -> Mapping[Tier, int] | None:
        """Return how many hints wait."""
        self.asked += 1
        return {tier: len(hints) for tier, hints in self.waiting.items()} if self.answers else None

    def intact(self, epoch: str) -> bool | None:
        """Return whether this epoch was left here."""
        self.asked += 1
        return self.keyless or self.epoch == epoch if self.answers else None

    def mark(self, epoch: str) -> bool:
        """Keep the epoch."""
        if self.answers:
            self.epoch = epoch
        return self.answers

    def take(self) -> list[Hint]:
        """Take all hints, as workers would."""
        taken = [hint for hints in self.waiting.values() for hint in hints]
        for hints in self.waiting.values():
            hints.clear()
        return taken

    def lose_everything(self) -> None:
        """Forget hints and epoch, as after FLUSHALL."""
        self.take()
        self.epoch = None


class Backlog:
    """A store with campaigns, a queue, and a clock that the test moves."""

    def __init__(self, *campaigns: str, **terms: Any) -> None:
        """Create the campaigns with these terms; the clock stands at START."""
        self.now = START
        self.store = MemoryStore(now=lambda: self.now)
        self.queue = ListQueue()
        self._numbers: Iterator[int] = count(1)
        for name in campaigns:
            campaign = replace(_campaign(name), **terms)
            create(campaign, store=self.store, now=START, actor="test")

    def claims(
        self,
        number: int,
        *,
        campaign: str = "festival",
        tier: Tier = Tier.P2,
        at: int | None = None,
        short: Collection[Tier] = (),
        **rest: Any,
    ) -> list[ClaimId]:
        """Take in this many claims; `short` are tiers that the intake publishes to itself."""
        requests = [self._request(campaign, tier, rest) for _ in range(number)]
        instant = self.now if at is None else at
        answers = accept(
            requests,
            store=self.store,
            circumstances=Round(now=instant, new_id=lambda: self._id(instant), short=short),
        )
        return [answer.claim.id for answer in answers if isinstance(answer, Accepted)]

    def work(self, hints: Sequence[Hint]) -> None:
        """Issue what these hints offer."""
        press = Press(store=self.store, key=KEY, now=lambda: self.now)
        for hint in hints:
            issue(hint.ids, press)

    def hold(self, scope: str, *, held: bool) -> None:
        """Stop a campaign's issuing, or let it go on."""
        row = self.store.shelves.modes[scope]
        self.store.shelves.modes[scope] = ModeRow(scope=scope, held=held, since=row.since)

    def open(self) -> set[ClaimId]:
        """Return the claims that are still open."""
        return set(self.store.shelves.open)

    def rate(self, scope: RateScope, rate: str | None) -> None:
        """Set a rate."""
        by = By(reason="a check", actor="test", now=self.now)
        set_rate(scope, None if rate is None else Rate.parse(rate), by, store=self.store)

    def _request(self, campaign: str, tier: Tier, rest: Mapping[str, Any]) -> Request:
        user = f"user-{next(self._numbers)}"
        usual: dict[str, Any] = {"account": "shop", "tier": tier}
        return Request(
            campaign=campaign, user=user, key=user, fingerprint=b"", **(usual | dict(rest))
        )

    def _id(self, instant: int) -> ClaimId:
        """Return an id that sorts by its instant, as UUIDv7 does."""
        milliseconds = f"{instant // 1_000:012x}"
        return ClaimId(
            f"{milliseconds[:8]}-{milliseconds[8:]}-7000-8000-{next(self._numbers):012x}"
        )


def lane(campaign: str = "festival", tier: Tier = Tier.P2) -> Lane:
    """Return a lane, by default the one that claims of this module go to."""
    return Lane(campaign, tier)


def flow(account: str = "shop") -> Flow:
    """Return the flow of an account in the usual lane."""
    return Flow(lane(), flow_of(account))


def ids(hints: Sequence[Hint]) -> list[ClaimId]:
    """Return the claims that these hints offer, in order."""
    return [claim_id for hint in hints for claim_id in hint.ids]


def _campaign(name: str) -> Campaign:
    return Campaign(
        id=name,
        owner="owner",
        value=Money(2_500, "CNY"),
        budget=2_500 * 100_000,
        opens_at=START - DAY,
        closes_at=START + DAY,
        zone="Asia/Shanghai",
        validity=Validity(days=30),
        stripes=4,
    )
