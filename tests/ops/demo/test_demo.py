"""The demonstration as a whole, played short: every process real, seen from outside."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from signal import SIGINT, SIGKILL
from typing import IO, cast

import httpx
import pytest

from fulfiller.clock import monotonic
from tests.waiting import until

COMMAND = (sys.executable, "-m", "fulfiller", "demo", "--seconds", "6", "--requests", "600")
SHORTEST = ("--seconds", "4", "--requests", "200")
LIMIT_S = 100
FIRST_S = 1.0
LAST_WORDS = "Ctrl-C ends it.\n"


def of_this_run(folder: Path) -> list[int]:
    """Return the processes whose environment names a folder below this one."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            named = str(folder).encode() in environ.read_bytes()
        except OSError:
            continue
        if named:
            found.append(int(environ.parent.name))
    return found


@contextmanager
def played(folder: Path, *options: str) -> Iterator["subprocess.Popen[str]"]:
    """Play in this folder, without a terminal; it has ended when the block has."""
    demo = subprocess.Popen(
        (*COMMAND, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"TMPDIR": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )
    with demo:
        try:
            yield demo
        finally:
            demo.kill()


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S + 20)
def test_a_short_day_is_played_and_proven(tmp_path: Path) -> None:
    """Without a terminal: a line at once, exit 0, all proven, a worker killed, nothing left."""
    began_s = monotonic()
    with played(tmp_path) as demo:
        # What comes with it by chance is not heard again, and nothing is asked of that.
        first = said(demo).readline()
        first_s = monotonic() - began_s
        rest, errors = demo.communicate(timeout=LIMIT_S)

    assert first.startswith("Fulfiller plays")
    assert first_s < FIRST_S
    assert demo.returncode == 0, rest + errors
    assert "worker2 (process" in rest
    assert "Sold out: from here on" in rest
    assert "0 lost, 0 doubled" in rest
    assert "overspend 0.00 CNY" in rest
    assert "All of it holds." in rest
    assert len(re.findall("^ ✓ ", rest, re.MULTILINE)) == 10
    assert re.search(r"Paused: backlog [\d,]+ > threshold [\d,]+\.", rest)
    assert "A customer reads (en): Your place is kept." in rest
    assert "A customer reads (zh-Hans): 您的位置已为您保留。" in rest
    assert "Ramping: " in rest
    assert "Flowing again." in rest
    assert re.search(r"^mode .* flowing .*$", rest, re.MULTILINE)
    assert re.search(r"\d+ repeats, 0 with another claim", rest)
    assert re.search(r"^ *\d+\.\d s  hour \d:\d\d  requests", rest, re.MULTILINE)
    assert errors == ""
    assert list(tmp_path.iterdir()) == []
    assert of_this_run(tmp_path) == []


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S)
def test_a_killed_demonstration_leaves_nothing(tmp_path: Path) -> None:
    """SIGKILL while everything runs: no process stays, and no folder."""
    with played(tmp_path) as demo:
        next(line for line in said(demo) if "The doors are open." in line)
        assert len(of_this_run(tmp_path)) >= 6

        demo.send_signal(SIGKILL)

        until(lambda: not of_this_run(tmp_path), within_s=15, what="all have ended")
        until(lambda: not list(tmp_path.iterdir()), within_s=15, what="the folder is gone")


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S)
def test_a_stack_that_is_kept_runs_until_ctrl_c(tmp_path: Path) -> None:
    """With `--keep` it answers when all is proven, ends on SIGINT with 0, and leaves nothing."""
    with played(tmp_path, "--keep", *SHORTEST) as demo:
        told = list(takewhile(LAST_WORDS.__ne__, said(demo)))
        (docs,) = re.findall(r"API docs (\S+)$", "".join(told), re.MULTILINE)
        assert httpx.get(docs).status_code == 200

        demo.send_signal(SIGINT)
        rest, errors = demo.communicate(timeout=LIMIT_S)

    assert (demo.returncode, rest, errors) == (0, "Ending everything.\n", "")
    assert list(tmp_path.iterdir()) == []
    assert of_this_run(tmp_path) == []


def said(demo: "subprocess.Popen[str]") -> IO[str]:
    """Return what it says, as it comes."""
    return cast("IO[str]", demo.stdout)
