"""Every finding of the doctor: none goes without a command, and each command can be run."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from fulfiller.broker.checkup import Checkup
from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.error import StoreUnavailable
from fulfiller.ops import doctor
from fulfiller.ops.cli import cli
from fulfiller.ops.doctor import machine, ports, servers, staff
from fulfiller.ops.doctor.finding import Finding, State
from fulfiller.settings import Settings, load, variables
from fulfiller.store.checkup import Schema
from fulfiller.store.discretion import DISCREET
from fulfiller.store.endurance import BOUNDS
from fulfiller.store.memory import MemoryStore
from tests.intake.door import opened

MIB = 1 << 20
NOBODY = "127.0.0.1:9"
UNWELL = ("failed", "warning", "away")


class Away(MemoryStore):
    """A store that nobody gets an answer from."""

    def now(self) -> int:
        """Refuse."""
        raise StoreUnavailable("nobody there")


@pytest.fixture
def known(tmp_path: Path) -> Settings:
    """Settings of a home in which a stack with others runs."""
    (tmp_path / "stack.env").write_text("FULFILLER_BROKER_URL='redis://there/0'\n")
    (tmp_path / "secret").write_text("a secret that everybody can read")
    (tmp_path / "secret").chmod(0o644)
    return load({"FULFILLER_HOME": str(tmp_path)})


@pytest.fixture
def findings(known: Settings, sqlite_url: str) -> list[Finding]:
    """One of each kind that is not well, from the checks themselves."""
    with opened(sqlite_url) as door:
        taken = ports.port("flower", "127.0.0.1", int(door.url.rpartition(":")[2]))
    queue = CeleryQueue(f"redis://{NOBODY}/0")
    away = servers.broker(queue, f"redis://{NOBODY}/0", "us")
    queue.close()
    store = MemoryStore()
    found: list[Finding | None] = [
        machine.python((3, 10, 0)),
        machine.python((3, 99, 0)),
        machine.room(known.home, 10 * MIB),
        machine.room(known.home, 900 * MIB),
        machine.secrets(known.home, None),
        machine.settings(known),
        taken,
        *servers.store(f"sqlite:///{known.home}/none.db"),
        *servers.store(f"postgresql://u@{NOBODY}/x"),
        servers.pooled("a pooler in transaction mode"),
        servers.schema(Schema(revision="0001", head="0002")),
        servers.log(dict.fromkeys(DISCREET, "loud")),
        servers.endurance(dict.fromkeys(BOUNDS, "little")),
        servers.clock(Away(now=lambda: 0)),
        servers.skew(servers.SKEW_MAX + 1),
        *away,
        servers.kind(Checkup(server="RabbitMQ", speaks=None)),
        servers.kind(Checkup(server="Redis", speaks=(6, 0))),
        servers.eviction(Checkup(server="Redis", eviction="allkeys-lru"), "redis://h:1/0"),
        servers.owner("theirs.1", "ours"),
        *staff.keeper(store),
        *staff.workers(store),
    ]
    return [finding for finding in found if finding is not None]


def _places() -> Iterator[str]:
    """Yield each place in which the doctor says that something is not well."""
    for file in Path(doctor.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) in UNWELL:
                yield f"{file.name}:{node.lineno}"


def test_every_finding_comes_with_a_command_that_can_be_run(
    findings: list[Finding], known: Settings
) -> None:
    """A shell reads each; what is ours in it exists: commands, and variables of the settings."""
    places = list(_places())
    assert len(findings) == len(places), f"the list of this test is not {places}"
    for finding in findings:
        assert finding.state is not State.OK
        mend = str(finding.mend)
        subprocess.run(["sh", "-n", "-c", mend], check=True)
        if mend.startswith("fulfiller "):
            words = mend.partition("#")[0].split()[1:]
            assert CliRunner().invoke(cli, [*words, "--help"]).exit_code == 0, mend
        assert set(re.findall(r"FULFILLER_[A-Z_]+", mend)) <= {*variables(known)}


def test_a_finding_without_a_command_is_refused() -> None:
    """Whoever writes a check has to say what mends what it finds."""
    with pytest.raises(ValueError, match="disk: say which command mends it"):
        Finding(check="disk", state=State.FAILED, detail="full")
