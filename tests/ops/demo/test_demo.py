"""The demonstration as a whole, played short: every process real, seen from outside."""

import re
import subprocess
import sys
from pathlib import Path
from signal import SIGKILL
from typing import IO, cast

import pytest

from tests.waiting import until

COMMAND = (sys.executable, "-m", "fulfiller", "demo", "--seconds", "6", "--requests", "600")
LIMIT_S = 100


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


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S + 20)
def test_a_short_day_is_played_and_proven(tmp_path: Path) -> None:
    """Without a terminal: exit 0, a worker killed, everything proven, nothing left."""
    done = subprocess.run(
        COMMAND,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "worker2 (process" in done.stdout
    assert "Sold out: from here on" in done.stdout
    assert "0 lost, 0 doubled" in done.stdout
    assert "overspend 0.00 CNY" in done.stdout
    assert "All of it holds." in done.stdout
    assert len(re.findall("^ ✓ ", done.stdout, re.MULTILINE)) == 10
    assert re.search(r"Paused: backlog [\d,]+ > threshold [\d,]+\.", done.stdout)
    assert "A customer reads (en): Your place is kept." in done.stdout
    assert "A customer reads (zh-Hans): 您的位置已为您保留。" in done.stdout
    assert "Ramping: " in done.stdout
    assert "Flowing again." in done.stdout
    assert re.search(r"^mode .* flowing .*$", done.stdout, re.MULTILINE)
    assert re.search(r"\d+ repeats, 0 with another claim", done.stdout)
    assert re.search(r"^ *\d+\.\d s  hour \d:\d\d  requests", done.stdout, re.MULTILINE)
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []
    assert of_this_run(tmp_path) == []


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S)
def test_a_killed_demonstration_leaves_nothing(tmp_path: Path) -> None:
    """SIGKILL while everything runs: no process stays, and no folder."""
    environ = {"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    demo = subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True, env=environ)
    said = cast("IO[str]", demo.stdout)
    try:
        next(line for line in said if "The doors are open." in line)
        assert len(of_this_run(tmp_path)) >= 6

        demo.send_signal(SIGKILL)

        until(lambda: not of_this_run(tmp_path), within_s=15, what="all have ended")
        until(lambda: not list(tmp_path.iterdir()), within_s=15, what="the folder is gone")
    finally:
        demo.kill()
        demo.wait()
        said.close()
