"""Faults of the links between processes and servers, by the proxy that all of them go through."""

from abc import abstractmethod
from threading import Event
from typing import ClassVar

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.errand import Errand
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.fault.watch import Watched
from fulfiller.chaos.proxy.order import Blow, Moment, Tally, Toxic

PROXY = frozenset({Need.PROXY})


class Link(Fault, kw_only=True, frozen=True):
    """A fault of the legs that match the glob `on`: `worker*/broker`, `intake/store`."""

    needs: ClassVar[frozenset[Need]] = PROXY
    on: str
    for_s: float = 3.0


class Cut(Link, tag="cut", kw_only=True, frozen=True):
    """Connections are cut at each `every`-th such moment, `cuts` times within `for_s`.

    If there are not as many moments it has not happened as it was declared.
    """

    moment: Moment
    every: int = 1
    cuts: int = 1

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is cut at {self.moment}"

    def begin(self, arena: Arena) -> Wound:
        """Arm the moment."""
        return _Armed(self, arena)


class Latency(Link, tag="latency", kw_only=True, frozen=True):
    """Everything takes `by_s` longer, each way."""

    by_s: float = 0.1

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} takes {self.by_s:g} s longer each way"

    def begin(self, arena: Arena) -> Wound:
        """Slow it down."""
        return _Sick(self, arena, Toxic(latency_s=self.by_s))


class Throttle(Link, tag="throttle", kw_only=True, frozen=True):
    """No more than `bytes_per_s` get through, each way."""

    bytes_per_s: int = 10_000

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} carries {self.bytes_per_s:,} bytes a second"

    def begin(self, arena: Arena) -> Wound:
        """Make it narrow."""
        return _Sick(self, arena, Toxic(bytes_per_s=self.bytes_per_s))


class FreezeLink(Link, tag="freeze-link", kw_only=True, frozen=True):
    """Nothing gets through, and what was sent meanwhile arrives in the end."""

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is frozen for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Freeze it."""
        return _Sick(self, arena, Toxic(frozen=True))


class BlackHole(Link, tag="black-hole", kw_only=True, frozen=True):
    """Whatever is sent is lost, and connections stay open: both ends wait.

    The connections are reset in the end, for what was lost never comes.
    """

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is a black hole for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Swallow everything."""
        return _Swallowing(self, arena, Toxic(black_hole=True))


class Refuse(Link, tag="refuse", kw_only=True, frozen=True):
    """Connections are reset, and new ones refused."""

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is refused for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Refuse them."""
        return _Refusing(self, arena, Toxic(refused=True))


class Reset(Link, tag="reset", kw_only=True, frozen=True):
    """All connections are reset `resets` times, spread evenly over `for_s`."""

    for_s: float = 2.0
    resets: int = 20

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"all of {self.on} is reset {self.resets} times in {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Begin to reset."""
        return _Resetting(self, arena)


class _Linked(Watched):
    """Something on legs that is told by how much their tally has grown."""

    def __init__(self, fault: Link, arena: Arena) -> None:
        self._on, self._proxy = fault.on, arena.proxy
        self._before = self._proxy.tally(self._on)

    def look(self) -> str | None:
        return self.told(self._before, self._proxy.tally(self._on))

    @abstractmethod
    def told(self, before: Tally, now: Tally) -> str | None: ...


class _Armed(_Linked):
    def __init__(self, fault: Cut, arena: Arena) -> None:
        super().__init__(fault, arena)
        self._moment, self._cuts = fault.moment, fault.cuts
        self._proxy.arm(self._on, fault.moment, Blow.CUT, every=fault.every, times=fault.cuts)

    def struck(self) -> int:
        now = self._proxy.tally(self._on)
        return now.struck.get(self._moment, 0) - self._before.struck.get(self._moment, 0)

    def told(self, before: Tally, now: Tally) -> str | None:
        opened = now.connections - before.connections
        cuts = self.struck()
        if cuts < self._cuts or opened <= 0:
            return None
        return f"{cuts} cuts, {opened} connections opened since"

    def undo(self) -> None:
        self._proxy.disarm(self._on)


class _Sick(_Linked):
    """A sick leg: by default what was held back tells."""

    def __init__(self, fault: Link, arena: Arena, toxic: Toxic) -> None:
        super().__init__(fault, arena)
        self._proxy.poison(self._on, toxic)

    def struck(self) -> int:
        return 1

    def told(self, before: Tally, now: Tally) -> str | None:
        held = now.bytes_held - before.bytes_held
        return f"{held:,} bytes were held back" if held > 0 else None

    def undo(self) -> None:
        self._proxy.poison(self._on, Toxic())


class _Swallowing(_Sick):
    def told(self, before: Tally, now: Tally) -> str | None:
        lost = now.bytes_swallowed - before.bytes_swallowed
        return f"{lost:,} bytes were swallowed" if lost > 0 else None

    def undo(self) -> None:
        super().undo()
        self._proxy.reset(self._on)


class _Refusing(_Sick):
    def __init__(self, fault: Link, arena: Arena, toxic: Toxic) -> None:
        super().__init__(fault, arena, toxic)
        self._proxy.reset(self._on)

    def told(self, before: Tally, now: Tally) -> str | None:
        refused = now.refused - before.refused
        return f"{refused} connections were refused" if refused > 0 else None


class _Resetting(_Linked):
    def __init__(self, fault: Reset, arena: Arena) -> None:
        super().__init__(fault, arena)
        self._fault = fault
        self._resets = 0
        self._errand = Errand(self._reset_all)

    def struck(self) -> int:
        return self._resets

    def told(self, before: Tally, now: Tally) -> str | None:
        resets, opened = now.resets - before.resets, now.connections - before.connections
        if resets <= 0 or opened <= 0:
            return None
        return f"{resets} connections were reset, {opened} opened since"

    def undo(self) -> None:
        self._errand.finish()

    def _reset_all(self, over: Event) -> None:
        for _ in range(self._fault.resets):
            self._resets += self._proxy.reset(self._on) > 0
            if over.wait(self._fault.for_s / self._fault.resets):
                return
