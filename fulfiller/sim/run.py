"""One run: a seed, a phase in which everything may go wrong, and one in which all must come right.

The second begins with a healing: nothing fails any more, who was dead lives, operators undo
what they did. From then on every claim must come to its end within the promised time.
"""

from dataclasses import dataclass, field

from fulfiller.domain.breaker import Mode
from fulfiller.domain.claim import Stage
from fulfiller.domain.mode import SERVICE, ModeRow
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
"""After the healing every claim that is not rate-bound must have ended by then."""
SETTLED = 300 * SECOND
"""And by then everything else must be as it was before: modes flow, all events are sealed."""


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
    plan = Plan.drawn(world.dice)
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
    world.poison.clear()
    world.killers.clear()
    healed_at = world.now
    watch.begin()
    world.loop.run(until=healed_at + SETTLED, done=lambda: watch.settled)
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
        self.drained_at: int | None = None
        self.settled = False

    def begin(self) -> None:
        self._world.spawn(Process("watch"), self._look)

    def late(self) -> list[str]:
        """Return what has not come right, in words."""
        found = []
        if not self._over():
            found.append("callers or operators still wait for an answer")
        if (left := self._unfinished()) and self.drained_at is None:
            found.append(f"{left} claims are still open")
        shelves = self._world.truth.shelves
        found += [f"{row.scope} is {row.mode}" for row in shelves.modes.values() if _stuck(row)]
        if len(shelves.seals) != len(shelves.events):
            found.append(f"{len(shelves.events) - len(shelves.seals)} events are not sealed")
        return found

    def _look(self) -> None:
        while True:
            self._world.loop.sleep(LOOK)
            if self._over() and not self._unfinished():
                self.drained_at = self.drained_at or self._world.now
                self.settled = not self.late()

    def _over(self) -> bool:
        return self._cast.operator.over and all(caller.done for caller in self._cast.callers)

    def _unfinished(self) -> int:
        rows = self._world.truth.shelves.open.values()
        return sum(row.stage is not Stage.PARKED for row in rows)


def _stuck(row: ModeRow) -> bool:
    return row.mode is not Mode.FLOWING or (row.scope == SERVICE and row.held)
