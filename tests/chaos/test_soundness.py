"""What is legal is never charged: runs drawn at random, whatever happens in them."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from random import Random

import pytest

from fulfiller.chaos.checker import check
from fulfiller.domain.act import Verb
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.outcome import Why
from fulfiller.domain.pace import Rate
from fulfiller.service.move import abandon, park, replay
from fulfiller.service.rates import By, set_rate
from fulfiller.service.steer import Act, hold, let_flow, let_go, pause, unhold
from tests.chaos.fair import Fair
from tests.domain.festival import VALUE

CAMPAIGNS = ("festival", "small", "paced", "rush", "held")
USERS = tuple(f"user {number}" for number in range(12))
ACTS = 300


class Chance:
    """Plays a fair at random."""

    def __init__(self, seed: int) -> None:
        """Found the campaigns; the same seed plays the same run."""
        self.random = Random(seed)
        self.fair = Fair()
        self._numbers = count(1)
        self.fair.found("festival", per_user_limit=2, waitlist_cap=4)
        self.fair.found("small", budget=3 * VALUE + 7, stripes=2, per_user_limit=3)
        self.fair.found("paced", issuing_rate="5/s")
        self.fair.found("rush", backlog_threshold=3)
        self.fair.found("held", stripes=1)

    def play(self) -> None:
        """Do so many things, then let go of everything and let the keeper and workers end it."""
        acts: tuple[tuple[Callable[[], None], int], ...] = (
            (self._claim, 40),
            (self._claim_again, 10),
            (self._look, 10),
            (self._cancel, 8),
            (self._issue, 20),
            (self._handle, 12),
            (self._set_back, 6),
            (self._steer, 5),
            (self._set_rate, 2),
            (self._keep, 8),
            (lambda: self.fair.clock.on(self.random.choice((0.1, 1, 20))), 8),
            (lambda: self.fair.snapshot(self._name()), 2),
        )
        chosen, weights = zip(*acts, strict=True)
        for act in self.random.choices(chosen, weights, k=ACTS):
            act()
        self._drain()

    def _name(self) -> str:
        return f"call {next(self._numbers)}"

    def _claim(self) -> None:
        user, campaign = self.random.choice(USERS), self.random.choice(CAMPAIGNS)
        rest = {
            "grant": self.random.choice(("default", "second", "third", "fourth")),
            "account": self.random.choice(("shop", "shop", "kiosk")),
            "limit_key": self.random.choice((None, "merchant")),
        }
        if self.random.random() < 0.1:
            done = self.random.random() < 0.5
            self.fair.lose(self._name(), user, campaign, done=done, **rest)
        else:
            self.fair.claim(self._name(), user, campaign, **rest)

    def _claim_again(self) -> None:
        """Send a key again, with its own body or another."""
        if not self.fair.names:
            return
        key, body = self.random.choice(list(self.fair.names)), self.random.choice(("", "another"))
        number = self.fair.calls[key]
        asked = next(line for line in self.fair.recorder.history if line.call == number)
        said = {
            "grant": asked.grant,
            "account": asked.account,
            "limit_key": asked.limit_key,
            "key": asked.key,
            "body": body or asked.body,
        }
        self.fair.claim(self._name(), asked.user, asked.campaign, **said)

    def _some(self) -> str | None:
        return self.random.choice(list(self.fair.names)) if self.fair.names else None

    def _look(self) -> None:
        if (name := self._some()) is not None:
            self.fair.look(self._name(), name)

    def _cancel(self) -> None:
        if (name := self._some()) is not None:
            self.fair.cancel(self._name(), name)

    def _issue(self) -> None:
        if self.fair.names:
            self.fair.issue(*self.random.choices(list(self.fair.names), k=5))

    def _handle(self) -> None:
        if (name := self._some()) is not None:
            verb = self.random.choice(tuple(Verb))
            self.fair.handle(self._name(), name, verb, key=self.random.choice(("a", "b", name)))

    def _set_back(self) -> None:
        name, store, now = self._some(), self.fair.store, self.fair.clock()
        if name is None:
            return
        ids = (self.fair.names[name],)
        self.random.choice(
            (
                lambda: park(ids, "alone", store=store, now=now, actor="worker"),
                lambda: replay(ids, store=store, now=now, actor="operator:li"),
                lambda: abandon(ids, "no stock", store=store, now=now, actor="operator:li"),
            )
        )()

    def _steer(self) -> None:
        act = Act(reason="because", actor="operator:li", now=self.fair.clock())
        scope = self.random.choice((*CAMPAIGNS, SERVICE))
        move = self.random.choice((pause, let_flow, let_go, let_go, hold, unhold, unhold))
        move(scope, act, store=self.fair.store)

    def _set_rate(self) -> None:
        scope = self.random.choice((("*", ""), ("paced", ""), ("paced", "merchant")))
        rate = self.random.choice((None, Rate.parse("2/s"), Rate.parse("50/s")))
        by = By(reason="at large: yes", actor="operator:li", now=self.fair.clock())
        set_rate(scope, rate, by, store=self.fair.store)

    def _keep(self) -> None:
        self.fair.keep(self.random.choice((1, 5, 30)))

    def _drain(self) -> None:
        act = Act(reason="the end", actor="operator:li", now=self.fair.clock())
        for scope in (*CAMPAIGNS, SERVICE):
            let_go(scope, act, store=self.fair.store)
            unhold(scope, act, store=self.fair.store)
        for _ in range(400):
            self.fair.keep(1)
            for name in list(self.fair.store.shelves.open):
                self.fair.issue_ids(name)
        self.fair.seal()


@pytest.mark.parametrize("seed", range(20))
def test_a_legal_run_is_in_order(seed: int) -> None:
    """Nothing is charged, though much was refused, lost, paused, changed and set back."""
    chance = Chance(seed)
    chance.play()
    case = chance.fair.case()
    # Once as a simulated store tells it, once as a database does.
    for books in (case.books, replace(case.books, in_commit_order=False)):
        report = check(case.history, books)
        assert report.ok, str(report)
    whys = {line.why for line in case.history}
    assert whys >= {Why.SOLD_OUT, Why.KEY_REUSED, "timeout"}
    assert report["S11"].over > 20
