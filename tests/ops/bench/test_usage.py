"""CPU time as /proc tells it."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from fulfiller.ops.bench.memory import peaks_mib
from fulfiller.ops.bench.usage import descent, per_claim, readings
from tests.waiting import until

BUSY = """
import subprocess, sys
busy = "x = 0\\nwhile True: x += 1"
child = subprocess.Popen([sys.executable, "-c", busy])
print("started", flush=True)
sys.stdin.read()
child.kill()
child.wait()
print("ended", flush=True)
sys.stdin.read()
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[bytes]]:
    """A process that idles while its child is busy."""
    argv = [sys.executable, "-c", BUSY]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        for pid in reversed(descent(process.pid)):
            subprocess.run(["kill", "-9", str(pid)], check=False)


def test_what_children_use_counts_for_the_tree(parent: subprocess.Popen[bytes]) -> None:
    """A worker's main process idles; its children are the ones who work."""
    assert len(descent(parent.pid)) == 2
    begin = readings({"tree": parent.pid})["tree"]
    until(lambda: readings({"tree": parent.pid})["tree"] > begin + 0.2)


def test_what_an_ended_child_used_stays_counted(parent: subprocess.Popen[bytes]) -> None:
    """A database's processes end with their connections, and their cost must not vanish."""
    until(lambda: readings({"tree": parent.pid})["tree"] > 0.3)
    before = readings({"tree": parent.pid})["tree"]
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.close()
    parent.stdout.readline()
    assert readings({"tree": parent.pid})["tree"] >= before


def test_the_peak_is_that_of_the_largest_process_of_a_tree() -> None:
    """What was held once stays told when it is given back, and whoever held it."""
    large = "x = bytearray(64 * 2**20); del x; print('had', flush=True); input()"
    nest = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {large!r}])"
    argv = [sys.executable, "-c", nest]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        peak = peaks_mib({"tree": process.pid})["tree"]
        process.communicate(b"\n")
    assert 64 < peak < 128


def test_cost_per_claim_is_the_difference() -> None:
    """Two seconds of CPU over 10,000 claims are 200 us each."""
    before, after = {"worker": 3.0, "keeper": 1.0}, {"worker": 5.0, "keeper": 1.0}
    assert per_claim(before, after, 10_000) == {"worker": 200.0, "keeper": 0.0}


def test_nothing_done_costs_nothing_per_claim() -> None:
    """No claim means no figure, and no division by zero."""
    assert per_claim({"worker": 1.0}, {"worker": 2.0}, 0) == {}
