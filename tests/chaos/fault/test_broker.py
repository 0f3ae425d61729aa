"""A broker that is emptied, full, read-only or deaf: seen by a client that knows of no fault."""

from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as NoAnswer

from fulfiller.chaos.fault.arena import Arena
from fulfiller.chaos.fault.broker import Flush, OutOfMemory, PauseWrites, ReadOnly
from fulfiller.chaos.fault.fault import Fault
from fulfiller.chaos.fault.outage import BrokerRestart
from fulfiller.ops.embedded.server import Server
from tests.chaos.fault.ring import Ring, Sham, seen, unseen
from tests.waiting import until


def test_flush_takes_what_was_there(broker_ring: Ring, redis: Redis) -> None:
    """An empty broker can't lose anything, and that is not seen as a loss."""
    unseen(Flush(), broker_ring).heal()
    redis.set("something", "here")
    wound = Flush().begin(broker_ring)
    assert redis.dbsize() == 0
    assert "1 keys" in seen(wound)
    wound.heal()
    assert redis.set("something", "again")


@pytest.mark.parametrize(
    ("fault", "kind"), [(OutOfMemory(), OutOfMemoryError), (ReadOnly(), ReadOnlyError)]
)
def test_writes_are_refused_until_it_heals(
    broker_ring: Ring, redis: Redis, fault: Fault, kind: type[Exception]
) -> None:
    """Reads still work, and afterwards everything does; its settings are what they were."""
    redis.set("before", "here")
    settings = redis.config_get("*")
    for _ in range(2):
        wound = fault.begin(broker_ring)
        with pytest.raises(kind):
            redis.set("during", "x")
        assert redis.get("before") == b"here"
        assert "refused" in seen(wound)
        wound.heal()
        assert redis.set("after", "x")
    assert redis.config_get("*") == settings
    assert redis.info("replication")["role"] == "master"


def test_a_refusal_that_is_over_is_remembered_and_none_is_made_up(broker_ring: Ring) -> None:
    """Healing looks once more; who healed without an effect has seen none."""
    wound = OutOfMemory().begin(broker_ring)
    wound.heal()
    assert wound.seen()
    harmless = OutOfMemory().begin(broker_ring)
    with Redis.from_url(broker_ring.broker_url) as other:
        other.config_set("maxmemory", "0")
    harmless.heal()
    assert harmless.seen() is None


def test_paused_writes_wait_and_reads_do_not(broker_ring: Ring, redis: Redis) -> None:
    """A write hangs while a read is answered; afterwards both are."""
    redis.set("before", "here")
    wound = PauseWrites().begin(broker_ring)
    with (
        Redis.from_url(broker_ring.broker_url, socket_timeout=0.1) as hasty,
        pytest.raises(NoAnswer),
    ):
        hasty.set("during", "x")
    assert redis.get("before") == b"here"
    assert "no answer" in seen(wound)
    wound.heal()
    assert redis.set("after", "x")


def test_a_broker_that_comes_back_is_seen_only_when_it_does(
    broker_ring: Ring, redis: Redis, valkey: Server
) -> None:
    """While it is down nothing is seen; afterwards it has all it had."""
    redis.set("before", "here")
    old = valkey.pid
    wound = BrokerRestart().begin(broker_ring)
    with pytest.raises(AssertionError, match="still False"):
        until(lambda: valkey.running, within_s=0.3)
    assert wound.seen() is None
    wound.heal()
    assert "gave way" in seen(wound)
    assert valkey.pid != old
    assert redis.get("before") == b"here"


def test_a_cut_tail_loses_the_newest_writes(broker_ring: Ring, redis: Redis) -> None:
    """The oldest write is there, the newest is not, and the number is told."""
    for number in range(200):
        redis.set(f"key-{number}", "x" * 100)
    wound = BrokerRestart(cut_tail_bytes=2_000).begin(broker_ring)
    wound.heal()
    assert "writes were cut off" in seen(wound)
    assert redis.exists("key-0")
    assert not redis.exists("key-199")
    assert redis.set("after", "x")


def test_a_broker_that_comes_back_empty_has_nothing(broker_ring: Ring, redis: Redis) -> None:
    """Total loss."""
    redis.set("before", "here")
    wound = BrokerRestart(empty=True).begin(broker_ring)
    wound.heal()
    assert "knows nothing" in seen(wound)
    assert redis.dbsize() == 0
    assert redis.set("after", "x")


@pytest.mark.parametrize("fault", [BrokerRestart(), BrokerRestart(empty=True)])
def test_a_broker_that_was_not_ended_is_not_seen(
    valkey: Server, tmp_path: Path, fault: Fault
) -> None:
    """Whatever the arena says, it is the same server."""
    wound = fault.begin(Sham(servers={"broker": valkey}, broker_url=valkey.url, home=tmp_path))
    wound.heal()
    assert wound.struck() == 1
    assert wound.seen() is None


def test_a_loss_that_did_not_happen_is_not_seen(
    valkey: Server, tmp_path: Path, redis: Redis
) -> None:
    """Told to empty another folder than the server's, it comes back whole, and that is no loss."""
    redis.set("before", "here")
    elsewhere: Arena = Ring(servers={"broker": valkey}, broker_url=valkey.url, home=tmp_path)
    wound = BrokerRestart(empty=True).begin(elsewhere)
    wound.heal()
    until(redis.ping)
    assert wound.seen() is None
    assert redis.exists("before")
