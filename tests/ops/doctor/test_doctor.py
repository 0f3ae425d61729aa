"""The doctor: each thing broken for real, found, and where it can be mended by its command."""

import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from redis import Redis

from fulfiller.broker.checkup import Checkup
from fulfiller.broker.queue import CeleryQueue
from fulfiller.ops.cli import cli
from fulfiller.ops.doctor import servers, staff
from fulfiller.ops.doctor.finding import Finding, State, verdict
from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.exits import Exit
from fulfiller.service.keep import LEASE
from fulfiller.settings import load
from fulfiller.store.migrating import upgrade
from fulfiller.store.opening import open_store
from fulfiller.wiring import deployment
from tests.ops.doctor.bouncer import bouncing
from tests.processes import start
from tests.waiting import until

NOBODY = "127.0.0.1:9"
SECOND = 1_000_000
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, sqlite_url: str, valkey: Server) -> Run:
    """Run a command on a store and a broker, with ports that are free."""
    environ = {
        "FULFILLER_HOME": str(tmp_path),
        "FULFILLER_STORE_URL": sqlite_url,
        "FULFILLER_BROKER_URL": valkey.url,
        "FULFILLER_INTAKE_PORT": str(free_port()),
        "FULFILLER_FLOWER_PORT": str(free_port()),
    }
    return lambda *words, **more: CliRunner().invoke(cli, words, env=environ | more)


@pytest.fixture
def queue(valkey: Server) -> Iterator[CeleryQueue]:
    """The broker as the doctor sees it."""
    queue = CeleryQueue(valkey.url)
    yield queue
    queue.close()


def test_nothing_is_wrong_with_what_is_sound(run: Run, sqlite_url: str) -> None:
    """A keeper leads and workers are there: exit 0, no command to run, and what is tested."""
    (store := open_store(sqlite_url)).lease(LEASE, "me", ttl_s=60)
    store.announce("worker1", 2, ttl_s=60)
    store.close()
    done = run("doctor")
    assert done.exit_code == 0, done.output
    assert "Nothing is wrong." in done.stdout
    assert "Brokers tested: Valkey" in done.stdout
    findings = json.loads(run("doctor", "--json").stdout)
    assert {finding["state"] for finding in findings} <= {"ok", "warning"}
    assert [finding["check"] for finding in findings] == [
        "python", "settings", "disk", "secrets", "intake port", "flower port", "store", "schema",
        "clock", "broker", "eviction", "key prefix", "keeper", "workers",
    ]  # fmt: skip


def test_what_is_wrong_ends_with_one_and_a_command(run: Run) -> None:
    """Nobody leads and nobody works: found, with the two commands that mend it."""
    done = run("doctor", "--json")
    assert done.exit_code == 1
    wrong = {
        finding["check"]: (finding["mend"], finding["runbook"])
        for finding in json.loads(done.stdout)
        if finding["state"] == "failed"
    }
    assert wrong == {
        "keeper": ("fulfiller keeper", "no-keeper"),
        "workers": ("fulfiller worker", "worker-lost"),
    }
    lines = [line.strip() for line in run("doctor").stdout.splitlines()]
    at = lines.index("fulfiller keeper")
    assert lines[at + 1] == "fulfiller runbook no-keeper"


def test_who_does_not_answer_ends_with_three(run: Run) -> None:
    """Neither store nor broker: each is said, no password with it, and the rest is checked."""
    away = f"postgresql://u:hunter2@{NOBODY}/x"
    done = run(
        "doctor", "--json",
        FULFILLER_STORE_URL=away, FULFILLER_BROKER_URL=f"redis://:hunter2@{NOBODY}/0",
    )  # fmt: skip
    assert done.exit_code == 3
    states = {f["check"]: f["state"] for f in json.loads(done.stdout)}
    assert (states["store"], states["broker"], states["python"]) == ("away", "away", "ok")
    assert "hunter2" not in done.output


def test_a_store_without_tables_is_mended_by_its_command(run: Run, tmp_path: Path) -> None:
    """No file, then an old schema, then the very command that was printed, and all is well."""
    url = f"sqlite:///{tmp_path}/new.db"
    assert _of("store", run, url).state is State.FAILED
    assert not (tmp_path / "new.db").exists()
    upgrade(url, "0001")
    old = _of("schema", run, url)
    assert (old.state, "it is 0001" in old.detail) == (State.FAILED, True)
    assert run(*str(old.mend).split()[1:], FULFILLER_STORE_URL=url).exit_code == 0
    assert _of("schema", run, url).state is State.OK
    assert (tmp_path / "new.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("mode", "ignoring", "words"),
    [
        ("transaction", "options", "transaction mode"),
        ("transaction", "", "refuses settings of our own"),
        ("session", "options", None),
    ],
)
def test_a_pooler_before_the_store_is_found(
    pgbouncer: str, postgres_url: str, mode: str, ignoring: str, words: str | None
) -> None:
    """Shared sessions and refused settings are found; a pooler that does neither may stay."""
    with bouncing(pgbouncer, postgres_url, mode=mode, ignoring=ignoring) as url:
        found = servers.store(url)
    if words is None:
        assert [finding.state for finding in found] == [State.OK] * 4
    else:
        assert [(f.state, words in f.detail) for f in found] == [(State.FAILED, True)]


