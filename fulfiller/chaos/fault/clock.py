"""Faults of clocks: the wall clock of a process jumps, and its monotonic clock goes on."""

from base64 import b64decode
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from pathlib import Path
from sys import platform
from typing import Any, ClassVar

import httpx
import msgspec

from fulfiller.chaos.fault.arena import Arena, Need
from fulfiller.chaos.fault.asking import broker
from fulfiller.chaos.fault.fault import Fault, Wound
from fulfiller.chaos.fault.watch import Watched
from fulfiller.clock import wall_clock

INTAKE, WORKER, FIRST = "intake", "worker", "worker1"
HEARTBEATS = "*celeryev*worker.heartbeat*"
"""The channels on which workers tell, every two seconds, that they live and what time it is."""
TOLERANCE_S = 5.0
ASK_S = 2.0
LIBRARY = "vendor/libfaketime/src/libfaketime.so.1"
TRUE = "+0"
"""What the file of a clock says that goes right."""


def available() -> bool:
    """Return whether clocks can be deceived here: on Linux, where libfaketime is installed."""
    return platform == "linux" and _library() is not None


def environ(file: Path) -> dict[str, str]:
    """Return what to add to the environment of a process that is to take its time from a file.

    The file is made and tells the truth until a fault says otherwise. Nothing where there is
    no libfaketime.
    """
    library = _library()
    if library is None:
        return {}
    file.write_text(TRUE)
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        # Read anew each second: a process that looked at every call would crawl.
        "FAKETIME_CACHE_DURATION": "1",
        # Only the wall clock jumps on machines; waits of Python fail if both do.
        "DONT_FAKE_MONOTONIC": "1",
    }


class ClockJump(Fault, tag="clock-jump", kw_only=True, frozen=True):
    """The wall clock of `on` jumps by `by_s`, and after `for_s` jumps back.

    Intake and workers tell what time they think it is; a keeper tells nobody.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({Need.CLOCKS})
    on: str
    for_s: float = 5.0
    by_s: int = 3_600

    def __post_init__(self) -> None:
        """Refuse a process whose clock nobody can see, and a jump that nobody would notice."""
        if not self.on.startswith((INTAKE, WORKER)):
            raise ValueError(f"clock-jump on {self.on}: only intake and workers tell their time")
        if abs(self.by_s) <= 2 * TOLERANCE_S:
            raise ValueError(f"clock-jump by {self.by_s} s: {2 * TOLERANCE_S:g} s can't be told")

    @property
    def words(self) -> str:
        """Return what it does."""
        return f"the clock of {self.on} jumps by {self.by_s:+d} s"

    def begin(self, arena: Arena) -> Wound:
        """Let it jump."""
        return _Jumped(self, arena)


class _Jumped(Watched):
    def __init__(self, fault: ClockJump, arena: Arena) -> None:
        self._fault = fault
        name = FIRST if fault.on == WORKER else fault.on
        self._file = arena.clocks[name]
        self._told: Callable[[], float | None]
        if fault.on.startswith(INTAKE):
            self._told = lambda: _date(arena.intake_url)
            self._hush: Callable[[], None] = lambda: None
        else:
            listener = _Listener(arena, name)
            self._told, self._hush = listener.newest, listener.close
        self._file.write_text(f"{fault.by_s:+d}")

    def struck(self) -> int:
        return 1

    def look(self) -> str | None:
        ahead_s = self._told()
        if ahead_s is None or abs(ahead_s - self._fault.by_s) > TOLERANCE_S:
            return None
        return f"{self._fault.on} dated what it said {ahead_s:+.0f} s off"

    def undo(self) -> None:
        self._file.write_text(TRUE)
        self._hush()


class _Listener:
    """Hears the heartbeats of one worker."""

    def __init__(self, arena: Arena, name: str) -> None:
        self._name = name
        self._client = broker(arena)
        # The client has no types for this.
        self._line: Any = self._client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
        self._line.psubscribe(HEARTBEATS)
        self._ahead_s: float | None = None

    def newest(self) -> float | None:
        """Return how far the newest heartbeat was dated ahead when it came, in seconds."""
        while (heard := self._line.get_message(timeout=0.01)) is not None:
            for beat in _events(heard["data"]):
                if str(beat["hostname"]).partition("@")[0] == self._name:
                    self._ahead_s = float(beat["timestamp"]) - wall_clock() / 1_000_000
        return self._ahead_s

    def close(self) -> None:
        """Listen no more."""
        self._line.close()
        self._client.close()


def _events(published: bytes) -> list[dict[str, Any]]:
    body = msgspec.json.decode(b64decode(msgspec.json.decode(published)["body"]))
    return body if isinstance(body, list) else [body]


def _date(url: str) -> float | None:
    """Return how far ahead an HTTP server dates its answers, in seconds."""
    try:
        told = httpx.get(f"{url}/livez", timeout=ASK_S).headers["date"]
    except (httpx.HTTPError, KeyError):
        return None
    return parsedate_to_datetime(told).timestamp() - wall_clock() / 1_000_000


def _library() -> Path | None:
    # Found, not imported: importing it changes the environment.
    spec = find_spec("libfaketime")
    folders = (spec and spec.submodule_search_locations) or ()
    return next(
        (file for file in (Path(folder, LIBRARY) for folder in folders) if file.exists()), None
    )
