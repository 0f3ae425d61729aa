"""The nemesis: it kills and stops processes, takes store and broker away, and moves clocks."""

from collections.abc import Callable, Sequence

from fulfiller.domain.error import StoreUnavailable
from fulfiller.sim.broker import SimBroker
from fulfiller.sim.fault import Fault
from fulfiller.sim.loop import SECOND, Process, Task
from fulfiller.sim.role import Role
from fulfiller.sim.worker import Worker
from fulfiller.sim.world import World

AWAY = (SECOND // 10, 2 * SECOND)
STOPPED = (SECOND // 5, 2 * SECOND)
STOPPED_LONG = (2 * SECOND, 14 * SECOND)
LONG = 0.25
"""The part of stops that outlast leases and transactions."""
DOWN = (SECOND // 100, 2 * SECOND)
TRANSACTION_TIMEOUT = 10 * SECOND
"""What a stopped process may hold locks for, before the database ends its transaction."""
JUMPS = (-3 * SECOND, -SECOND // 2, SECOND // 2, 2 * SECOND, 12 * SECOND, 3600 * SECOND)
LEAPS = (SECOND // 20, SECOND // 4, SECOND // 2)


class Nemesis:
    """Strikes at the mortals, and at what they stand on, until the weather clears."""

    def __init__(self, world: World, broker: SimBroker, mortals: Sequence[Role]) -> None:
        """Strike at these."""
        self._world = world
        self._broker = broker
        self._mortals = mortals
        self._process = Process("nemesis")
        self._blows = {
            Fault.STORE_AWAY: self._take_store,
            Fault.BROKER_AWAY: self._take_broker,
            Fault.BROKER_FROZEN: self._freeze_broker,
            Fault.BROKER_WIPED: self._wipe_broker,
            Fault.KILLED: self._kill,
            Fault.STOPPED: self._stop,
            Fault.CLOCK_JUMPED: self._jump,
            Fault.TICKS_LEAPT: self._leap,
        }

    def begin(self) -> None:
        """Begin, each kind at its own pace."""
        self._world.trap = self._spring
        for fault in self._world.weather.every_s:
            self._world.spawn(self._process, self._striking(fault))

    def heal(self) -> None:
        """Give back everything that was taken: from here on nothing goes wrong."""
        world = self._world
        world.healed = True
        world.weather.clear()
        world.away_until = 0
        self._broker.away_until = self._broker.frozen_until = 0
        for mortal in self._mortals:
            mortal.process.stopped_until = 0
            if not mortal.alive:
                mortal.boot()

    def _striking(self, fault: Fault) -> Callable[[], None]:
        blow, world = self._blows[fault], self._world

        def strike() -> None:
            while (every_s := world.weather.every_s.get(fault)) is not None:
                world.loop.sleep(int(world.dice.expovariate(1 / every_s) * SECOND))
                if not world.healed:
                    blow()

        return strike

    def _span(self, span: tuple[int, int]) -> int:
        return self._world.now + self._world.dice.randrange(*span)

    def _take_store(self) -> None:
        self._world.strike(Fault.STORE_AWAY, "store")
        self._world.away_until = self._span(AWAY)

    def _take_broker(self) -> None:
        self._world.strike(Fault.BROKER_AWAY, "broker")
        self._broker.away_until = self._span(AWAY)

    def _freeze_broker(self) -> None:
        self._world.strike(Fault.BROKER_FROZEN, "broker")
        self._broker.frozen_until = self._span(AWAY)

    def _wipe_broker(self) -> None:
        self._world.strike(Fault.BROKER_WIPED, "broker")
        self._broker.wipe()

    def _jump(self) -> None:
        self._world.strike(Fault.CLOCK_JUMPED, "clock")
        jump = self._world.dice.choice(JUMPS)
        self._world.clock_offset += jump
        self._world.jumped += abs(jump)

    def _leap(self) -> None:
        """Let a process's monotonic clock run ahead, as after the move of a virtual machine."""
        if victim := self._victim():
            self._world.strike(Fault.TICKS_LEAPT, "clock")
            victim.process.leapt += self._world.dice.choice(LEAPS)

    def _victim(self) -> Role | None:
        alive = [mortal for mortal in self._mortals if mortal.alive]
        return self._world.dice.choice(alive) if alive else None

    def _spring(self, task: Task, fault: Fault) -> None:
        """Strike at whoever is at a step just now."""
        victim = next((each for each in self._mortals if each.process is task.process), None)
        if victim is not None and fault is Fault.KILLED:
            self._kill(victim)
        elif victim is not None:
            self._stop(victim)

    def _kill(self, victim: Role | None = None) -> None:
        victim = victim or self._victim()
        if victim is None:
            return
        self._struck(Fault.KILLED, victim)
        busy = list(victim.busy.values()) if isinstance(victim, Worker) else []
        if self._world.dice.random() < 0.5:
            # Only a child has died: its parent gives the message back at once.
            for message in busy:
                self._broker.put_back(message)
        back = self._world.dice.randrange(*DOWN)
        self._world.spawn(self._process, lambda: self._revive(victim, back))
        self._world.tell(f"! {victim.name} is killed")
        self._world.loop.kill(victim.process)

    def _revive(self, victim: Role, after: int) -> None:
        self._world.loop.sleep(after)
        if not victim.alive:
            self._world.tell(f"boots {victim.name}")
            victim.boot()

    def _stop(self, victim: Role | None = None) -> None:
        victim = victim or self._victim()
        if victim is None:
            return
        self._struck(Fault.STOPPED, victim)
        self._world.tell(f"! {victim.name} is stopped")
        process = victim.process
        long = self._world.dice.random() < LONG
        process.stopped_until = self._span(STOPPED_LONG if long else STOPPED)
        self._world.spawn(self._process, lambda: self._time_out(process))

    def _time_out(self, process: Process) -> None:
        """End the transactions of a process that is stopped for too long, as the database does."""
        loop = self._world.loop
        loop.sleep(TRANSACTION_TIMEOUT)
        if loop.now < process.stopped_until and not process.dead:
            for task in process.tasks:
                if task.tied_up:
                    loop.fail(task, StoreUnavailable("the transaction has timed out"))

    def _struck(self, fault: Fault, victim: Role) -> None:
        """Count a blow at every step that the victim is in the midst of."""
        self._world.tally.faults[fault] += 1
        state = self._world.state()
        for task in victim.process.tasks:
            if not task.dead:
                self._world.tally.cells[state, task.doing, fault] += 1