def test_a_direct_postgresql_is_sound(postgres_url: str) -> None:
    """The server is named with its version, and nothing stands before it."""
    found = servers.store(postgres_url)
    assert found[0].detail.startswith("PostgreSQL 1")
    assert [finding.check for finding in found] == ["store", "schema", "store log", "store size"]
    assert {finding.state for finding in found} == {State.OK}


def test_a_log_that_names_people_is_found_and_mended(postgres_url: str) -> None:
    """A server as it comes logs the row of a lost race; the command makes it say less."""
    name = postgres_url.rpartition("/")[2]
    with psycopg.connect(postgres_url, autocommit=True) as line:
        line.execute(f"alter database {name} set log_error_verbosity = 'verbose'".encode())
        found = servers.store(postgres_url)[2]
        assert (found.check, found.state) == ("store log", State.FAILED)
        assert "log_error_verbosity is verbose" in found.detail
        line.execute(f"alter database {name} reset log_error_verbosity".encode())
        sent = [word for word in shlex.split(str(found.mend)) if " " in word]
        assert sent[-1] == "select pg_reload_conf()"
        for statement in sent:
            line.execute(statement.encode())
        line.execute("alter system reset log_error_verbosity")
    assert servers.store(postgres_url)[2].state is State.OK


def test_a_broker_that_throws_away_is_found_and_mended(valkey: Server, queue: CeleryQueue) -> None:
    """An eviction policy loses tasks when memory is full; the command sets the one that keeps."""
    with Redis.from_url(valkey.url) as redis:
        redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = servers.broker(queue, valkey.url, "us")[1]
            assert (found.check, found.state) == ("eviction", State.FAILED)
            # What stands behind host and port is for whichever client there is.
            assert redis.execute_command(*str(found.mend).split()[5:])
            assert servers.broker(queue, valkey.url, "us")[1].state is State.OK
        finally:
            redis.config_set("maxmemory-policy", "noeviction")


@pytest.mark.parametrize(
    ("speaks", "state"),
    [((6, 0), State.FAILED), ((6, 2), State.OK), ((7, 2), State.OK), (None, State.WARNING)],
)
def test_an_old_broker_is_found(speaks: tuple[int, ...] | None, state: State) -> None:
    """Redis before 6.2 lacks commands we need; what is not tested is said to be so."""
    assert servers.kind(Checkup(server="Redis", speaks=speaks)).state is state


def test_a_broker_shared_with_another_deployment_is_found(
    tmp_path: Path, valkey: Server, queue: CeleryQueue
) -> None:
    """Another deployment's keeper leaves its mark under our prefix; our own keeper's is fine."""
    home = tmp_path / "theirs"
    environ = {
        "FULFILLER_HOME": str(home),
        "FULFILLER_STORE_URL": f"sqlite:///{tmp_path}/theirs.db",
        "FULFILLER_BROKER_URL": valkey.url,
    }
    upgrade(environ["FULFILLER_STORE_URL"])
    keeper = start(["fulfiller", "keeper"], env=environ, log=tmp_path / "keeper.log")
    try:
        until(lambda: (found := queue.checkup()) and found.mark, within_s=30, what="its mark")
        theirs = deployment(load(environ))
        assert servers.broker(queue, valkey.url, theirs)[2].state is State.OK
        shared = servers.broker(queue, valkey.url, "ours")[2]
        assert (shared.check, shared.state) == ("key prefix", State.FAILED)
        assert (home / "secret").read_text().strip() not in str(shared)
    finally:
        keeper.stop()


@pytest.mark.parametrize(
    ("difference", "state"),
    [
        (0, State.OK),
        (SECOND, State.OK),
        (2 * SECOND, State.WARNING),
        (-3_600 * SECOND, State.WARNING),
    ],
)
def test_a_clock_that_goes_wrong_is_found(difference: int, state: State) -> None:
    """In both directions; a second does not matter, for time is the store's."""
    assert servers.skew(difference).state is state


def test_a_keeper_and_workers_are_seen(sqlite_url: str) -> None:
    """Who leads is named, and slots are counted."""
    store = open_store(sqlite_url)
    store.lease(LEASE, "host-a 4711", ttl_s=60)
    store.announce("worker1", 3, ttl_s=60)
    assert [f.detail for f in staff.keeper(store)] == ["host-a 4711 leads"]
    assert [f.detail for f in staff.workers(store)] == ["3 slots"]
    store.close()


def test_the_exit_code_is_that_of_the_worst() -> None:
    """Away outweighs failed, and a warning is no failure."""
    found = {state: Finding(check="x", state=state, detail="", mend="true") for state in State}
    assert verdict([found[State.OK], found[State.WARNING]]) is Exit.OK
    assert verdict([found[State.FAILED], found[State.OK]]) is Exit.FAILED
    assert verdict([found[State.FAILED], found[State.AWAY]]) is Exit.UNREACHABLE


def _of(check: str, run: Run, url: str) -> Finding:
    """Return what the doctor found about one thing of a store."""
    told = json.loads(run("doctor", "--json", FULFILLER_STORE_URL=url).stdout)
    found = next(finding for finding in told if finding["check"] == check)
    return Finding(**found | {"state": State(found["state"])})
