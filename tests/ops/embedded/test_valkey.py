"""The embedded broker: durable, refusing rather than forgetting, and crashable on purpose."""

from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from fulfiller.ops.embedded import valkey as embedded
from fulfiller.ops.embedded.error import ServerFailed
from fulfiller.ops.embedded.ports import HOST
from fulfiller.ops.embedded.server import Server
from tests.waiting import until


def _client(server: Server) -> Redis:
    return Redis.from_url(server.url, socket_timeout=0.2, retry=Retry(NoBackoff(), 0))


def test_it_listens_on_loopback_alone(valkey: Server) -> None:
    """Nobody outside this machine can reach the broker."""
    with _client(valkey) as client:
        assert client.config_get("bind") == {"bind": HOST}


def test_a_full_broker_refuses(valkey: Server) -> None:
    """A message is never dropped to make room for another."""
    with _client(valkey) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_it_keeps_what_it_has_over_a_restart(valkey: Server) -> None:
    """Hints outlive a restart of the broker, on the same port."""
    with _client(valkey) as client:
        client.rpush("queue", "hint")
    first = valkey.pid
    valkey.restart()
    with _client(valkey) as client:
        assert client.lrange("queue", 0, -1) == [b"hint"]
    assert valkey.pid != first


def test_it_can_be_killed(valkey: Server) -> None:
    """After `kill` nothing answers; after `restart` the same address does."""
    valkey.kill()
    assert not valkey.running
    with _client(valkey) as client, pytest.raises(RedisError):
        client.ping()
    valkey.restart()
    with _client(valkey) as client:
        assert client.ping()


def test_it_can_be_frozen(valkey: Server) -> None:
    """A frozen broker takes connections and answers nothing until it is thawed."""
    valkey.freeze()
    with _client(valkey) as client, pytest.raises(RedisError, match=r"[Tt]imeout|timed out"):
        client.ping()
    valkey.thaw()
    with _client(valkey) as client:
        assert until(client.ping)


def test_a_taken_port_is_said_with_the_log(valkey: Server, tmp_path: Path) -> None:
    """A server that cannot start says why, in its own words."""
    with pytest.raises(ServerFailed, match="Address already in use"):
        embedded.start(tmp_path, port=valkey.port)
