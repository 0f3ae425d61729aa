"""Faults of the broker as it runs: emptied, full, read-only, and deaf to writes."""

from socket import socket
from typing import Any, ClassVar

from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError
from redis.exceptions import TimeoutError as NoAnswer

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.asking import ask_broker, broker, fresh_key
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.fault.watch import Watched

BROKER = frozenset({Need.BROKER})
PROBE_S = 0.25
"""How long a write may take that is expected to get no answer."""
PROBE_KEPT_S = 1
SPARE_MS = 60_000
"""How much longer than its fault a pause may last, should nobody be left to end it."""
LOOPBACK = "127.0.0.1"


class Flush(Fault, tag="flush", kw_only=True, frozen=True):
    """The broker loses everything, with FLUSHALL."""

    needs: ClassVar[frozenset[Need]] = BROKER

    @property
    def words(self) -> str:
        """Return what it does."""
        return "the broker is emptied"

    def begin(self, arena: Arena) -> Wound:
        """Empty it."""
        return _Flushed(arena)


class OutOfMemory(Fault, tag="out-of-memory", kw_only=True, frozen=True):
    """The broker has no memory left for `for_s`: it refuses writes, and still hands out."""

    needs: ClassVar[frozenset[Need]] = BROKER
    for_s: float = 3.0

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"the broker is out of memory for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Take its memory away."""
        return _Full(arena)


class ReadOnly(Fault, tag="read-only", kw_only=True, frozen=True):
    """The broker becomes a replica of a primary that is away, as in a failover, for `for_s`."""

    needs: ClassVar[frozenset[Need]] = BROKER
    for_s: float = 3.0

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"the broker is read-only for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Make it a replica."""
        return _Replica(arena)


class PauseWrites(Fault, tag="pause-writes", kw_only=True, frozen=True):
    """The broker answers no write for `for_s`, and every read."""

    needs: ClassVar[frozenset[Need]] = BROKER
    for_s: float = 3.0

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"the broker answers no write for {self.for_s:g} s"

    def begin(self, arena: Arena) -> Wound:
        """Let writes wait."""
        return _Paused(self, arena)


class _Flushed(Watched):
    def __init__(self, arena: Arena) -> None:
        self._arena, self._marker = arena, fresh_key()
        with broker(arena) as client:
            self._before = int(client.dbsize())
            client.set(self._marker, "here")
            self._was_there = client.exists(self._marker)
            client.flushall()

    def struck(self) -> int:
        return 1

    def look(self) -> str | None:
        if not self._before or not self._was_there:
            return None
        gone = ask_broker(self._arena, lambda client: client.exists(self._marker) == 0)
        return f"{self._before} keys and a mark of ours were there and are gone" if gone else None


class _Full(Watched):
    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        with broker(arena) as client:
            self._before = _settings(client, "maxmemory", "maxmemory-policy")
            # Not what it uses now: queues that shrink would make room again.
            _set(client, {"maxmemory": "1", "maxmemory-policy": "noeviction"})

    def struck(self) -> int:
        return 1

    def look(self) -> str | None:
        return _refusal(self._arena, OutOfMemoryError)

    def undo(self) -> None:
        with broker(self._arena) as client:
            _set(client, self._before)


class _Replica(Watched):
    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        # Taken and never listened on: nobody can turn up there and be copied from.
        self._nobody = socket()
        self._nobody.bind((LOOPBACK, 0))
        with broker(arena) as client:
            self._before = _settings(client, "replica-serve-stale-data", "replica-read-only")
            _set(client, dict.fromkeys(self._before, "yes"))
            client.replicaof(LOOPBACK, self._nobody.getsockname()[1])

    def struck(self) -> int:
        return 1

    def look(self) -> str | None:
        return _refusal(self._arena, ReadOnlyError)

    def undo(self) -> None:
        try:
            with broker(self._arena) as client:
                client.replicaof("NO", "ONE")
                _set(client, self._before)
        finally:
            self._nobody.close()


class _Paused(Watched):
    def __init__(self, fault: PauseWrites, arena: Arena) -> None:
        self._arena = arena
        with broker(arena) as client:
            client.client_pause(round(fault.for_s * 1_000) + SPARE_MS, all=False)

    def struck(self) -> int:
        return 1

    def look(self) -> str | None:
        try:
            with broker(self._arena, timeout_s=PROBE_S) as client:
                client.ping()
                client.set(fresh_key(), "", ex=PROBE_KEPT_S)
        except NoAnswer:
            # Reads still are: else it is not paused, but away.
            said = ask_broker(self._arena, lambda client: client.ping())
            return f"a write got no answer for {PROBE_S:g} s, a ping did" if said else None
        except RedisError:
            return None
        return None

    def undo(self) -> None:
        with broker(self._arena) as client:
            client.client_unpause()


def _refusal(arena: Arena, kind: type[RedisError]) -> str | None:
    """Return how the broker refuses a write in this way, None if it does not."""
    try:
        with broker(arena) as client:
            client.set(fresh_key(), "", ex=PROBE_KEPT_S)
    except kind as refusal:
        return f"a write was refused: {refusal}"
    except RedisError:
        return None
    return None


def _settings(client: Any, *names: str) -> dict[str, str]:
    return {name: str(client.config_get(name)[name]) for name in names}


def _set(client: Any, settings: dict[str, str]) -> None:
    for name, value in settings.items():
        client.config_set(name, value)
