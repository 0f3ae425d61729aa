"""Slow and greedy clients: what they take they take from nobody else."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, cycle
from pathlib import Path
from statistics import median, quantiles
from threading import Event, Thread

import httpx
import pytest

from fulfiller.clock import monotonic
from fulfiller.intake.connection import Patient
from tests.intake.door import Door, body, opened, submit
from tests.intake.test_serve import running
from tests.waiting import until

SLOW = 500
ROUNDS, REQUESTS = 5, 125
PAUSE_S = 1.0
"""Each slow client sends a byte that often."""
OVERSIZE_PAUSE_S = 0.05
"""Somebody sends a body above the limit that often."""
OVERSIZE = b"a" * 64 * 1024
FLOOR_S = 0.010
"""Below that a p99 says more about the machine than about us."""


def _address(url: str) -> tuple[str, int]:
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port)


def _heads(key: str) -> tuple[bytes, bytes]:
    """Return the beginning of a request whose headers never end, and of one whose body doesn't."""
    line = f"POST /v1/claims HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
    whole = f"{line}idempotency-key: slow\r\ncontent-type: application/json\r\n"
    return line.encode() + b"x-slow: ", f"{whole}content-length: 9000\r\n\r\n{{".encode()


def _oversize(key: str) -> tuple[bytes, bytes]:
    """Return requests with a body above the limit: one that says so, and one that doesn't."""
    head = f"POST /v1/claims HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n"
    head += "idempotency-key: large\r\ncontent-type: application/json\r\n"
    declared = f"{head}content-length: {len(OVERSIZE)}\r\n\r\n".encode() + OVERSIZE
    chunk = f"{len(OVERSIZE):x}\r\n".encode() + OVERSIZE
    return declared, f"{head}transfer-encoding: chunked\r\n\r\n".encode() + chunk


def _shout(url: str, key: str, over: Event, told: list[bytes]) -> None:
    """Send bodies above the limit one after another, and keep how each was answered."""
    for request in cycle(_oversize(key)):
        if over.wait(OVERSIZE_PAUSE_S):
            return
        with socket.create_connection(_address(url), timeout=10) as line:
            line.sendall(request)
            told.append(line.recv(12))


@contextmanager
def _crowd(url: str, key: str, told: list[bytes]) -> Iterator[None]:
    """Keep 500 connections busy with next to nothing: half of them with headers, half bodies.

    Beside them somebody sends bodies that are too large; `told` is how those are answered.
    """
    over = Event()
    with ExitStack() as lines:
        slow = []
        for number in range(SLOW):
            line = lines.enter_context(socket.create_connection(_address(url), timeout=10))
            line.sendall(_heads(key)[number % 2])
            slow.append(line)

        def trickle() -> None:
            while not over.is_set():
                for line in slow:
                    line.send(b"a")
                    over.wait(PAUSE_S / SLOW)

        threads = [Thread(target=trickle), Thread(target=_shout, args=(url, key, over, told))]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()


def _took(caller: httpx.Client, names: Iterator[str]) -> list[float]:
    """Return how long each of some claims took to be taken in."""
    seconds = []
    for _, name in zip(range(REQUESTS), names, strict=False):
        began = monotonic()
        assert submit(caller, name, body(name, "large")).status_code == 202
        seconds.append(monotonic() - began)
    return seconds


def test_slow_clients_cost_others_nothing(sqlite_door: Door, tmp_path: Path) -> None:
    """With 500 slow sockets and oversize bodies p99 and median of normal claims at most double.

    Windows with and without them take turns, and each is compared with the one before it: a
    busy second of the machine spoils one comparison, while what the crowd costs is in all of
    them, and so in their median.
    """
    names = (f"u{number}" for number in range(10_000))
    quiet: list[list[float]] = []
    crowded: list[list[float]] = []
    told: list[bytes] = []
    sqlite_door.campaign("large", budget=10_000 * 2_500)
    with running(sqlite_door, tmp_path) as intake:
        auth = {"authorization": f"Bearer {intake.key}"}
        with httpx.Client(base_url=intake.url, headers=auth, verify=False) as caller:
            _took(caller, names)
            for _ in range(ROUNDS):
                quiet.append(_took(caller, names))
                with _crowd(intake.url, intake.key, told):
                    crowded.append(_took(caller, names))
    p99 = [[quantiles(window, n=100)[98] for window in kind] for kind in (quiet, crowded)]
    ratios = [after / before for before, after in zip(*p99, strict=True)]
    assert median(ratios) <= 2 or min(p99[1]) <= FLOOR_S, p99
    middle = [median(chain.from_iterable(kind)) for kind in (quiet, crowded)]
    assert middle[1] <= 2 * middle[0], middle
    assert len(told) > ROUNDS
    assert set(told) == {b"HTTP/1.1 413"}


@pytest.mark.parametrize("at_once", [False, True], ids=["in time", "in one moment"])
def test_when_all_places_are_taken_the_slowest_makes_room(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, *, at_once: bool
) -> None:
    """More connections than there is room for: who owes a request for longest is let go.

    The clock of a loop stands still for a millisecond, in which many come: first come, first gone.
    """
    if at_once:
        monkeypatch.setattr(Patient, "owes_since", Moment(), raising=False)
    with opened(sqlite_url, connections_max=20) as door, door.caller() as caller, ExitStack() as on:
        door.campaign()
        assert submit(caller, "one").status_code == 202
        slow = []
        for _ in range(2):
            for _ in range(20):
                line = on.enter_context(socket.create_connection(_address(door.url), timeout=10))
                line.sendall(b"POST /v1/cl")
                slow.append(line)
            caller.get("/livez")
        said = [line.makefile("rb").readline() for line in slow[:20]]
        assert submit(caller, "two", body("wang")).status_code == 202
        with door.caller() as late:
            assert submit(late, "three", body("tang")).status_code == 202
    assert set(said) == {b"HTTP/1.1 503 The store does not answer\r\n"}


class Moment:
    """An attribute that says of every connection that it owes since the same moment, if it does."""

    def __get__(self, connection: Patient | None, kind: type[Patient]) -> float | None:
        """Return that moment, or None for whoever owes nothing."""
        del kind
        return None if connection is None else connection.__dict__.get("owes")

    def __set__(self, connection: Patient, since: float | None) -> None:
        """Note whether it owes."""
        connection.__dict__["owes"] = None if since is None else 1.0


def test_a_head_without_end_is_refused_early(sqlite_url: str) -> None:
    """16 KiB of address and headers are enough, whether or not they ever end."""
    endless = b"GET /livez HTTP/1.1\r\nhost: x\r\nx-long: "
    with opened(sqlite_url) as door:
        for last in (b"", b"\r\n\r\n"):
            with socket.create_connection(_address(door.url), timeout=10) as line:
                line.sendall(endless)
                until(lambda: httpx.get(door.url + "/livez", verify=False).is_success)
                for _ in range(3):
                    line.sendall(b"a" * 8_192)
                line.sendall(last)
                assert line.makefile("rb").readline().startswith(b"HTTP/1.1 431 ")
        for path, headers in (("/livez?" + "a" * 17_000, {}), ("/livez", {"x": "a" * 17_000})):
            answer = httpx.get(door.url + path, headers=headers, verify=False)
            assert (answer.status_code, answer.json()["code"]) == (431, "head_too_large")
