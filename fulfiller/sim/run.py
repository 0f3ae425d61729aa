"""One run: a seed, a phase in which everything may go wrong, and one in which all must come right.

The second begins with a healing: nothing fails any more, who was dead lives, operators undo
what they did. From then on every claim must come to its end within the promised time.
"""

from dataclasses import dataclass, field

from fulfiller.domain.breaker import Mode
from fulfiller.domain.claim import OpenClaim, Stage
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.domain.pace import HOUR
from fulfiller.service.create import create
from fulfiller.sim.broker import SimBroker
from fulfiller.sim.fault import Tally
from fulfiller.sim.intake import Intake
from fulfiller.sim.keeping import KeeperRole
from fulfiller.sim.loop import SECOND, Process
from fulfiller.sim.nemesis import Nemesis
from fulfiller.sim.people import Auditor, Operator
from fulfiller.sim.plan import Plan
from fulfiller.sim.role import Role
from fulfiller.sim.upstream import Upstream
from fulfiller.sim.worker import Worker
from fulfiller.sim.world import World

LOOK = SECOND // 4
WITHIN = 60 * SECOND
"""An accepted claim must end within this after the healing, and what its rate needs on top."""
ANSWERED = 120 * SECOND
"""By then callers must have been told of everything that they still wished for."""
SETTLED = 240 * SECOND
"""By then those who waited must have ended, too, modes flow, and all events are sealed: a mode
moves four times a minute at most, and its hold and its ramp take their time."""
EVER = 3_600 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run came to: the world as it was left, and what did not come right in time."""

    seed: int
    world: World
    plan: Plan
    late: tuple[str, ...]
    healed_at: int
    drained_at: int | None

    @property
    def tally(self) -> Tally:
        """What went wrong in it on purpose."""
        return self.world.tally


@dataclass(slots=True)
class _Cast:
    """Who takes part."""

    intakes: list[Intake]
    workers: list[Worker]
    keepers: list[KeeperRole]
    callers: list[Upstream]
    operator: Operator
    auditor: Auditor
    roles: list[Role] = field(default_factory=list)


def run(seed: int, *, telling: bool = False) -> Ran:
    """Run a seed; what a process fails with that nobody expects is raised."""
    world = World(seed, telling=telling)
    plan = Plan.drawn(world.dice, world.focus[2])
    broker = SimBroker(world.loop, plan.visibility)
    for campaign in plan.campaigns:
        create(campaign, store=world.truth, now=world.store_now(), actor="operator:sim")
    cast = _cast(world, plan, broker)
    nemesis = Nemesis(world, broker, [*cast.intakes, *cast.workers, *cast.keepers])
    for role in cast.roles:
        role.boot()
    nemesis.begin()
    try:
        return _played(world, plan, cast, nemesis)
    finally:
        world.loop.end()


def _played(world: World, plan: Plan, cast: _Cast, nemesis: Nemesis) -> Ran:
    watch = _Watch(world, cast)
    world.loop.run(until=plan.safety, done=lambda: False)
    nemesis.heal()
    for worker in cast.workers:
        worker.speaks = 2
    if plan.cured:
        world.secrets.poison.clear()
        world.secrets.killers.clear()
    healed_at = world.now
    watch.begin()
    world.loop.run(until=healed_at + EVER, done=lambda: watch.over)
    return Ran(
        seed=world.seed, world=world, plan=plan, late=tuple(watch.late()),
        healed_at=healed_at, drained_at=watch.drained_at,
    )  # fmt: skip


def _cast(world: World, plan: Plan, broker: SimBroker) -> _Cast:
    intakes = [Intake(world, f"intake-{n}", broker) for n in range(plan.intakes)]
    workers = [Worker(world, f"worker-{n}", broker, slots=plan.slots) for n in range(plan.workers)]
    for worker in workers:
        worker.asks = plan.hook
        worker.speaks = 1 if plan.old_workers else 2
    cast = _Cast(
        intakes=intakes,
        workers=workers,
        keepers=[KeeperRole(world, f"keeper-{n}", broker) for n in range(plan.keepers)],
        callers=[Upstream(world, f"caller-{n}", plan, intakes) for n in range(plan.clients)],
        operator=Operator(world, "operator", plan),
        auditor=Auditor(world, "auditor", [campaign.id for campaign in plan.campaigns]),
    )
    cast.roles = [
        *intakes, *workers, *cast.keepers, *cast.callers, cast.operator, cast.auditor,
    ]  # fmt: skip
    return cast


class _Watch:
    """Looks now and then whether everything has come right."""

    def __init__(self, world: World, cast: _Cast) -> None:
        self._world = world
        self._cast = cast
        self._since = 0
        self.drained_at: int | None = None
        self.over = False

    def begin(self) -> None:
        self._since = self._world.now
        self._world.spawn(Process("watch"), self._look)

    def late(self) -> list[str]:
        """Return what has not come right, in words."""
        found = []
        if not self._answered():
            found.append("callers or operators still wait for an answer")
        if self._unfinished():
            found.append(f"{self._unfinished()} claims are still open")
        shelves = self._world.truth.shelves
        found += [f"{row.scope} is {row.mode}" for row in shelves.modes.values() if _stuck(row)]
        if len(shelves.seals) != len(shelves.events):
            found.append(f"{len(shelves.events) - len(shelves.seals)} events are not sealed")
        return found

    def _look(self) -> None:
        while not self.over:
            self._world.loop.sleep(LOOK)
            if self.drained_at is None and self._answered() and not self._unfinished():
                self.drained_at = self._world.now
            self._world.drained = self.drained_at is not None
            self.over = self._world.now > self._due() or not self.late()

    def _due(self) -> int:
        """Return until when there is time: less while accepted claims are left."""
        left = any(row.stage is Stage.ACCEPTED for row in self._old())
        span = WITHIN if left else SETTLED if self._answered() else ANSWERED
        return self._since + span + self._owed() + self._spoiled()

    def _spoiled(self) -> int:
        """Return how long bad claims may hold up their campaigns until they are set aside."""
        return len(self._world.secrets.bad) * WITHIN

    def _old(self) -> list[OpenClaim]:
        """Return what has been ready for as long as an accepted claim may take."""
        shelves = self._world.truth.shelves
        before = self._world.store_now() - WITHIN - self._owed()
        return [row for row in shelves.open.values() if row.ready_at < before]

    def _owed(self) -> int:
        """Return how long the rates that are set need for all claims there are."""
        shelves = self._world.truth.shelves
        slowest = min((pace.rate.per_hour for pace in shelves.paces.values()), default=None)
        return 0 if slowest is None else len(shelves.claims) * HOUR // slowest

    def _answered(self) -> bool:
        return self._cast.operator.over and all(caller.done for caller in self._cast.callers)

    def _unfinished(self) -> int:
        """Return how many claims have not come to the end that they could come to."""
        bad = self._world.secrets.bad
        rows = self._world.truth.shelves.open.values()
        return sum(row.stage is not Stage.PARKED or row.id not in bad for row in rows)


def _stuck(row: ModeRow) -> bool:
    return row.mode is not Mode.FLOWING or (row.scope == SERVICE and row.held)
