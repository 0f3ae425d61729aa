"""People beside the callers: operators who steer, and an auditor who counts the money."""

from collections.abc import Callable, Sequence

from fulfiller.chaos.history import Ask, Phase
from fulfiller.domain.breaker import Pressure
from fulfiller.domain.claim import Stage
from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Rate
from fulfiller.domain.pressure import WHOLE, Report
from fulfiller.domain.stripe import Purse, total
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY
from fulfiller.service.amend import end, set_thresholds, set_weights
from fulfiller.service.consolidate import consolidate
from fulfiller.service.extend import extend
from fulfiller.service.mark import mark
from fulfiller.service.move import abandon, replay
from fulfiller.service.parked import Choice, parked
from fulfiller.service.rates import By, set_rate
from fulfiller.service.steer import Act, hold, let_flow, let_go, pause, unhold
from fulfiller.sim.loop import SECOND
from fulfiller.sim.plan import Plan
from fulfiller.sim.role import Role
from fulfiller.sim.store import sim_store
from fulfiller.sim.world import World
from fulfiller.store.memory import MemoryStore

ACTOR = "operator:sim"
BETWEEN = (SECOND // 10, 2 * SECOND)
AUDIT = SECOND // 2
OF_LINES = ("shift", "place")
EYE = 0.6
"""The chance of an act that leads to where a seed has an eye on, before the dice are asked."""
AGAIN = SECOND // 4
REPLAY = 5 * SECOND
ENDS = 0.2


class Operator(Role):
    """Somebody who pauses, holds, limits, extends, replays and abandons, and forgets to undo."""

    def __init__(self, world: World, name: str, plan: Plan) -> None:
        """Steer these campaigns."""
        super().__init__(world, name)
        self.scopes = (SERVICE, *(campaign.id for campaign in plan.campaigns))
        self.campaigns = self.scopes[1:]
        self.over = False
        self._aiming = False

    def begin(self) -> None:
        """Begin to steer; operators are not killed."""
        self.world.spawn(self.process, self._steer)

    def _steer(self) -> None:
        store = sim_store(self.world)
        acts = (
            self._pause, self._pause, self._hold, self._hold, self._unhold, self._resume,
            self._resume, self._resume, self._let_flow,
            self._rate, self._extend, self._replay, self._abandon, self._press, self._gather,
            self._thresholds, self._end, self._weights, self._mark,
        )  # fmt: skip
        while not self.world.healed:
            self.world.loop.sleep(self.world.dice.randrange(*BETWEEN))
            act = self._towards() if self.world.dice.random() < EYE else None
            self._aiming = act is not None
            self._try(act or self.world.dice.choice(acts), store)
        while not self._try(self._undo, store):
            self.world.loop.sleep(AGAIN)
        self.over = True
        while True:
            self.world.loop.sleep(REPLAY)
            self._try(self._replay_good, store)

    def _towards(self) -> Callable[[MemoryStore, int], object] | None:
        """Return an act that leads to the mode which this seed has an eye on."""
        state, event, _ = self.world.focus
        there = self.world.state()
        if there == "held" != state:
            return self._unhold
        if state == "flowing" and event in OF_LINES:
            # Somebody must be in line while nothing is paused any more, and get out of it.
            rows = self.world.truth.shelves.open.values()
            waiting = any(row.stage is Stage.WAITLISTED for row in rows)
            return self._let_flow if waiting else self._pause
        if state == "ramping" and there == "flowing":
            return self._pause
        return {"held": self._hold, "paused": self._pause, "ramping": self._resume}.get(state)

    def _try(self, act: Callable[[MemoryStore, int], object], store: MemoryStore) -> bool:
        try:
            act(store, store.now())
        except (StoreUnavailable, Raced) as fault:
            self.world.mark(f"in vain: {fault}")
            return False
        return True

    def _undo(self, store: MemoryStore, now: int) -> None:
        """Undo by hand what would last for ever, and nothing else."""
        act = Act(reason="all is well again", actor=ACTOR, now=now)
        for scope in self.scopes:
            row = store.modes()[scope]
            if row.hold is not None and row.hold.until is None:
                unhold(scope, act, store=store)
            if row.state.forced is not None and row.state.forced.until is None:
                let_go(scope, act, store=store)
        self._replay(store, now)

    def _scope(self) -> str:
        return self.world.dice.choice(self.scopes[:2] if self._aiming else self.scopes)

    def _act(self, now: int) -> Act:
        lasting = self.world.dice.random() < 0.4
        until = None if lasting else now + self.world.dice.randint(1, 4) * SECOND
        return Act(reason="simulated", actor=ACTOR, now=now, until=until)

    def _pause(self, store: MemoryStore, now: int) -> None:
        pause(self._scope(), self._act(now), store=store)

    def _let_flow(self, store: MemoryStore, now: int) -> None:
        let_flow(self._scope(), self._act(now), store=store)

    def _resume(self, store: MemoryStore, now: int) -> None:
        let_go(self._scope(), self._act(now), store=store)

    def _hold(self, store: MemoryStore, now: int) -> None:
        hold(self._scope(), self._act(now), store=store)

    def _unhold(self, store: MemoryStore, now: int) -> None:
        unhold(self._scope(), self._act(now), store=store)

    def _rate(self, store: MemoryStore, now: int) -> None:
        dice = self.world.dice
        campaign = dice.choice(self.campaigns)
        scope = dice.choice((SERVICE_RATE, (campaign, EVERY_KEY), (campaign, "shop-1")))
        text = dice.choice((None, "5/s", "20/s", "100/s"))
        rate = None if text is None else Rate.parse(text)
        set_rate(scope, rate, By(reason="simulated", actor=ACTOR, now=now), store=store)

    def _extend(self, store: MemoryStore, now: int) -> None:
        until = now + self.world.dice.randint(31, 60) * DAY
        extend(self.world.dice.choice(self.campaigns), until, store=store, now=now, actor=ACTOR)

    def _replay(self, store: MemoryStore, now: int) -> None:
        ids = [each.claim.id for each in parked(Choice(), store)]
        replay(ids, store=store, now=now, actor=ACTOR)

    def _replay_good(self, store: MemoryStore, now: int) -> None:
        """Replay what is parked and should not be: nothing is wrong with it, or any more."""
        bad = self.world.secrets.bad
        ids = [
            row.id for row in self.world.truth.shelves.open.values() if row.stage is Stage.PARKED
        ]
        if good := [claim_id for claim_id in ids if claim_id not in bad]:
            replay(good, store=store, now=now, actor=ACTOR)

    def _abandon(self, store: MemoryStore, now: int) -> None:
        ids = [each.claim.id for each in parked(Choice(), store)][:1]
        abandon(ids, "hopeless", store=store, now=now, actor=ACTOR)

    def _thresholds(self, store: MemoryStore, now: int) -> None:
        stated = {"backlog_threshold": self.world.dice.choice((None, 20, 200))}
        stated |= {"resume_threshold": None}
        set_thresholds(self._campaign(), stated, self._by(now), store=store)

    def _weights(self, store: MemoryStore, now: int) -> None:
        weights = {Tier.P0: self.world.dice.randint(8, 20)}
        set_weights(self._campaign(), weights, self._by(now), store=store)

    def _mark(self, store: MemoryStore, now: int) -> None:
        mark(self._scope(), "simulated", actor=ACTOR, at=now, store=store)

    def _end(self, store: MemoryStore, now: int) -> None:
        """End a campaign for good, rarely, and never the one that a seed has an eye on."""
        campaign = self._campaign()
        if campaign != self.campaigns[0] and self.world.dice.random() < ENDS:
            end(campaign, self._by(now), store=store)

    def _campaign(self) -> str:
        return self.world.dice.choice(self.campaigns)

    def _by(self, now: int) -> By:
        return By(reason="simulated", actor=ACTOR, now=now)

    def _gather(self, store: MemoryStore, now: int) -> None:
        consolidate(self.world.dice.choice(self.campaigns), store=store, now=now)

    def _press(self, store: MemoryStore, now: int) -> None:
        campaign = self.world.dice.choice(self.campaigns)
        pressure = self.world.dice.choice((Pressure.SLOW, Pressure.FULL, None))
        report = Report(
            campaign=campaign, limit_key=WHOLE, pressure=pressure, reason="simulated",
            account="shop", at=now, expires_at=now + 3 * SECOND,
        )  # fmt: skip
        event = Event(
            at=now, campaign=campaign, kind=Kind.PRESSURE_REPORTED, actor="account:shop",
            detail=f"{pressure}: simulated",
        )  # fmt: skip
        store.report(report, event)


class Auditor(Role):
    """Somebody who reads the stripes now and then and writes down what they say."""

    def __init__(self, world: World, name: str, campaigns: Sequence[str]) -> None:
        """Read these campaigns."""
        super().__init__(world, name)
        self.campaigns = campaigns

    def begin(self) -> None:
        """Begin to read."""
        self.world.spawn(self.process, self._audit)

    def _audit(self) -> None:
        store = sim_store(self.world)
        while not self.world.healed:
            self.world.loop.sleep(AUDIT)
            campaign = self.world.dice.choice(self.campaigns)
            call = self.world.call(Ask.SNAPSHOT, campaign=campaign)
            try:
                stripes = store.stripes(campaign)
            except StoreUnavailable as fault:
                call.end(Phase.INFO, why=str(fault))
                continue
            purses = {purse.value: total(stripes, purse) for purse in Purse}
            call.end(Phase.OK, purses={campaign: purses})
