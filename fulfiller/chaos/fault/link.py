"""Faults of links: cut at a moment of their protocol, slow, narrow, frozen, deaf, refused, reset.

All of them strike through the proxy, on the legs that a glob names: `worker*/broker` are the
links of all workers to the broker, `*` all there are.
"""

from typing import ClassVar

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.proxy.process import Proxy
from fulfiller.chaos.proxy.terms import Blow, Moment, Tally, Toxic

PROXIED = frozenset({Need.PROXY})


class Cut(Fault, tag="cut", kw_only=True, frozen=True):
    """Links are reset at each `every`-th such moment, `cuts` of them in all."""

    needs: ClassVar[frozenset[Need]] = PROXIED
    on: str
    moment: Moment
    every: int = 2
    cuts: int = 10

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is cut at {self.moment.value}"

    def begin(self, arena: Arena) -> Wound:
        """Arm the proxy."""
        return _Cut(self, arena.proxy)


class _Cut(Wound):
    def __init__(self, fault: Cut, proxy: Proxy) -> None:
        self._fault, self._proxy = fault, proxy
        self._before = proxy.tally(fault.on)
        proxy.arm(fault.on, fault.moment, Blow.CUT, every=fault.every, times=fault.cuts)

    def heal(self) -> None:
        self._proxy.disarm(self._fault.on)

    def struck(self) -> int:
        return _since(self._proxy.tally(self._fault.on), self._before, self._fault.moment)

    def seen(self) -> str | None:
        tally = self._proxy.tally(self._fault.on)
        cut = _since(tally, self._before, self._fault.moment)
        again = tally.connections - self._before.connections
        if cut < self._fault.cuts or again < self._fault.cuts:
            return None
        return f"{cut:,} links cut, {again:,} opened anew"


class Sick(Fault, kw_only=True, frozen=True):
    """Links get sick while it lasts; subclasses say how, and what is to be seen of it."""

    needs: ClassVar[frozenset[Need]] = PROXIED
    on: str = "*"
    for_s: float = 3.0

    @property
    def toxic(self) -> Toxic:
        """Return what is wrong with the links."""
        raise NotImplementedError

    def effect(self, before: Tally, now: Tally) -> str | None:
        """Return what has come of it between two tallies, in words."""
        held = now.bytes_held - before.bytes_held
        return f"{held:,} bytes were held up" if held else None

    def begin(self, arena: Arena) -> Wound:
        """Make the links sick."""
        return _Sick(self, arena.proxy)


class _Sick(Wound):
    def __init__(self, fault: Sick, proxy: Proxy) -> None:
        self._fault, self._proxy = fault, proxy
        self._before = proxy.tally(fault.on)
        proxy.poison(fault.on, fault.toxic)

    def heal(self) -> None:
        self._proxy.poison(self._fault.on, Toxic())

    def struck(self) -> int:
        return 1

    def seen(self) -> str | None:
        return self._fault.effect(self._before, self._proxy.tally(self._fault.on))


class Latency(Sick, tag="latency", kw_only=True, frozen=True):
    """Everything takes `seconds` longer, each way."""

    seconds: float

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} takes {self.seconds * 1e3:g} ms longer each way"

    @property
    def toxic(self) -> Toxic:
        """Return what is wrong with the links."""
        return Toxic(latency_s=self.seconds)


class Throttle(Sick, tag="throttle", kw_only=True, frozen=True):
    """No more than so many bytes a second pass over each link, each way."""

    bytes_per_s: int

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} lets {self.bytes_per_s:,} bytes a second pass"

    @property
    def toxic(self) -> Toxic:
        """Return what is wrong with the links."""
        return Toxic(bytes_per_s=self.bytes_per_s)


class FreezeLink(Sick, tag="freeze-link", kw_only=True, frozen=True):
    """Nothing passes; what was said meanwhile is delivered when it thaws."""

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is frozen"

    @property
    def toxic(self) -> Toxic:
        """Return what is wrong with the links."""
        return Toxic(frozen=True)


class BlackHole(Sick, tag="black-hole", kw_only=True, frozen=True):
    """Everything that is said is lost, and nobody is told."""

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} swallows everything"

    @property
    def toxic(self) -> Toxic:
        """Return what is wrong with the links."""
        return Toxic(black_hole=True)

    def effect(self, before: Tally, now: Tally) -> str | None:
        """Return how much was lost."""
        lost = now.bytes_swallowed - before.bytes_swallowed
        return f"{lost:,} bytes were swallowed" if lost else None


class Refuse(Sick, tag="refuse", kw_only=True, frozen=True):
    """Links are reset, and no new ones are let in."""

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is cut, and lets nobody in"

    @property
    def toxic(self) -> Toxic:
        """Return what is wrong with the links."""
        return Toxic(refused=True)

    def begin(self, arena: Arena) -> Wound:
        """Turn newcomers away, and throw out who is in."""
        wound = super().begin(arena)
        arena.proxy.reset(self.on)
        return wound

    def effect(self, before: Tally, now: Tally) -> str | None:
        """Return how many were turned away."""
        away = now.refused - before.refused
        return f"{away:,} connections were turned away" if away else None


class ResetAll(Fault, tag="reset", kw_only=True, frozen=True):
    """Every link is reset at once, and may be opened again."""

    needs: ClassVar[frozenset[Need]] = PROXIED
    on: str = "*"

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"{self.on} is reset"

    def begin(self, arena: Arena) -> Wound:
        """Reset them."""
        return _Reset(self, arena.proxy)


class _Reset(Wound):
    def __init__(self, fault: ResetAll, proxy: Proxy) -> None:
        self._fault, self._proxy = fault, proxy
        self._opened = proxy.tally(fault.on).connections
        self._broken = proxy.reset(fault.on)

    def heal(self) -> None:
        pass

    def struck(self) -> int:
        return self._broken

    def seen(self) -> str | None:
        again = self._proxy.tally(self._fault.on).connections - self._opened
        return f"{self._broken:,} links broken, {again:,} opened anew" if again else None


def _since(now: Tally, before: Tally, moment: Moment) -> int:
    """Return how often a moment was struck between two tallies."""
    return now.struck.get(moment, 0) - before.struck.get(moment, 0)
