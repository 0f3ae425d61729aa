"""The commands of compose.yaml as plain processes: the stack comes up and issues a coupon."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fulfiller.client import Client
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.key import Scope
from fulfiller.domain.money import Money
from fulfiller.domain.validity import DAY, Validity
from fulfiller.ops.embedded.ports import free_port
from fulfiller.ops.embedded.server import Server
from fulfiller.ops.keys import add_key, new_key
from fulfiller.service.create import create
from fulfiller.settings import PREFIX, Settings, load
from fulfiller.wiring import open_truth, pepper
from tests.deploy.compose import OURS, environment, probe
from tests.processes import Process, start
from tests.waiting import until

PORTS = {"intake": "8080", "flower": "5555"}
"""Where the file's health checks look."""
PATIENCE_S = 5
"""How long the worker's check waits for an answer."""
READY = {
    "intake": "ready intake", "worker": " ready.", "keeper": "ready keeper", "flower": "Broker: ",
}  # fmt: skip
"""What a service says when it has begun."""


class Stack:
    """The processes, their settings, and the ports that their doors have here."""

    def __init__(self, services: dict[str, Any], ours: dict[str, str]) -> None:
        """Start nothing yet."""
        self.services = services
        self.ports = {name: str(free_port()) for name in PORTS}
        self.doors = {f"{PREFIX}{n.upper()}_HOST": "127.0.0.1" for n in PORTS}
        self.ours = ours | self.doors
        self.ours |= {f"{PREFIX}{n.upper()}_PORT": port for n, port in self.ports.items()}
        self.started: dict[str, Process] = {}

    def environ(self, name: str) -> dict[str, str]:
        """Return what a service is given, with this machine's places in it."""
        return environment(self.services[name]) | self.ours

    def start(self, name: str, log: Path) -> Process:
        """Start a service by the command of the file."""
        command = self.services[name]["command"]
        self.started[name] = start(command, env=self.environ(name), log=log)
        return self.started[name]

    def is_well(self, name: str, *, patience_s: int = PATIENCE_S) -> bool:
        """Return what the service's own health check says, at the port that it has here."""
        asks, wish = (f"--timeout {seconds} " for seconds in (PATIENCE_S, patience_s))
        argv = [word.replace(asks, wish) for word in probe(self.services[name])]
        if name in PORTS:
            argv = [word.replace(f":{PORTS[name]}", f":{self.ports[name]}") for word in argv]
        path = f"{Path(sys.executable).parent}:{os.defpath}"
        environ = self.environ(name) | {"PATH": path}
        done = subprocess.run(argv, env=environ, capture_output=True, check=False, timeout=30)
        return done.returncode == 0


@pytest.fixture
def stack(
    services: dict[str, Any], postgres_url: str, valkey: Server, tmp_path: Path
) -> Iterator[Stack]:
    """All of our services as compose would start them, on servers of the test."""
    ours = {
        f"{PREFIX}HOME": str(tmp_path / "home"),
        f"{PREFIX}STORE_URL": postgres_url,
        f"{PREFIX}BROKER_URL": valkey.url,
    }
    stack = Stack(services, ours)
    try:
        for name in OURS:
            process = stack.start(name, tmp_path / f"{name}.log")
            if name == "upgrade":
                assert process.popen.wait(60) == 0
                assert not stack.is_well("keeper"), "nobody leads yet"
        yield stack
    finally:
        for process in stack.started.values():
            process.kill()


def test_the_same_commands_run_as_plain_processes(stack: Stack) -> None:
    """Each is well by its own health check, and one claim goes through all of them."""
    with ThreadPoolExecutor() as pool:
        # All at once, for each check is a process that takes a second or two.
        list(pool.map(partial(_until_well, stack), OURS[1:]))
    settings = load(stack.environ("intake"))
    assert f"--timeout {PATIENCE_S} " in probe(stack.services["worker"])[-1]
    with Client(f"http://127.0.0.1:{stack.ports['intake']}", _opened(settings)) as client:
        claim = client.submit("festival", user="li", key="one")
        coupon = client.wait(claim.claim_id, within_s=30).coupon
    assert coupon is not None
    stack.started["worker"].kill()
    assert not stack.is_well("worker", patience_s=1), "who is dead answers in no time at all"


def _until_well(stack: Stack, name: str) -> None:
    # Asked only once it says so: a check is a process that a service which starts would wait for.
    stack.started[name].says(READY[name], within_s=60)
    until(partial(stack.is_well, name), within_s=60, what=f"{name} is well")


def _opened(settings: Settings) -> str:
    """Open a campaign and return a key to claim with."""
    store = open_truth(settings, application="test")
    now = store.now()
    campaign = Campaign(
        id="festival",
        owner="owner",
        value=Money(2500, "CNY"),
        budget=2500 * 10,
        opens_at=now,
        closes_at=now + DAY,
        zone="Asia/Shanghai",
        validity=Validity(days=30),
    )
    assert create(campaign, store=store, now=now, actor="test")
    scopes = (Scope.CLAIM_WRITE, Scope.CLAIM_READ)
    key = add_key(new_key("caller", scopes, pepper=pepper(settings), now=now), store=store)
    store.close()
    return key
