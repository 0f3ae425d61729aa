"""A proxy before the real servers."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from fulfiller.chaos.proxy.process import Proxy
from fulfiller.chaos.proxy.terms import Speech
from fulfiller.ops.embedded.server import Server

Through = Callable[[str], str]


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy without legs."""
    running = Proxy()
    yield running
    running.close()


@pytest.fixture
def broker_url(proxy: Proxy, valkey: Server) -> str:
    """Valkey by way of the proxy, over the leg `test/broker`."""
    return (
        f"redis://127.0.0.1:{proxy.open('test/broker', '127.0.0.1', valkey.port, Speech.REDIS)}/0"
    )


@pytest.fixture
def detour_url(proxy: Proxy, postgres_url: str) -> str:
    """A migrated database by way of the proxy, over the leg `test/store`."""
    there = urlsplit(postgres_url)
    port = proxy.open("test/store", "127.0.0.1", there.port or 0, Speech.POSTGRES)
    return postgres_url.replace(f":{there.port}/", f":{port}/")
