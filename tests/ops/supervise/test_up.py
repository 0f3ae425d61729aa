"""`fulfiller up` as its user meets it: what it says, what it answers, how it leaves."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket
from typing import IO, cast
from urllib.request import urlopen

import pytest

from fulfiller.ops.embedded.ports import free_port
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
UP = (sys.executable, "-m", "fulfiller", "up")


def environ(home: Path, **changes: object) -> dict[str, str]:
    """Return an environment with a home and ports of its own."""
    named = {"HOME": home, "INTAKE_PORT": free_port(), "FLOWER_PORT": free_port(), **changes}
    ours = {f"FULFILLER_{name}": str(value) for name, value in named.items()}
    return {"PATH": os.defpath, "LANG": "C.UTF-8", **ours}


@contextmanager
def running(home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield a stack that is up, and what it said until then."""
    up = subprocess.Popen(UP, stdout=subprocess.PIPE, text=True, env=environ(home))
    lines = cast("IO[str]", up.stdout)
    said = []
    try:
        for line in lines:
            said.append(line)
            if "Variables" in line:
                break
        yield up, "".join(said)
    finally:
        up.kill()
        up.wait()
        lines.close()


def processes(home: Path) -> int:
    """Return how many processes work in this home."""
    count = 0
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            count += f"FULFILLER_HOME={home}\0".encode() in file.read_bytes()
        except OSError:
            continue
    return count


def test_a_stack_comes_up_says_where_and_leaves_in_order(tmp_path: Path) -> None:
    """Every door answers; Ctrl-C ends all, the intake first, with exit 0."""
    with running(tmp_path) as (up, said):
        doors = dict(line.split("│")[1].split(maxsplit=2)[:2] for line in said.splitlines()[-4:-2])
        with urlopen(doors["Claims"].replace("v1/claims", "readyz")) as answer:
            assert answer.status == 200
        for secret in (
            (tmp_path / "secret").read_text(),
            (tmp_path / "flower-credentials").read_text(),
        ):
            assert secret.strip() not in said
            assert secret.strip() not in _arguments()
        assert "FULFILLER_SECRET" not in (tmp_path / "stack.env").read_text()
        assert "superuser" not in said

        up.send_signal(signal.SIGINT)
        rest = cast("IO[str]", up.stdout).read()

        assert up.wait(30) == 0
        assert rest.rstrip().endswith("Everything has ended.")
        order = [line.split("ending ")[1] for line in rest.splitlines() if "ending " in line]
        assert order == ["intake", "worker1", "keeper", "flower", "broker"]
    assert processes(tmp_path) == 0


def test_two_stacks_can_not_share_a_home(tmp_path: Path) -> None:
    """The second says why and what to change, and the first goes on; a kill ends all of it."""
    with running(tmp_path) as (up, _):
        second = subprocess.run(
            UP, capture_output=True, text=True, check=False, env=environ(tmp_path), timeout=60
        )
        assert second.returncode == 1
        assert f"a stack runs in {tmp_path} already" in second.stderr
        assert up.poll() is None
        assert processes(tmp_path) >= 6

        up.kill()

        until(lambda: processes(tmp_path) == 0, within_s=15, what="all have ended")


def test_a_taken_port_is_named_with_its_setting(tmp_path: Path) -> None:
    """Exit 1 with one line that says which variable to change; nothing stays behind."""
    with socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        up = subprocess.run(
            UP,
            capture_output=True,
            text=True,
            check=False,
            env=environ(tmp_path, INTAKE_PORT=port),
            timeout=60,
        )
    assert up.returncode == 1
    assert f"intake can't have 127.0.0.1:{port}" in up.stderr
    assert "set FULFILLER_INTAKE_PORT" in up.stderr
    assert processes(tmp_path) == 0


def _arguments() -> str:
    """Return the arguments of all processes, as anybody on the machine can read them."""
    files = Path("/proc").glob("[0-9]*/cmdline")
    return "\n".join(_read(file) for file in files)


def _read(file: Path) -> str:
    try:
        return file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
