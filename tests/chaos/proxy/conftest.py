"""Legs to the real servers."""

from collections.abc import Iterator

import pytest

from fulfiller.chaos.proxy.process import Proxy, Speech
from fulfiller.ops.embedded.server import Server

HOST = "127.0.0.1"
REDIS_LEG, POSTGRES_LEG = "worker1/broker", "worker1/store"


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy without legs."""
    with Proxy() as running:
        yield running


@pytest.fixture
def redis_port(proxy: Proxy, valkey: Server) -> int:
    """The port of a leg to an empty Valkey."""
    return proxy.open(REDIS_LEG, HOST, valkey.port, Speech.REDIS)


@pytest.fixture
def proxied_url(proxy: Proxy, postgres: Server, postgres_url: str) -> str:
    """The URL of a migrated database of this test's own, over a leg."""
    port = proxy.open(POSTGRES_LEG, HOST, postgres.port, Speech.POSTGRES)
    return postgres_url.replace(f":{postgres.port}/", f":{port}/")
