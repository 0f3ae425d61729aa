"""The process: it ends with whoever started it, and says so when it is gone."""

import os
import signal
import subprocess
import sys

import pytest

from fulfiller.chaos.proxy.process import Proxy, ProxyFailed
from fulfiller.settings import surroundings
from tests.waiting import alive, until

OWNER = """
from fulfiller.chaos.proxy.process import Proxy
proxy = Proxy()
print(proxy.pid, flush=True)
input()
"""


def test_whoever_is_killed_leaves_no_proxy_behind() -> None:
    """SIGKILL lets nobody clear away, so the proxy notices by itself."""
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=surroundings(),
    )  # fmt: skip
    with owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert alive(pid)
        owner.kill()
    until(lambda: not alive(pid))


def test_a_proxy_that_is_gone_is_a_fault(proxy: Proxy) -> None:
    """Whoever asks it is told so, and not left waiting."""
    os.kill(proxy.pid, signal.SIGKILL)
    with pytest.raises(ProxyFailed):
        until(lambda: proxy.tally("*").connections)
