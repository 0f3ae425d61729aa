"""Flower is closed to strangers, whole to whoever logs in, and steers only when asked to."""

import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner
from flower.urls import handlers  # type: ignore[import-untyped]

from fulfiller.ops.cli import cli
from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from tests.ops.flower.door import PLAIN, READY_S, Door
from tests.processes import ROOT, Process, start

OPEN = ("/healthcheck", "/static/", "/login", "/logout", ".*")
"""What needs no password: a bare OK, scripts and styles, ways in and out, nothing at all."""
Begin = Callable[..., Process]


@pytest.fixture(scope="module")
def doors(
    lasting_broker: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Door]]:
    """Flower as Celery's users start it, and as `fulfiller flower --control` does."""
    commands = {"celery": PLAIN, "control": ("fulfiller", "flower", "--control")}
    running: list[tuple[str, Process, Path, int]] = []
    for name, command in commands.items():
        home, port = tmp_path_factory.mktemp(name), free_port()
        env = {
            "FULFILLER_HOME": str(home),
            "FULFILLER_BROKER_URL": lasting_broker.url,
            "FULFILLER_FLOWER_PORT": str(port),
        }
        process = start([*command], env=env, log=home / "flower.log")
        running.append((name, process, home, port))
    try:
        yield {name: Door(process, home, port) for name, process, home, port in running}
    finally:
        for _, process, _, _ in running:
            process.kill()


@pytest.fixture
def door(doors: dict[str, Door]) -> Door:
    """Flower as Celery's users start it."""
    return doors["celery"]


def test_every_route_asks_for_the_password(door: Door) -> None:
    """Whatever Flower serves, `/metrics` too, answers strangers 401 and nothing else."""
    paths = {path for path in map(_path, handlers) if not path.startswith(OPEN)}
    assert {"/metrics", "/api/workers", "/api/worker/shutdown/x"} <= paths
    for path in sorted(paths):
        answers = [door.ask(method, path, login=False) for method in ("GET", "POST")]
        told = {answer.status_code for answer in answers}
        assert told <= {401, 405}, (path, told)
        assert 401 in told, path


def test_a_health_probe_needs_no_password_and_learns_nothing(door: Door) -> None:
    """Probes have no password: `/healthcheck` says OK, and that is all."""
    assert door.ask("GET", "/healthcheck", login=False).text == "OK"


@pytest.mark.parametrize(
    "path",
    [
        "/", "/workers", "/tasks", "/broker", "/metrics",
        "/api/workers", "/api/tasks", "/api/task/types", "/api/queues/length",
    ],
)  # fmt: skip
def test_whoever_logs_in_sees_everything(door: Door, path: str) -> None:
    """Flower's own pages and its REST API keep working."""
    answer = door.ask("GET", path, login=True)
    assert answer.status_code == HTTPStatus.OK
    assert answer.text


def test_it_looks_on_and_changes_nothing(door: Door) -> None:
    """Read-only: even with the login nobody sends a task or stops a worker."""
    paths = ("worker/shutdown/x", "task/send-task/claims.issue", "task/rate-limit/claims.issue")
    for path in ("/campaigns/steer", *(f"/api/{each}" for each in paths)):
        assert door.ask("POST", path, login=True).status_code == HTTPStatus.FORBIDDEN


def test_it_steers_when_asked_to(doors: dict[str, Door]) -> None:
    """With --control the same request is judged: this worker is unknown."""
    answer = doors["control"].ask("POST", "/api/worker/shutdown/x", login=True)
    assert answer.status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("name", ["celery", "control"])
def test_the_login_lies_in_the_home_and_nowhere_else(doors: dict[str, Door], name: str) -> None:
    """Made at the first start, for its owner alone; in no command line and in no log."""
    door = doors[name]
    assert stat.S_IMODE(door.login.stat().st_mode) == 0o600
    password = door.login.read_text().strip().partition(":")[2]
    command = Path(f"/proc/{door.process.pid}/cmdline").read_text()
    environ = Path(f"/proc/{door.process.pid}/environ").read_text()
    assert len(password) >= 32
    assert password not in command + environ + door.process.text()


def test_only_this_machine_is_listened_to(door: Door) -> None:
    """Other addresses of this machine, such as its network's, find nobody there."""
    elsewhere = door.url.replace("127.0.0.1", "127.0.0.2")
    with pytest.raises(httpx.ConnectError):
        httpx.get(elsewhere + "/healthcheck")


def test_it_does_not_start_without_a_password(tmp_path: Path) -> None:
    """An emptied login ends Celery's own command too, before anything is served."""
    done = subprocess.run(
        [sys.executable, "-m", *PLAIN, "--basic_auth=", "--address="],
        cwd=ROOT,
        env={"FULFILLER_HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=READY_S,
        check=False,
    )
    assert (done.returncode, "Flower stays closed" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    "option", ["--address=0.0.0.0", "--basic-auth=a:b", "--conf=x.py", "--cookie_secret=x"]
)
def test_options_that_would_open_it_have_another_place(tmp_path: Path, option: str) -> None:
    """Addresses come from settings, secrets from files: the command line is refused both."""
    done = _run("flower", option, home=tmp_path)
    assert done[0] == 2
    assert "is not taken here" in done[1]


def test_a_login_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """The message is the command that mends it."""
    file = tmp_path / "flower-credentials"
    file.write_text("me:a password that is long enough\n")
    file.chmod(0o644)
    code, said = _run("flower", home=tmp_path)
    assert (code, f"chmod 600 {file}" in said) == (2, True)
    assert "long enough" not in said


@pytest.mark.parametrize(
    ("address", "logins", "oauth", "is_closed"),
    [
        ("127.0.0.1", ["me:pw"], "", True),
        ("::1", ["me:pw"], "", True),
        ("localhost", ["me:pw"], "", True),
        ("0.0.0.0", ["me:0123456789abcdef"], "", True),
        ("0.0.0.0", [], r".*@example\.com", True),
        ("127.0.0.1", [], "", False),
        ("127.0.0.1", [""], "", False),
        ("127.0.0.1", ["me:"], "", False),
        ("127.0.0.1", ["me:pw", ":pw"], "", False),
        ("0.0.0.0", ["me:pw"], "", False),
        ("", ["me:pw"], "", False),
    ],
)
def test_who_may_come_in(address: str, logins: list[str], oauth: str, *, is_closed: bool) -> None:
    """A password or OAuth always, and a long password where others than this machine may guess."""
    from fulfiller.ops.flower.guard import open_door

    assert (open_door(address, logins, oauth=oauth) is None) == is_closed


def _path(handler: object) -> str:
    """Return an address that leads to a handler of Flower's."""
    pattern = handler[0] if isinstance(handler, tuple) else handler.regex.pattern  # type: ignore[attr-defined]
    return re.sub(r"\(\.[+*]\)", "x", pattern).removesuffix("$")


def _run(*words: str, home: Path) -> tuple[int, str]:
    done = CliRunner().invoke(cli, words, env={"FULFILLER_HOME": str(home)})
    return done.exit_code, done.stderr
