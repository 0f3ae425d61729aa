"""The feeder, a process of its own: claims by the million through the batch door, each to its end.

One order says what to send, the report `ready` that it may begin, every further order raises
how far it may go (`until`), and the last report counts the answers. A claim is sent, under the
same key, until it is answered with a place; so exactly the ordered claims are in the books.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock, Thread
from typing import Any

import msgspec

from fulfiller.clock import monotonic
from fulfiller.ops.bench.aide import orders, report
from fulfiller.ops.bench.people import body
from fulfiller.ops.bench.turnstile import Turnstile

PATH = "/v1/claims/batch"
TIMEOUT_S = 30.0
AGAIN_S = 0.1
"""Before what found no place is sent again."""
TRIES = 600
PLACED = (200, 202)
AWAY = 503


class Result(msgspec.Struct):
    """What became of one claim; the rest of it is not read."""

    status: int


class Results(msgspec.Struct):
    """What became of a batch."""

    results: list[Result]


read = msgspec.json.Decoder(Results).decode


class Feeder:
    """Sends what a turnstile lets through, over a fixed number of connections."""

    def __init__(self, words: dict[str, Any]) -> None:
        """Send nothing yet."""
        self.turnstile = Turnstile(words["claims"], words["size"], repeats=words["repeats"])
        self.statuses: Counter[str] = Counter()
        self.fault: str | None = None
        self._words = words
        self._lock = Lock()
        self._pause = Event()
        self._threads = [Thread(target=self._guarded) for _ in range(words["connections"])]

    def start(self, ended: Callable[[], None]) -> None:
        """Begin, and call back from a thread once everything has its answer."""
        for thread in self._threads:
            thread.start()
        Thread(target=self._await, args=(ended,)).start()

    def _await(self, ended: Callable[[], None]) -> None:
        for thread in self._threads:
            thread.join()
        ended()

    def _guarded(self) -> None:
        try:
            self._send_all()
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is told, and all end
            self.fault = f"{type(fault).__name__}: {fault}"
            self.turnstile.close()

    def _send_all(self) -> None:
        host, port = self._words["host"], self._words["port"]
        with closing(HTTPConnection(host, port, timeout=TIMEOUT_S)) as line:
            while numbers := self.turnstile.next():
                self._insist(line, numbers)

    def _insist(self, line: HTTPConnection, numbers: Sequence[int]) -> None:
        """Send claims until each has a place; raise TimeoutError if that comes to no end."""
        for _ in range(TRIES):
            numbers = self._sent(line, numbers)
            if not numbers:
                return
            self._pause.wait(AGAIN_S)
        raise TimeoutError(f"{len(numbers)} claims found no place in {TRIES} tries")

    def _sent(self, line: HTTPConnection, numbers: Sequence[int]) -> Sequence[int]:
        """Send claims once, count the answers, return those that have no place yet."""
        try:
            statuses = self._asked(line, numbers)
        except (OSError, HTTPException):
            # It opens anew by itself. Whether these came in nobody knows; their keys tell.
            line.close()
            statuses = [0] * len(numbers)
        with self._lock:
            self.statuses.update(map(str, statuses))
        for status in statuses:
            if status not in (*PLACED, AWAY, 0):
                raise ValueError(f"a claim was answered with {status}")
        return [n for n, status in zip(numbers, statuses, strict=True) if status not in PLACED]

    def _asked(self, line: HTTPConnection, numbers: Sequence[int]) -> list[int]:
        headers = {
            "Authorization": f"Bearer {self._words['key']}",
            "Content-Type": "application/json",
        }
        line.request("POST", PATH, body(self._words["campaign"], numbers), headers)
        reply = line.getresponse()
        said = reply.read()
        if reply.status != 207:
            return [reply.status] * len(numbers)
        return [result.status for result in read(said).results]


def main() -> None:
    """Follow orders until ended."""
    hearing = orders()
    feeder = Feeder(next(hearing))
    report(ready=True)
    began_s = monotonic()

    def tell() -> None:
        report(
            began_s=began_s,
            ended_s=monotonic(),
            statuses=feeder.statuses,
            repeated=feeder.turnstile.repeated,
            fault=feeder.fault,
        )

    feeder.start(tell)
    for words in hearing:
        feeder.turnstile.raise_to(words["until"])
    feeder.turnstile.close()


if __name__ == "__main__":
    main()
