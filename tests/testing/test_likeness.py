"""The in-memory Fulfiller answers as an intake on a database does, word by word."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import httpx
import pytest

from fulfiller.clock import monotonic
from fulfiller.domain.key import Scope
from fulfiller.domain.stripe import Count
from fulfiller.service.govern import count_of
from fulfiller.service.issue import Press, issue
from fulfiller.service.keep import Keeper
from fulfiller.service.steer import Act, let_flow, pause
from fulfiller.testing import Fulfiller
from fulfiller.testing.tray import Tray
from tests.intake.door import CODE_KEY, Door
from tests.intake.stage import Stage, staged
from tests.testing.story import NAME, SMALL, tell
from tests.waiting import until

HOUR_S = 3_600.0


@pytest.fixture
def door(sqlite_url: str) -> Iterator[Door]:
    """An intake on SQLite with a campaign that is open."""
    with staged() as stage:
        assert isinstance(stage, Stage)
        with stage.on(sqlite_url) as door:
            yield door


@dataclass(slots=True)
class OnDatabase:
    """The story's world on SQLite: the production keeper, and a worker that takes its hints."""

    door: Door
    tray: Tray
    keeper: Keeper

    def caller(self, account: str, scopes: Collection[str]) -> httpx.Client:
        """Return an HTTP client with a key of an account."""
        return self.door.caller(account, frozenset(Scope(each) for each in scopes))

    def pause(self) -> None:
        """Pause the campaign, once the intake knows that it flows."""
        assert pause(NAME, self._act(None), store=self.door.store).changed

    def resume(self) -> None:
        """Let it flow."""
        now = self.door.store.now()
        assert let_flow(NAME, self._act(now), store=self.door.store).changed

    def work(self) -> None:
        """Tick the keeper and issue what it offers until all is issued and sealed."""
        until(self._done, what="all is issued and sealed")

    def _act(self, end: int | None) -> Act:
        now = self.door.store.now()
        return Act(reason="a check", actor="operator:test", now=now, until=end)

    def _done(self) -> bool:
        store = self.door.store
        self.keeper.tick(store.now())
        for hint in self.tray.emptied():
            issue(hint.ids, Press(store=store, key=CODE_KEY, now=self.door.parts.now))
        last = store.last_seal()
        sums = store.survey().sums
        open_ = sum(count_of(sums[NAME], count) for count in (Count.WAITLISTED, Count.ACCEPTED))
        sealed = last is not None and not store.unsealed(after=last.position, limit=1)
        return sealed and not open_


@dataclass(slots=True)
class InMemory:
    """The story's world in memory."""

    service: Fulfiller

    def caller(self, account: str, scopes: Collection[str]) -> httpx.Client:
        """Return an HTTP client with a key of an account."""
        headers = {"authorization": f"Bearer {self.service.key(account, scopes)}"}
        return httpx.Client(base_url=self.service.url, headers=headers)

    def pause(self) -> None:
        """Pause the campaign."""
        self.service.pause(NAME, "a check")

    def resume(self) -> None:
        """Let it flow."""
        self.service.resume(NAME)

    def work(self) -> None:
        """Issue all there is."""
        self.service.work()


def test_both_tell_the_same_story(door: Door) -> None:
    """Statuses, headers and bodies are equal, but for ids, codes and times."""
    tray = Tray()
    keeper = Keeper(
        store=door.store,
        queue=tray,
        holder="test",
        new_epoch=lambda: "epoch",
        monotonic=monotonic,
    )
    door.campaign(SMALL, budget=2_500)
    real = tell(OnDatabase(door, tray, keeper))
    with Fulfiller(user_rate=None) as service:
        for name, coupons in ((NAME, 1_000), (SMALL, 1)):
            service.campaign(
                name,
                coupons=coupons,
                opens_in_s=-HOUR_S,
                closes_in_s=HOUR_S,
                owner="palace",
                zone="Asia/Shanghai",
                valid_days=3,
            )
        played = tell(InMemory(service))
    assert played == real
    assert len(real) > 25
