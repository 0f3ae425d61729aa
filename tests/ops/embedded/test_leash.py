"""What we started ends with us, however we end."""

import sys
from pathlib import Path
from signal import SIGKILL
from subprocess import PIPE, Popen

import pytest

from fulfiller.ops.embedded.leash import Leash
from tests.waiting import alive, until

STARTER = """
import sys
from pathlib import Path
from threading import Thread
from fulfiller.ops.embedded import {kind}
servers = []
starter = Thread(target=lambda: servers.append({kind}.start(Path(sys.argv[1]))))
starter.start()
starter.join()
print(servers[0].pid, flush=True)
sys.stdin.read()
"""
PARENT = """
import sys
from subprocess import PIPE, Popen
from fulfiller.ops.embedded.leash import Leash
argv = ["/bin/sh", "-c", "sleep 60 & echo $!; wait"]
child = Popen(argv, stdout=PIPE, start_new_session=True)
leash = Leash(child.pid)
print(int(child.stdout.readline()), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("kind", ["valkey", "postgres"])
def test_a_server_ends_with_a_killed_owner(kind: str, home: Path) -> None:
    """Not even SIGKILL leaves a server behind, but a thread that ends does it no harm."""
    argv = [sys.executable, "-c", STARTER.format(kind=kind), str(home / "orphan")]
    with Popen(argv, stdin=PIPE, stdout=PIPE) as owner:
        assert owner.stdout is not None
        server = int(owner.stdout.readline())
        assert alive(server)
        owner.send_signal(SIGKILL)
        until(lambda: not alive(server), what=f"{kind} has ended")


def test_the_whole_group_ends() -> None:
    """What a process of ours started in turn ends with us, too."""
    with Popen([sys.executable, "-c", PARENT], stdin=PIPE, stdout=PIPE) as owner:
        assert owner.stdout is not None
        grandchild = int(owner.stdout.readline())
        assert alive(grandchild)
        owner.send_signal(SIGKILL)
        until(lambda: not alive(grandchild), what="the grandchild has ended")


def test_a_released_process_lives_on() -> None:
    """After `release` the end of the leash ends nothing."""
    with Popen(["sleep", "60"], start_new_session=True) as process:
        leash = Leash(process.pid)
        leash.release()
        leash.release()
        assert process.poll() is None
        process.kill()
