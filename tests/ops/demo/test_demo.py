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
LIMIT_S = 100
AT_ONCE = 0.25
"""Of the time until the doors are open, the part in which something has to be said."""
OPEN = "The doors are open."
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
def test_a_short_day_is_played_and_proven_and_kept_until_ctrl_c(tmp_path: Path) -> None:
    """Without a terminal: a line at once, all proven, a worker killed; then it answers, and goes.

    It ends on SIGINT with 0, and leaves nothing.
    """
    began_s = monotonic()
    with played(tmp_path, "--keep") as demo:
        lines = takewhile(LAST_WORDS.__ne__, said(demo))
        heard = [(line, monotonic() - began_s) for line in lines]
        told = "".join(line for line, _ in heard)
        (docs,) = re.findall(r"API docs (\S+)$", told, re.MULTILINE)
        assert httpx.get(docs).status_code == 200

        demo.send_signal(SIGINT)
        rest, errors = demo.communicate(timeout=LIMIT_S)

    first, first_s = heard[0]
    assert first.startswith("Fulfiller plays")
    assert first_s < AT_ONCE * next(at_s for line, at_s in heard if OPEN in line)
    assert (demo.returncode, rest, errors) == (0, "Ending everything.\n", "")
    _is_whole(told)
    assert list(tmp_path.iterdir()) == []
    assert of_this_run(tmp_path) == []


@pytest.mark.chaos
@pytest.mark.timeout(LIMIT_S)
def test_a_day_that_is_not_kept_ends_by_itself(tmp_path: Path) -> None:
    """Exit 0 when all is proven, and nothing left."""
    with played(tmp_path) as demo:
        told, errors = demo.communicate(timeout=LIMIT_S)

    assert (demo.returncode, errors) == (0, ""), told + errors
    _is_whole(told)
    assert told.endswith("\nEnding everything.\n")
    assert list(tmp_path.iterdir()) == []
    assert of_this_run(tmp_path) == []


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S)
def test_a_killed_demonstration_leaves_nothing(tmp_path: Path) -> None:
    """SIGKILL while everything runs: no process stays, and no folder."""
    with played(tmp_path) as demo:
        next(line for line in said(demo) if OPEN in line)
        assert len(of_this_run(tmp_path)) >= 6

        demo.send_signal(SIGKILL)

        until(lambda: not of_this_run(tmp_path), within_s=15, what="all have ended")
        until(lambda: not list(tmp_path.iterdir()), within_s=15, what="the folder is gone")


def _is_whole(told: str) -> None:
    """A day has its kill, its pause, its end of the money, and a proof of ten parts."""
    assert "worker2 (process" in told
    assert "Sold out: from here on" in told
    assert "0 lost, 0 doubled" in told
    assert "overspend 0.00 CNY" in told
    assert "All of it holds." in told
    assert len(re.findall("^ ✓ ", told, re.MULTILINE)) == 10
    assert re.search(r"Paused: backlog [\d,]+ > threshold [\d,]+\.", told)
    assert "A customer reads (en): Your place is kept." in told
    assert "A customer reads (zh-Hans): 您的位置已为您保留。" in told
    assert "Ramping: " in told
    assert "Flowing again." in told
    assert re.search(r"^mode .* flowing .*$", told, re.MULTILINE)
    assert re.search(r"\d+ repeats, 0 with another claim", told)
    assert re.search(r"^ *\d+\.\d s  hour \d:\d\d  requests", told, re.MULTILINE)


def said(demo: "subprocess.Popen[str]") -> IO[str]:
    """Return what it says, as it comes."""
    return cast("IO[str]", demo.stdout)
