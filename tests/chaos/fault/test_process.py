"""Processes that are killed, stopped and ended softly: seen in the machine's own list of them."""

import os
from pathlib import Path
from signal import Signals

import pytest

from fulfiller.chaos.fault.process import End, Kill, KillChild, Stop
from fulfiller.chaos.fault.sight import children, descendants, state
from fulfiller.ops.supervise.stack import Stack
from fulfiller.wiring import Truth
from tests.chaos.fault.ring import Ring, seen
from tests.stack.backlog import pile
from tests.stack.opening import opened
from tests.waiting import alive, until

pytestmark = pytest.mark.timeout(120)


def test_processes_are_looked_at_as_the_machine_lists_them() -> None:
    """This process has a state and no dead children; one that never was has ended."""
    assert state(os.getpid()) == "R"
    assert state(2**22 + 1) == "Z"
    assert os.getpid() in children(os.getppid())
    assert os.getpid() in descendants(os.getppid())


def test_a_killed_child_is_replaced_by_its_parent(ring: Ring, stack: Stack, truth: Truth) -> None:
    """The worker itself goes on; one that has work notices sooner."""
    opened(truth, "child")
    main = _ready(stack, "worker1")
    before = _pool(main)
    pile(truth, "child", 100)
    wound = KillChild().begin(ring)
    words = seen(wound)
    assert stack.pid("worker1") == main
    (gone,) = before - _listed(main)
    assert words.startswith(f"child {gone} ")
    assert not alive(gone)
    wound.heal()


def test_a_child_that_was_not_there_is_not_seen_to_be_killed(ring: Ring, stack: Stack) -> None:
    """The keeper has none."""
    _ready(stack, "keeper")
    wound = KillChild(on="keeper").begin(ring)
    assert wound.struck() == 0
    assert wound.seen() is None


def test_a_stopped_worker_stands_still_with_all_its_children(ring: Ring, stack: Stack) -> None:
    """None of them runs until it is healed, and then all do."""
    main = _ready(stack, "worker1")
    everybody = {main} | _pool(main)
    wound = Stop(on="worker").begin(ring)
    assert "3 processes" in seen(wound)
    assert {_letter(pid) for pid in everybody} == {"T"}
    wound.heal()
    until(lambda: "T" not in {_letter(pid) for pid in everybody})
    assert stack.pid("worker1") == main


def test_a_stop_that_somebody_ended_at_once_is_not_seen(ring: Ring, stack: Stack) -> None:
    """What counts is how the processes are, not what was sent to them."""
    _ready(stack, "keeper")
    wound = Stop(on="keeper").begin(ring)
    stack.kill("keeper", Signals.SIGCONT)
    until(lambda: _letter(stack.pid("keeper")) != "T")
    assert wound.seen() is None
    wound.heal()
    assert wound.seen() is None


def test_a_stopped_process_that_ended_is_not_seen_to_stand_still(ring: Ring, stack: Stack) -> None:
    """Nothing is left that could."""
    old = _ready(stack, "keeper")
    wound = Stop(on="keeper").begin(ring)
    stack.kill("keeper")
    until(lambda: not alive(old))
    assert wound.seen() is None
    wound.heal()


def test_ending_softly_goes_one_after_the_other(ring: Ring, stack: Stack) -> None:
    """The second is ended only when the first is replaced; both are others afterwards."""
    before = {name: _ready(stack, name) for name in ("keeper", "worker1")}
    wound = End(on=("keeper", "worker1"), apart_s=60).begin(ring)
    until(lambda: stack.pid("keeper") not in (None, before["keeper"]), within_s=20)
    assert stack.pid("worker1") == before["worker1"]
    assert wound.seen() is None
    wound.heal()
    assert f"worker1: {before['worker1']} gave way" in seen(wound, within_s=20)
    assert wound.struck() == 2
    assert not any(alive(pid) for pid in before.values())


def test_a_killed_process_is_replaced(ring: Ring, stack: Stack) -> None:
    """Its supervisor starts another."""
    old = _ready(stack, "keeper")
    wound = Kill(on="keeper").begin(ring)
    assert f"process {old} is gone" in seen(wound)
    wound.heal()


def _ready(stack: Stack, name: str) -> int:
    until(lambda: stack.is_ready(name), within_s=30)
    return stack.pid(name) or 0


def _pool(pid: int) -> set[int]:
    """Return the two children of a worker, once both are there."""
    until(lambda: len(_listed(pid)) == 2)
    return _listed(pid)


def _listed(pid: int) -> set[int]:
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def _letter(pid: int | None) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
