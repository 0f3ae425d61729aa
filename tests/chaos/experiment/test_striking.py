"""Striking: at its moment, healed whatever happens, and not believed until it was seen."""

from typing import Any, ClassVar

import pytest

from fulfiller.chaos.experiment.site import unmarked
from fulfiller.chaos.experiment.striking import Say, Striker, strikers
from fulfiller.chaos.fault.arena import Need
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.clock import monotonic
from tests.waiting import until


class Hole:
    """An arena in which there is nothing."""

    offers = frozenset({Need.PROCESSES})


class Scratch(Fault, tag="scratch", kw_only=True, frozen=True):
    """A fault whose wound is noted where the test can see it."""

    log: ClassVar[list[str]] = []
    needs: ClassVar[frozenset[Need]] = frozenset({Need.PROCESSES})
    shows: bool = True
    fails: bool = False

    @property
    def words(self) -> str:
        """Return what it does."""
        return "something is scratched"

    def begin(self, arena: Any) -> Wound:
        """Strike, or fail to."""
        del arena
        if self.fails:
            raise LookupError("there is nothing to scratch")
        self.log.append("struck")
        return Scratched(self)


class Scratched(Wound):
    """What can be seen of it."""

    def __init__(self, fault: Scratch) -> None:
        """Be as it was declared."""
        self._fault = fault

    def heal(self) -> None:
        """Note it."""
        self._fault.log.append("healed")

    def struck(self) -> int:
        """Return that it was struck."""
        return 1

    def seen(self) -> str | None:
        """Return what can be seen, if it shows."""
        return "a scratch" if self._fault.shows else None


@pytest.fixture(autouse=True)
def _clean() -> None:
    Scratch.log.clear()


def _struck(fault: Scratch, *, leaving: bool = False, mark: Say = unmarked) -> Striker:
    began = monotonic()
    (one,) = strikers((fault,), Hole(), lambda: monotonic() - began, unmarked, mark)  # type: ignore[arg-type]
    one.start()
    if leaving:
        until(lambda: one.healed or Scratch.log)
        one.leave()
    one.join()
    return one


def test_a_fault_strikes_at_its_moment_lasts_and_is_healed() -> None:
    """Within the moment that threads need."""
    stroke = _struck(Scratch(at_s=0.2, for_s=0.3)).stroke
    assert Scratch.log == ["struck", "healed"]
    assert stroke.began_s >= 0.2
    assert stroke.ended_s - stroke.began_s >= 0.3
    assert (stroke.struck, stroke.seen, stroke.fired) == (1, "a scratch", True)


def test_each_stroke_is_marked_and_so_is_its_end() -> None:
    """For whoever looks at charts later; what takes no time has one mark."""
    marks: list[str] = []
    _struck(Scratch(at_s=0.0, for_s=0.1), mark=marks.append)
    _struck(Scratch(at_s=0.0), mark=marks.append)
    words = Scratch(at_s=0.0).words
    assert marks == [words, f"healed: {words}", words]


def test_what_is_struck_and_never_seen_has_not_fired() -> None:
    """However often the injector says that it did it."""
    stroke = _struck(Scratch(at_s=0.0, for_s=0.1, shows=False), leaving=True).stroke
    assert (stroke.struck, stroke.fired) == (1, False)


def test_whoever_leaves_heals_first() -> None:
    """A run that is given up leaves nothing broken behind."""
    began = monotonic()
    _struck(Scratch(at_s=0.0, for_s=60.0), leaving=True)
    assert Scratch.log == ["struck", "healed"]
    assert monotonic() - began < 30


def test_a_fault_that_can_t_be_done_is_told() -> None:
    """It is neither lost nor taken for one that was done."""
    one = _struck(Scratch(at_s=0.0, fails=True))
    assert "nothing to scratch" in str(one.fault)
    assert not one.stroke.fired


def test_what_the_arena_lacks_is_skipped_with_what_it_takes() -> None:
    """And struck never."""

    class Deeper(Scratch, tag="deeper", kw_only=True, frozen=True):
        needs: ClassVar[frozenset[Need]] = frozenset({Need.STRACE})

    stroke = _struck(Deeper(at_s=0.0)).stroke
    assert "strace" in (stroke.skipped or "")
    assert Scratch.log == []


def test_strokes_fall_in_the_order_of_their_moments() -> None:
    """Those of several faults side by side."""
    faults = (Scratch(at_s=1, times=3, every_s=2), Scratch(at_s=2, times=2, every_s=2))
    fallen = strikers(faults, Hole(), lambda: 0.0, lambda _: None)  # type: ignore[arg-type]
    assert [one.at_s for one in fallen] == [1, 2, 3, 4, 5]
