"""The load process as the demonstration sees it: orders in, reports out."""

import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from subprocess import PIPE, Popen
from threading import Thread
from types import TracebackType
from typing import IO, Any, Self, cast

from fulfiller.clock import monotonic
from fulfiller.domain.error import FulfillerError

END_S = 5.0


class UpstreamFailed(FulfillerError):
    """The load process ended, or did not report in time."""


class Upstream:
    """A running load process; it ends when its input does, and so with this one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Start it, so that it is ready when the stack is."""
        self._process = Popen(  # nosec B603 # our own module, no shell
            [sys.executable, "-m", "fulfiller.ops.demo.load"],
            stdin=PIPE,
            stdout=PIPE,
            env=dict(environ),
            text=True,
            # Ctrl-C is for us to hear; it ends with its input.
            start_new_session=True,
        )
        self._orders = cast("IO[str]", self._process.stdin)
        self._reports: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        Thread(target=self._listen, name="upstream reports", daemon=True).start()

    def greet(self, *, url: str, key: str) -> None:
        """Tell it the door and the key, which must not stand in its arguments."""
        self.order(url=url, key=key)

    def order(self, **words: object) -> None:
        """Give an order."""
        try:
            self._orders.write(json.dumps(words) + "\n")
            self._orders.flush()
        except OSError as fault:
            raise UpstreamFailed("the load process has ended") from fault

    def report(self, within_s: float = 0.0) -> dict[str, Any] | None:
        """Return the next report, or None when there is none in time."""
        try:
            report = self._reports.get(timeout=max(within_s, 0.001))
        except Empty:
            return None
        if report is None:
            raise UpstreamFailed(f"the load process ended with {self._process.wait()}")
        return report

    def await_report(self, name: str, *, within_s: float) -> Any:
        """Return what the next report of this name says, passing over others."""
        deadline = monotonic() + within_s
        while (left_s := deadline - monotonic()) > 0:
            report = self.report(left_s)
            if report is not None and name in report:
                return report[name]
        raise UpstreamFailed(f"the load process did not report {name!r} within {within_s:g} s")

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            self._orders.close()
        self._process.kill()
        self._process.wait(END_S)

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
        self.close()

    def _listen(self) -> None:
        with cast("IO[str]", self._process.stdout) as lines:
            for line in lines:
                self._reports.put(json.loads(line))
        self._reports.put(None)
