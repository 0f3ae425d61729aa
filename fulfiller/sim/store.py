"""The simulated store: the in-memory store, each method a step over a line that can fail.

A step is a request on its way, the act, and an answer on its way. Where it is killed, refused
or left without an answer decides what has happened, as with a database: before the act nothing
has, after a commit everything has, and whoever asked can't tell the two apart.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import OPEN, ClaimId, OpenClaim
from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.domain.mode import held
from fulfiller.domain.pace import Pace, RateScope
from fulfiller.service.port import Ask, ClaimView, Sight, Unit, Writes
from fulfiller.sim.fault import KEEN, Fault
from fulfiller.sim.loop import SECOND
from fulfiller.sim.world import World
from fulfiller.store.memory import MemoryStore

UNITS = frozenset({"take", "shift", "lock", "move_coupon"})
ABORTED = frozenset({"write", "attempt"})
"""Those that touch rows of many, which a database may have to break a deadlock over."""
TIMEOUT = 5 * SECOND
"""What a statement may take; a keeper's may take less."""
TIMEOUT_KEEPER = 2 * SECOND
SLOW = (SECOND // 10, SECOND, 6 * SECOND)
"""What a slow step takes: mostly between the first two, sometimes up to the last."""
Result = TypeVar("Result")
Row = TypeVar("Row")


def sim_store(world: World) -> MemoryStore:
    """Return the store as one thread of a process sees it."""
    return cast("MemoryStore", _SimStore(world))


class _SimStore:
    """Hands every method to the truth, as a step."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._line = _Line(world)
        self._terms: dict[str, Campaign] = {}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._world.truth, name)
        made = self._unit(name, method) if name in UNITS else self._step(name, method)
        setattr(self, name, made)
        return made

    def _step(self, name: str, method: Callable[..., Result]) -> Callable[..., Result]:
        return lambda *args, **named: self._line.step(name, lambda: method(*args, **named))

    def _unit(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def opened(*args: Any, **named: Any) -> AbstractContextManager[Any]:
            unheld = bool(named.get("unheld"))
            return self._line.unit(name, method(*args, **named), unheld=unheld)

        return opened

    def terms(self, campaign_id: str) -> Campaign | None:
        """Return a campaign as this process read it once."""
        if campaign_id not in self._terms:
            truth = self._world.truth
            found = self._line.step("terms", lambda: truth.campaign(campaign_id))
            if found is None:
                return None
            self._terms[campaign_id] = found
        return self._terms[campaign_id]

    def look(self, ask: Ask) -> Sight:
        """Read what deciding takes; statement by statement, as a database does."""
        truth = self._world.truth
        first = self._line.step("look", lambda: truth.look(ask))
        if not self._world.drawn(Fault.STORE_TORN):
            return first
        # In the order in which the statements run: modes, campaigns, stripes, keys, priors.
        second = self._line.step("look", lambda: truth.look(ask))
        if second != first:
            self._world.strike(Fault.STORE_TORN)
        names = ("modes", "campaigns", "stripes", "keys", "priors", "rated")
        later = names[self._world.dice.randrange(1, len(names)) :]
        return replace(first, **{name: getattr(second, name) for name in later})

    def view(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, ClaimView]:
        """Return claims as they are; open rows are read first, coupons and outcomes later."""
        truth = self._world.truth
        first = self._line.step("view", lambda: truth.view(ids))
        if not self._world.drawn(Fault.STORE_TORN):
            return first
        second = self._line.step("view", lambda: truth.view(ids))
        if second != first:
            self._world.strike(Fault.STORE_TORN)
        return {i: old if second[i].state in OPEN else second[i] for i, old in first.items()}


class _Line:
    """A connection to the store."""

    def __init__(self, world: World) -> None:
        self._world = world

    def step(self, name: str, act: Callable[[], Result]) -> Result:
        """Ask, let it be done, hear the answer."""
        self.request(name)
        if name in ABORTED:
            self._abort()
        done = act()
        self.answer(name)
        return done

    @contextmanager
    def unit(
        self, name: str, opening: AbstractContextManager[Any], *, unheld: bool
    ) -> Iterator[Any]:
        """Open a transaction; what ends early, or loses its line, is rolled back."""
        task = self._world.loop.current
        self.request(name)
        with opening as unit:
            if unheld:
                self._see_held(unit)
            task.tied_up += 1
            try:
                self.answer(name)
                yield _SimUnit(unit, self, name, self._world)
            finally:
                task.tied_up -= 1

    def request(self, name: str) -> None:
        """Send a request; it may never arrive, and then nothing has happened."""
        world = self._world
        task = world.loop.current
        task.doing = name
        task.keen = KEEN.get(name, 1)
        task.waits_since = None
        world.way()
        if world.now < world.away_until:
            world.tally.cells[world.state(), name, Fault.STORE_AWAY] += 1
            raise StoreUnavailable("the store is away")
        if world.chance(Fault.STORE_REFUSED):
            world.mark(f"{name} refused")
            raise StoreUnavailable("the connection was cut before the request")
        if world.chance(Fault.STORE_SLOW):
            self._dawdle()

    def answer(self, name: str) -> None:
        """Hear an answer; if it is lost nobody knows what has happened."""
        world = self._world
        world.mark(name)
        world.loop.current.doing = f"after {name}"
        world.way()
        silent = world.chance(Fault.STORE_SILENT)
        world.loop.current.keen = 1
        if silent:
            raise StoreUnavailable("the connection was cut before the answer")

    def _see_held(self, unit: Unit[OpenClaim]) -> None:
        modes = self._world.truth.shelves.modes
        self._world.secrets.flaws += [
            f"clm_{row.id} was taken while {row.campaign} is held"
            for row in unit.rows
            if held(modes, row.campaign)
        ]

    def abort(self) -> None:
        """Let the database end a transaction, as it may at any time for others' sake."""
        self._abort()

    def _abort(self) -> None:
        if self._world.chance(Fault.STORE_RACED):
            raise Raced("could not serialize access")

    def _dawdle(self) -> None:
        world = self._world
        least, most, worst = SLOW
        takes = world.dice.randrange(least, worst if world.dice.random() < 0.2 else most)
        keeper = world.loop.current.process.name.startswith("keeper")
        limit = TIMEOUT_KEEPER if keeper else TIMEOUT
        world.loop.sleep(min(takes, limit))
        if takes > limit:
            raise StoreUnavailable("the statement took too long")


class _SimUnit:
    """A transaction whose second step goes over the line, too."""

    def __init__(self, unit: Unit[Any], line: _Line, name: str, world: World) -> None:
        self._unit = unit
        self._line = line
        self._name = name
        self._world = world
        self.rows = unit.rows
        self.paced = unit.paced

    def pace(self, scopes: Collection[RateScope], *, locked: bool) -> tuple[int, Sequence[Pace]]:
        """Read rates."""
        return self._line.step("pace", lambda: self._unit.pace(scopes, locked=locked))

    def commit(self, writes: Writes) -> None:
        """Write and commit, unless one of these claims may never be issued."""
        name = f"{self._name}.commit"
        self._line.request(name)
        self._line.abort()
        self._meet(writes)
        try:
            self._unit.commit(writes)
        except Raced as race:
            if race.over == "coupon_lookup":
                self._world.strike(Fault.CODE_TAKEN)
            raise
        self._line.answer(name)

    def _meet(self, writes: Writes) -> None:
        """Let claims do to a transaction what poison does."""
        world = self._world
        ids = {coupon.claim_id for coupon in writes.coupons}
        if ids & world.secrets.poison:
            world.strike(Fault.POISON)
            raise ValueError("this claim fits into no transaction")
        if ids & world.secrets.killers:
            world.strike(Fault.KILLER)
            world.trap(world.loop.current, Fault.KILLED)
