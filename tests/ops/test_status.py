"""The status: one word, why, and one screen; the same in JSON, and again each second."""

import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Phase
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.domain.money import Money
from fulfiller.domain.tier import Tier
from fulfiller.ops.board import text
from fulfiller.ops.cli import cli
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.figures import Figures
from fulfiller.ops.pulse import Pulse, Word
from fulfiller.store.opening import open_store
from tests.processes import ROOT, Process, start
from tests.waiting import until

FESTIVAL = str(ROOT / "config/campaigns/spring-festival.toml")
NOBODY = "127.0.0.1:9"
ROWS, COLUMNS = 24, 80
READY_S = 30.0
HEALTHY = Pulse(
    at=0,
    service=ModeRow(scope=SERVICE),
    campaigns=(),
    slots=2,
    keeper="host 4711",
    depths=dict.fromkeys(Tier, 0),
)
PAUSED = ModeRow(scope=SERVICE, mode=Mode.PAUSED, cause="backlog 12,431 > threshold 10,000")
Run = Callable[..., Result]


@pytest.fixture
def environ(tmp_path: Path, sqlite_url: str) -> dict[str, str]:
    """Settings of a store of this test's own, with no broker in sight."""
    return {
        "FULFILLER_HOME": str(tmp_path),
        "FULFILLER_STORE_URL": sqlite_url,
        "FULFILLER_BROKER_URL": f"redis://{NOBODY}/0",
    }


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    """Run a command with these settings."""
    return lambda *words: CliRunner().invoke(cli, words, env=environ)


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


@pytest.mark.parametrize(
    ("pulse", "word"),
    [
        (HEALTHY, Word.FLOWING),
        (replace(HEALTHY, service=ModeRow(scope=SERVICE, mode=Mode.RAMPING)), Word.RAMPING),
        (replace(HEALTHY, keeper=None), Word.DEGRADED),
        (replace(HEALTHY, slots=0), Word.DEGRADED),
        (replace(HEALTHY, depths=None), Word.DEGRADED),
        (replace(HEALTHY, service=ModeRow(scope=SERVICE, held=True)), Word.HELD),
        (replace(HEALTHY, service=PAUSED), Word.PAUSED),
        (replace(HEALTHY, service=PAUSED, keeper=None), Word.PAUSED),
        (replace(HEALTHY, service=replace(PAUSED, held=True), slots=0), Word.PAUSED),
    ],
)
def test_one_word_says_how_the_service_is(pulse: Pulse, word: Word) -> None:
    """What was decided comes before what is missing; the screen opens with it, and with why."""
    assert pulse.word is word
    first, *rest = text(pulse).splitlines()
    assert first.endswith(f"{word}\x1b[0m")
    assert [reason for reason in pulse.reasons if f"  {reason}" not in rest] == []
    assert bool(pulse.reasons) == (word is not Word.FLOWING)


def test_why_it_is_paused_is_said_with_the_figures_that_decided() -> None:
    """The cause stands in the mode's row and reaches the screen."""
    assert "backlog 12,431 > threshold 10,000" in text(replace(HEALTHY, service=PAUSED))


def test_it_is_one_screen_however_many_campaigns_there_are() -> None:
    """24 lines of 80 columns: what runs and waits comes first, the rest is counted."""
    campaigns = tuple(
        figures_of(number, phase=Phase.ENDED if number < 30 else Phase.ACTIVE)
        for number in range(60)
    )
    screen = text(replace(HEALTHY, campaigns=campaigns, keeper=None)).splitlines()
    assert len(screen) < ROWS
    assert max(map(len, screen[1:])) <= COLUMNS
    assert "59" in next(line for line in screen if "active" in line).split()[3]
    assert not any("ended" in line for line in screen)
    shown = sum("active" in line for line in screen)
    assert f"and {60 - shown} more" in screen[-1]


def test_the_screen_needs_no_broker(run: Run) -> None:
    """A broker that is away is a reason, not a failure; the store's figures are all there."""
    run("campaign", "create", FESTIVAL)
    screen = run("status")
    assert screen.exit_code == 0
    assert screen.stdout.startswith("degraded\n")
    words = ("flowing", "spring-festival", "wait in the store", "NONE LEADS")
    assert [word for word in words if word not in screen.stdout] == []
    answer = json.loads(run("status", "--json").stdout)
    assert (answer["word"], answer["broker"], answer["keeper"]) == ("degraded", None, None)
    assert answer["service"] == {"mode": "flowing", "held": False}
    assert len(answer["reasons"]) == 3


def test_the_leading_keeper_is_named(run: Run, sqlite_url: str) -> None:
    """Who holds the lease is shown for as long as it lasts."""
    store = open_store(sqlite_url)
    store.lease("keeper", "host-a 4711", ttl_s=60)
    assert "host-a 4711" in run("status").stdout
    assert json.loads(run("status", "--json").stdout)["keeper"] == "host-a 4711"
    store.release_lease("keeper", "host-a 4711")
    assert json.loads(run("status", "--json").stdout)["keeper"] is None
    store.close()


def test_a_paused_service_ends_with_four(run: Run, sqlite_url: str) -> None:
    """A script tells a paused service by the exit code."""
    pause(sqlite_url)
    done = run("status")
    assert done.exit_code == 4
    assert done.stdout.startswith("paused\n")


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


def figures_of(number: int, *, phase: Phase) -> Figures:
    """Return the figures of a campaign with a long name and as long a backlog as its number."""
    zero = Money(0, "CNY")
    return Figures(
        campaign=f"a-campaign-with-a-name-that-goes-on-{number}",
        phase=phase,
        mode=Mode.FLOWING,
        held=True,
        entered=number,
        backlog=number,
        waitlisted=0,
        parked=1,
        issued=0,
        declined=0,
        cancelled=0,
        budget=zero,
        reserved=zero,
        left=zero,
    )


def pause(url: str) -> None:
    """Pause the service behind everybody's back."""
    from sqlalchemy import text as sql

    store = open_store(url)
    with store.link.engine.begin() as connection:
        connection.execute(sql("update mode set mode = 'paused' where scope = '*'"))
    store.close()


def _read_until(terminal: int, words: bytes) -> bytes:
    """Return what a terminal shows up to these words; it is read as it comes."""
    seen = b""
    while words not in seen:
        seen += os.read(terminal, 65_536)
    return seen
