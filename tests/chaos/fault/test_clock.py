"""Clocks that jump: seen in what processes say of the time, and in how long they wait."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from email.utils import parsedate_to_datetime
from pathlib import Path
from platform import machine

import httpx
import msgspec
import pytest

from fulfiller.chaos.fault import clock
from fulfiller.chaos.fault.clock import ClockJump
from fulfiller.chaos.fault.every import AnyFault
from fulfiller.clock import wall_clock
from fulfiller.ops.embedded.server import Server
from tests.chaos.fault.ring import Ring, seen
from tests.processes import Process, start, worker_argv
from tests.waiting import until
from tests.workers.conftest import worker_env

pytestmark = pytest.mark.skipif(
    (sys.platform, machine()) != ("linux", "x86_64"), reason="libfaketime is for such machines here"
)
CLOCKS = ("intake", "worker1")


@pytest.fixture
def deceived(valkey: Server, sqlite_url: str, tmp_path: Path) -> Iterator[Ring]:
    """An intake and a worker that take their time from files."""
    assert clock.available()
    files = {name: tmp_path / f"{name}.clock" for name in CLOCKS}
    settings = worker_env(sqlite_url, valkey.url, tmp_path)
    argv = {
        "intake": ["fulfiller", "intake", "--port", "0"],
        "worker1": worker_argv("worker1", "--heartbeat-interval", "1"),
    }
    with ExitStack() as ending:
        started: dict[str, Process] = {}
        for name, file in files.items():
            env = settings | clock.environ(file)
            started[name] = start(argv[name], env=env, log=tmp_path / f"{name}.log")
            ending.callback(started[name].kill)
        started["intake"].says("ready intake")
        started["worker1"].says(" ready.")
        url = started["intake"].text().partition("ready intake ")[2].split()[0]
        yield Ring(broker_url=valkey.url, intake_url=url, clocks=files)


def test_the_clocks_of_intake_and_worker_jump_and_jump_back(deceived: Ring) -> None:
    """An hour ahead, an hour back, one without the other."""
    wounds = [
        ClockJump(on="intake", by_s=3_600).begin(deceived),
        ClockJump(on="worker1", by_s=-3_600).begin(deceived),
    ]
    words = [seen(wound) for wound in wounds]
    assert abs(_date_off_s(deceived.intake_url) - 3_600) < 5
    assert words[0].startswith("intake dated what it said +3")
    assert words[1].startswith("worker1 dated what it said -3")
    for wound in wounds:
        wound.heal()
    until(lambda: _date_off_s(deceived.intake_url) < 5)
    again = ClockJump(on="worker", by_s=1_800).begin(deceived)
    assert seen(again).startswith("worker dated what it said +1")
    assert _date_off_s(deceived.intake_url) < 5
    again.heal()


def test_a_clock_that_nobody_reads_is_not_seen_to_jump(valkey: Server, tmp_path: Path) -> None:
    """A process that is away, and one that takes its time from elsewhere, tell nothing."""
    files = {name: tmp_path / name for name in CLOCKS}
    ring = Ring(broker_url=valkey.url, intake_url="http://127.0.0.1:9", clocks=files)
    for name in CLOCKS:
        wound = ClockJump(on=name).begin(ring)
        assert files[name].read_text() == "+3600"
        assert wound.seen() is None
        wound.heal()
        assert files[name].read_text() == "+0"


def test_a_clock_that_goes_right_is_not_seen_to_jump(ring: Ring, tmp_path: Path) -> None:
    """This intake takes its time from elsewhere, and says so."""
    ring.clocks = {"intake": tmp_path / "clock"}
    wound = ClockJump(on="intake").begin(ring)
    assert wound.seen() is None
    wound.heal()
    assert wound.seen() is None


@pytest.mark.parametrize("wrong", [{"on": "keeper"}, {"on": "intake", "by_s": 3}])
def test_a_jump_that_nobody_could_see_is_refused(wrong: dict[str, object]) -> None:
    """A keeper tells nobody what time it is, and a few seconds may be chance."""
    with pytest.raises(msgspec.ValidationError, match="clock-jump"):
        msgspec.convert({"kind": "clock-jump", **wrong}, AnyFault)


def _date_off_s(url: str) -> float:
    told = parsedate_to_datetime(httpx.get(f"{url}/livez").headers["date"]).timestamp()
    return told - wall_clock() / 1_000_000
