"""A process of the bench that follows orders: JSON lines in, JSON lines out."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from subprocess import PIPE, Popen
from threading import Thread
from types import TracebackType
from typing import IO, Any, Self, cast

from fulfiller.domain.error import FulfillerError

END_S = 5.0


class AideFailed(FulfillerError):
    """A process of the bench ended, or did not report in time."""


class Aide:
    """A running module of ours; it ends when its input does, and so with this process."""

    def __init__(self, module: str, environ: Mapping[str, str]) -> None:
        """Start it; Ctrl-C does not reach it."""
        self._module = module
        self._process = Popen(  # nosec B603 # noqa: S603 - our own module, no shell
            [sys.executable, "-m", module],
            stdin=PIPE,
            stdout=PIPE,
            env=dict(environ),
            text=True,
            start_new_session=True,
        )
        self._orders = cast("IO[str]", self._process.stdin)
        self._reports: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        Thread(target=self._listen, name=f"{module} reports", daemon=True).start()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def order(self, **words: object) -> None:
        """Give an order."""
        try:
            self._orders.write(json.dumps(words) + "\n")
            self._orders.flush()
        except OSError as fault:
            raise AideFailed(f"{self._module} has ended") from fault

    def report(self, within_s: float) -> dict[str, Any] | None:
        """Return its next report, or None when there is none in time."""
        try:
            report = self._reports.get(timeout=within_s)
        except Empty:
            return None
        if report is None:
            raise AideFailed(f"{self._module} ended with {self._process.wait()}")
        return report

    def await_report(self, within_s: float) -> dict[str, Any]:
        """Return its next report."""
        report = self.report(within_s)
        if report is None:
            raise AideFailed(f"{self._module} did not report within {within_s:g} s")
        return report

    def __enter__(self) -> Self:
        """Return it, running already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        with suppress(OSError):
            self._orders.close()
        self._process.kill()
        self._process.wait(END_S)

    def _listen(self) -> None:
        with cast("IO[str]", self._process.stdout) as lines:
            for line in lines:
                self._reports.put(json.loads(line))
        self._reports.put(None)


def orders() -> Iterator[dict[str, Any]]:
    """Yield the orders given to this process until whoever gives them is gone."""
    for line in sys.stdin:
        yield json.loads(line)


def report(**words: object) -> None:
    """Report to whoever gives the orders."""
    print(json.dumps(words), flush=True)
