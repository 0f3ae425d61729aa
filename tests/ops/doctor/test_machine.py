"""The doctor on this machine: ports, files, disk and Python, broken and mended for real."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from fulfiller.ops.doctor import machine, ports
from fulfiller.ops.doctor.finding import State
from fulfiller.settings import load
from tests.intake.door import opened


def test_a_taken_port_names_who_has_it() -> None:
    """The process is named, and the command offers a port that is free."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = ports.port("intake", "127.0.0.1", taken.getsockname()[1])
    assert found.state is State.FAILED
    assert f"process {os.getpid()} (" in found.detail
    variable, _, number = str(found.mend).removeprefix("export ").partition("=")
    assert variable == "FULFILLER_INTAKE_PORT"
    assert ports.port("intake", "127.0.0.1", int(number)).state is State.OK


def test_a_port_where_our_own_door_answers_is_fine(sqlite_url: str) -> None:
    """A running intake is no trouble for itself; for Flower's port it is."""
    with opened(sqlite_url) as door:
        number = int(door.url.rpartition(":")[2])
        assert "intake answers" in ports.port("intake", "127.0.0.1", number).detail
        assert ports.port("flower", "127.0.0.1", number).state is State.FAILED


def test_secrets_that_others_can_read_are_shut_by_the_command(tmp_path: Path) -> None:
    """The root secret, Flower's login, and the file with the store; then all is well."""
    home = tmp_path / "home of ours"
    home.mkdir(mode=0o755)
    files = [home / "secret", home / "flower-credentials", home / "store.db"]
    for file in files:
        file.write_text("x")
        file.chmod(0o644)
    found = machine.secrets(home, home / "store.db")
    assert found.state is State.FAILED
    subprocess.run(str(found.mend), shell=True, check=True)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert machine.secrets(home, home / "store.db").state is State.OK


def test_a_stack_with_other_settings_is_found(tmp_path: Path) -> None:
    """A stack runs here, this shell means another broker: the command loads its settings."""
    known = load({"FULFILLER_HOME": str(tmp_path), "FULFILLER_BROKER_URL": "redis://here/0"})
    (tmp_path / "stack.env").write_text("FULFILLER_BROKER_URL='redis://there/0'\n")
    found = machine.settings(known)
    assert (found.state, "FULFILLER_BROKER_URL" in found.detail) == (State.FAILED, True)
    told = subprocess.run(
        f"{found.mend}; echo $FULFILLER_BROKER_URL",
        shell=True, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.strip() == "redis://there/0"
    (tmp_path / "stack.env").write_text("FULFILLER_BROKER_URL='redis://here/0'\n")
    assert machine.settings(known).state is State.OK


@pytest.mark.parametrize(
    ("free_mib", "state"), [(10, State.FAILED), (900, State.WARNING), (5_000, State.OK)]
)
def test_a_full_disk_is_found_in_time(tmp_path: Path, free_mib: int, state: State) -> None:
    """Little room is a warning, hardly any a failure."""
    assert machine.room(tmp_path, free_mib << 20).state is state


def test_the_disk_is_measured_where_the_folder_will_be(tmp_path: Path) -> None:
    """A home that is not there yet lies on its parent's disk."""
    found = machine.disk(tmp_path / "not" / "yet")
    free_mib = shutil.disk_usage(tmp_path).free >> 20
    told = int(found.detail.removeprefix("only ").split()[0].replace(",", ""))
    assert abs(told - free_mib) < 500
    assert str(tmp_path) in found.detail


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ((3, 10, 1), State.FAILED),
        ((3, 11, 0), State.OK),
        ((3, 14, 2), State.OK),
        ((3, 15, 0), State.WARNING),
    ],
)
def test_a_python_that_is_not_tested_is_found(version: tuple[int, ...], state: State) -> None:
    """Too old fails, too new is said."""
    assert machine.python(version).state is state
