"""The supervisor, with small scripts in place of the real processes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from signal import Signals
from typing import IO, cast

import pytest

from fulfiller.ops.supervise.child import Guard
from fulfiller.ops.supervise.logs import Logs
from fulfiller.ops.supervise.ports import ANY, wanted_port
from fulfiller.ops.supervise.program import CannotStart, Program, says_ready
from fulfiller.ops.supervise.supervisor import Supervisor
from tests.waiting import until

GOOD = """
import signal, sys
def leave(*_):
    print("leaving", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("ready NAME here", flush=True)
while True:
    signal.pause()
"""
WITH_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print("child", child.pid, flush=True)
print("ready NAME here", flush=True)
child.wait()
"""
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready NAME here", flush=True)
while True:
    signal.pause()
"""
MUTE = "import signal; print('thinking', flush=True); signal.pause()"
BROKEN = "import sys; sys.exit('no such table: claim')"
SUPERVISED = """
import signal, sys
from fulfiller.ops.supervise.child import Guard
from fulfiller.ops.supervise.logs import Logs
from fulfiller.ops.supervise.supervisor import Supervisor
from tests.ops.supervise.test_supervisor import STUBBORN, WITH_CHILD, program
told = lambda name, line: print(line, flush=True)
guard = Guard()
guard.remove(__import__("pathlib").Path(sys.argv[1]))
supervisor = Supervisor(guard, Logs(told))
supervisor.start(program("one", WITH_CHILD), program("two", STUBBORN))
supervisor.await_ready()
print("pids", supervisor.pid("one"), supervisor.pid("two"), flush=True)
signal.pause()
"""


def program(name: str, script: str, **changes: float) -> Program:
    """Return a program that runs a script of Python."""
    return Program(
        name=name,
        argv=(sys.executable, "-c", script.replace("NAME", name)),
        environ={},
        is_ready=says_ready(name),
        **changes,  # type: ignore[arg-type]
    )


class Stage:
    """A supervisor and everything that was said."""

    def __init__(self) -> None:
        """Begin with an empty one."""
        self.said: list[tuple[str, str]] = []
        self.guard = Guard()
        self.logs = Logs(lambda name, line: self.said.append((name, line)))
        self.supervisor = Supervisor(self.guard, self.logs)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Yield a supervisor; whatever it left is gone afterwards."""
    fresh = Stage()
    try:
        yield fresh
    finally:
        fresh.supervisor.abandon()
        fresh.guard.dismiss()


def alive(pid: int) -> bool:
    """Return whether a process exists and is not merely waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_process_that_dies_is_started_again(stage: Stage) -> None:
    """A killed process is replaced by one with another number, and it says so."""
    stage.supervisor.start(program("one", GOOD))
    stage.supervisor.await_ready()
    first = stage.supervisor.pid("one")

    stage.supervisor.kill("one")

    until(lambda: stage.supervisor.pid("one") not in {None, first}, within_s=10)
    stage.supervisor.await_ready()
    assert any("one ended by itself (SIGKILL)" in line for _, line in stage.said)


def test_a_process_that_keeps_dying_is_started_ever_more_slowly(stage: Stage) -> None:
    """The pauses double, so that a broken part does not eat the machine."""
    stage.supervisor.start(program("one", BROKEN))

    until(lambda: stage.supervisor.runner("one").starts >= 3, within_s=20)

    notes = [line for name, line in stage.said if name == "fulfiller"]
    assert notes[0].endswith("in 0.2 s")
    assert notes[1].endswith("in 0.4 s")


def test_killing_a_process_ends_its_children_too(stage: Stage) -> None:
    """What a process started goes with it, even if only the process itself was killed."""
    stage.supervisor.start(program("one", WITH_CHILD))
    stage.supervisor.await_ready()
    child = next(int(line.split()[1]) for _, line in stage.said if line.startswith("child"))
    assert alive(child)

    stage.supervisor.kill("one", Signals.SIGKILL, group=False)

    until(lambda: not alive(child), within_s=10)


def test_programs_stop_in_the_order_given(stage: Stage) -> None:
    """Each stage has ended before the next is asked to."""
    names = ("database", "intake", "worker")
    stage.supervisor.start(*(program(name, GOOD) for name in names))
    stage.supervisor.await_ready()

    stage.supervisor.stop([["intake"], ["worker"], ["database"]])

    left = [name for name, line in stage.said if line == "leaving"]
    assert left == ["intake", "worker", "database"]
    assert all(stage.supervisor.pid(name) is None for name in names)


def test_a_process_that_does_not_end_is_killed(stage: Stage) -> None:
    """A stop takes no longer than the program may take."""
    stage.supervisor.start(program("one", STUBBORN, end_within_s=0.3))
    stage.supervisor.await_ready()

    stage.supervisor.stop([["one"]])

    assert ("one", "did not end within 0 s: killed") in stage.said
    assert stage.supervisor.pid("one") is None


def test_a_frozen_process_ends_as_softly_as_any(stage: Stage) -> None:
    """A process that was stopped by a signal wakes up to leave."""
    stage.supervisor.start(program("one", GOOD))
    stage.supervisor.await_ready()
    stage.supervisor.kill("one", Signals.SIGSTOP)

    stage.supervisor.stop([["one"]])

    assert ("one", "leaving") in stage.said


def test_one_that_is_not_ready_in_time_is_named_with_its_words(stage: Stage) -> None:
    """The message says who, how long it had, and what it said last."""
    stage.supervisor.start(program("intake", MUTE, ready_within_s=0.5))

    with pytest.raises(CannotStart, match=r"(?s)intake was not ready within 0.5 s.*thinking"):
        stage.supervisor.await_ready()


def test_one_that_ends_before_it_is_ready_is_named_with_its_words(stage: Stage) -> None:
    """A part that can't start ends the waiting at once, with its own error."""
    stage.supervisor.start(program("intake", BROKEN))

    with pytest.raises(CannotStart, match=r"(?s)intake ended before.*no such table: claim"):
        stage.supervisor.await_ready()


def test_a_program_that_does_not_exist_is_named(stage: Stage) -> None:
    """A missing executable is a plain message."""
    ghost = Program(
        name="ghost", argv=("/nowhere/ghost",), environ={}, is_ready=says_ready("ghost")
    )

    with pytest.raises(CannotStart, match="ghost can't be started: /nowhere/ghost: No such file"):
        stage.supervisor.start(ghost)


def test_a_killed_supervisor_leaves_nobody_behind(tmp_path: Path) -> None:
    """After SIGKILL of the supervisor its children, grandchildren and folder are gone."""
    folder = tmp_path / "state"
    folder.mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", SUPERVISED, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    said = cast("IO[str]", parent.stdout)
    pids: list[int] = []
    try:
        for line in said:
            words = line.split()
            if words[0] == "child":
                pids.append(int(words[1]))
            if words[0] == "pids":
                pids += [int(word) for word in words[1:]]
                break
        assert len(pids) == 3
        assert all(alive(pid) for pid in pids)

        parent.send_signal(signal.SIGKILL)

        until(lambda: not any(alive(pid) for pid in pids), within_s=10)
        until(lambda: not folder.exists(), within_s=10)
    finally:
        parent.kill()
        parent.wait()
        said.close()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_a_taken_port_is_named_with_the_remedy() -> None:
    """The message says which part wanted which port and what to change."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Flower can't have 127.0.0.1:{port} .*: set IT"):
            wanted_port("127.0.0.1", port, name="Flower", remedy="set IT")


def test_a_free_port_can_be_had() -> None:
    """Zero asks for any port, and any is one that can be bound."""
    port = wanted_port("127.0.0.1", ANY, name="Flower", remedy="")
    with socket.socket() as mine:
        mine.bind(("127.0.0.1", port))
