"""An upstream on the broker: what its account can't reach, and what lies there while it waits."""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import NoPermissionError

from fulfiller.broker.topology import key
from fulfiller.ops.embedded.server import Server
from tests.workers.upstream import Upstream, claim

MANUAL = (Path(__file__).parents[2] / "config/schemas/README.md").read_text("utf-8")
CONTROL = json.dumps({"method": "shutdown", "arguments": {}})
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "order workers about": ("PUBLISH", key("/0.celery.pidbox"), CONTROL),
    "order one worker about": ("LPUSH", key("worker1.celery.pidbox"), CONTROL),
    "bind a queue of its own to the orders": (
        *("SADD", key("_kombu.binding.celery.pidbox"), "\x06\x16\x06\x16spy"),
    ),
    "read the answers of workers": ("SMEMBERS", key("_kombu.binding.reply.celery.pidbox")),
    "answer for a worker": ("LPUSH", key("a.reply.celery.pidbox"), "{}"),
    "hear events": ("PSUBSCRIBE", "*"),
    "send events": ("PUBLISH", key("/0.celeryev/worker.heartbeat"), "{}"),
    "hint at claims": ("LPUSH", key("claims.p0"), "{}"),
    "read what others submit": ("LRANGE", key("claims.in"), "0", "-1"),
    "take what others submit": ("RPOP", key("claims.in")),
    "read what workers have in hand": ("HGETALL", key("unacked")),
    "read the quarantine": ("XRANGE", key("quarantine"), "-", "+"),
    "forget everything": ("FLUSHALL",),
    "change the broker": ("CONFIG", "SET", "maxmemory-policy", "allkeys-lru"),
    "see who is there": ("CLIENT", "LIST"),
    "run scripts": ("EVAL", "return 1", "0"),
}


@pytest.fixture
def teahouse(valkey: Server) -> Iterator[str]:
    """The broker's address for an upstream with the account of the manual."""
    (command,) = [line for line in MANUAL.splitlines() if line.startswith("ACL SETUSER teahouse")]
    with Redis.from_url(valkey.url) as admin:
        account: Any = admin
        account.execute_command(*command.split())
        yield valkey.url.replace("://", "://teahouse:password@")
        account.execute_command("ACL", "DELUSER", "teahouse")


@pytest.mark.parametrize("words", FORBIDDEN.values(), ids=FORBIDDEN)
def test_an_upstream_s_account_reaches_nothing_but_its_queue(
    teahouse: str, words: tuple[str, ...]
) -> None:
    """It can't steer workers, listen to them, or read what is not its own."""
    with Redis.from_url(teahouse) as line, pytest.raises(NoPermissionError):
        line.execute_command(*words)


def test_a_submission_that_waits_lies_open_in_the_broker(teahouse: str, redis: Redis) -> None:
    """While no worker takes it, whoever reads the broker reads user and key: the manual says so."""
    theirs = Upstream(teahouse, "ful_1_a-key-of-theirs")
    theirs.python(theirs.message(claim("canary-user@example.com", "order-1")))
    waiting: Any = redis.lrange(key("claims.in"), 0, -1)
    (said,) = [b64decode(json.loads(element)["body"]).decode() for element in waiting]
    assert "canary-user@example.com" in said
    assert "ful_1_a-key-of-theirs" in said
    assert "The broker itself holds user and key in the clear" in MANUAL
