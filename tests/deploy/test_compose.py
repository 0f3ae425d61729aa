"""compose.yaml against its schema, our command line, our settings, and real processes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from click.testing import CliRunner

from fulfiller.ops.cli import cli
from fulfiller.ops.embedded.server import Server
from fulfiller.settings import PREFIX, load
from fulfiller.store.discretion import DISCREET
from tests.processes import Process, start

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "compose.yaml"
OURS = ("upgrade", "intake", "worker", "keeper", "flower")
SOFT_SHUTDOWN_S = 10
SECRET = "a secret of a test and of nothing else"


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services as compose reads them."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return found


def test_it_follows_the_compose_schema() -> None:
    """Compose would accept the file."""
    schema = ("--builtin-schema", "vendor.compose-spec")
    argv = (sys.executable, "-m", "check_jsonschema", *schema, str(COMPOSE))
    checked = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", OURS)
def test_each_command_is_one_of_ours(services: dict[str, Any], name: str) -> None:
    """What compose starts exists on the command line."""
    program, *words = services[name]["command"]
    assert program == "fulfiller"
    assert CliRunner().invoke(cli, [*words, "--help"]).exit_code == 0


def test_each_variable_is_a_setting(services: dict[str, Any]) -> None:
    """No service is given a name that settings would refuse, or a value out of range."""
    for name in OURS:
        load(_environment(services[name]))


def test_each_mounted_file_is_shipped(services: dict[str, Any]) -> None:
    """What is mounted from the folder beside the file is there."""
    mounts = [mount for service in services.values() for mount in service.get("volumes", ())]
    files = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert files
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_doors_listen_on_loopback_alone(services: dict[str, Any]) -> None:
    """Nothing of ours is reachable from outside before somebody decides so."""
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", OURS)
def test_our_processes_own_little(services: dict[str, Any], name: str) -> None:
    """They can't write to their image or gain rights, and the image runs as nobody special."""
    service = services[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert re.search(r"^USER fulfiller$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_a_worker_may_finish_what_it_has_in_hand(services: dict[str, Any]) -> None:
    """The stop grace is longer than the worker's own soft shutdown."""
    assert int(services["worker"]["stop_grace_period"].removesuffix("s")) > SOFT_SHUTDOWN_S


def test_what_a_queue_holds_is_never_evicted(services: dict[str, Any]) -> None:
    """The broker refuses when it is full, and keeps an append-only file."""
    command = " ".join(services["broker"]["command"])
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command


def test_the_log_of_the_store_names_nobody(services: dict[str, Any]) -> None:
    """PostgreSQL is started with every setting that the doctor asks of it."""
    command = " ".join(services["store"]["command"])
    assert [n for n, value in DISCREET.items() if f"-c {n}={value}" not in command] == []


@pytest.fixture
def running(
    services: dict[str, Any], postgres_url: str, valkey: Server, tmp_path: Path
) -> Iterator[dict[str, Process]]:
    """Intake, worker and keeper as compose would start them, on servers of the test."""
    started: dict[str, Process] = {}
    try:
        for name in ("upgrade", "intake", "worker", "keeper"):
            environ = _environment(services[name]) | {
                f"{PREFIX}HOME": str(tmp_path / "home"),
                f"{PREFIX}STORE_URL": postgres_url,
                f"{PREFIX}BROKER_URL": valkey.url,
                f"{PREFIX}INTAKE_HOST": "127.0.0.1",
                f"{PREFIX}INTAKE_PORT": "0",
            }
            started[name] = start(
                services[name]["command"], env=environ, log=tmp_path / f"{name}.log"
            )
            if name == "upgrade":
                assert started[name].popen.wait(60) == 0
        yield started
    finally:
        for process in started.values():
            process.kill()


def test_the_same_commands_run_as_plain_processes(running: dict[str, Process]) -> None:
    """Migrated, listening, working and leading: the stack of the file comes up."""
    running["intake"].says("ready intake", within_s=40)
    running["worker"].says("ready.", within_s=60)
    running["keeper"].says("ready keeper", within_s=40)
    url = running["intake"].text().partition("ready intake ")[2].split()[0]
    probe = (sys.executable, "-c", f"import urllib.request as r; r.urlopen('{url}/readyz')")
    assert subprocess.run(probe, check=False, timeout=20).returncode == 0


def _environment(service: dict[str, Any]) -> dict[str, str]:
    """Return a service's settings, with the blanks filled in that .env fills."""
    said: dict[str, str] = service["environment"]
    filled = {name: re.sub(r"\$\{[^}]*\}", SECRET, value) for name, value in said.items()}
    return {name: value for name, value in filled.items() if name.startswith(PREFIX)}
