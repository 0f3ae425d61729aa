"""The status again each second: as lines in a log, and in place on a terminal."""

import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fulfiller.domain.tier import Tier
from fulfiller.ops.embedded.server import Server
from fulfiller.store.opening import open_store
from tests.ops.floor import Floor
from tests.ops.pausing import pause
from tests.processes import ROOT, Process, start
from tests.waiting import until

ROWS, COLUMNS = 24, 80
READY_S = 30.0


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Callable[[dict[str, str]], Process]]:
    """Start `status --watch` without a terminal; it has ended when the test has."""
    running: list[Process] = []

    def watch(environ: dict[str, str]) -> Process:
        log = tmp_path / "watch.log"
        running.append(start(["fulfiller", "status", "--watch"], env=environ, log=log))
        return running[-1]

    yield watch
    for process in running:
        process.kill()


def test_without_a_terminal_watching_is_a_line_each_second(
    environ: dict[str, str],
    watching: Callable[[dict[str, str]], Process],
    postgres: Server,
    postgres_url: str,
) -> None:
    """Lines follow the service, also while its store is away, until it is told to end."""
    watch = watching(environ | {"FULFILLER_STORE_URL": postgres_url})
    watch.says(" degraded backlog 0", within_s=READY_S)
    pause(postgres_url)
    watch.says(" paused backlog 0")
    postgres.kill()
    watch.says("unreachable: the store does not answer")
    postgres.restart()
    lines = watch.text().count("\n")
    until(lambda: " paused " in "".join(watch.text().splitlines(keepends=True)[lines:]))
    assert "\x1b" not in watch.text()
    assert watch.stop() == 0


def test_programs_are_told_each_second_what_was_issued_of_late(
    environ: dict[str, str], sqlite_url: str, tmp_path: Path
) -> None:
    """As JSON a line: nothing of it at the first look, then what each tier got."""
    with closing(open_store(sqlite_url)) as store:
        floor = Floor(store)
        floor.campaign("festival")
        ids = floor.claims(4, Tier.P1)
        words = ["fulfiller", "status", "--watch", "--json"]
        watch = start(words, env=environ, log=tmp_path / "watch.log")
        try:
            watch.says('"issued_per_s": null', within_s=READY_S)
            assert floor.issue(ids) == 4
            watch.says('"got": 1.0')
            assert watch.stop() == 0
        finally:
            watch.kill()
    told = [json.loads(line)["campaigns"][0] for line in watch.text().splitlines()]
    assert told[0]["issued_per_s"] is None
    assert max(one["issued_per_s"] or 0.0 for one in told) > 0


def test_on_a_terminal_watching_is_drawn_in_place(environ: dict[str, str], sqlite_url: str) -> None:
    """The screen stays where it is and changes; Ctrl-C leaves it standing, with exit 0."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (ROWS, COLUMNS))
    watch = subprocess.Popen(
        [sys.executable, "-m", "fulfiller", "status", "--watch"],
        cwd=ROOT,
        env=environ | {"TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    try:
        os.close(theirs)
        _read_until(ours, b"degraded")
        pause(sqlite_url)
        drawn = _read_until(ours, b"paused\x1b[0m")
        assert b"\x1b[2K" in drawn
        watch.send_signal(signal.SIGINT)
        assert watch.wait(10) == 0
    finally:
        watch.kill()
        watch.wait()
        os.close(ours)


def _read_until(terminal: int, words: bytes) -> bytes:
    """Return what a terminal shows up to these words; it is read as it comes."""
    seen = b""
    while words not in seen:
        seen += os.read(terminal, 65_536)
    return seen
