"""Log lines for operators: one event a line to stderr, named `noun.verb`; or each as JSON."""

import logging
import sys
from queue import SimpleQueue
from threading import Thread

from fulfiller.ops.lines import JsonLines
from fulfiller.settings import Settings

TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
WAITING_MAX = 10_000
"""Lines that may wait for whoever reads them; what comes then is lost."""
END_S = 1.0


def start_log(settings: Settings, process: str) -> None:
    """Write log lines to stderr, leaving stdout to answers; nothing if somebody logs already."""
    if logging.getLogger().handlers:
        return
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(formatter(settings, process))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[Unhurried(lines)])
    logging.captureWarnings(capture=settings.log_format == "json")


def reform(settings: Settings, process: str) -> None:
    """Have a log that somebody else began write JSON, if that is wanted."""
    if settings.log_format == "json":
        for handler in logging.getLogger().handlers:
            handler.setFormatter(JsonLines(process))


def formatter(settings: Settings, process: str) -> logging.Formatter:
    """Return what makes lines of records in this process."""
    return JsonLines(process) if settings.log_format == "json" else logging.Formatter(TEXT)


class Unhurried(logging.Handler):
    """Hands records on in a thread of its own: who reads our lines slowly, or not, stops nobody.

    A pipe that nobody reads is full after 64 kB, and whoever then writes into it stands still.
    """

    def __init__(self, behind: logging.Handler) -> None:
        """Begin to hand records on to the handler behind."""
        super().__init__()
        self._behind = behind
        self._waiting: SimpleQueue[logging.LogRecord | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record, or lose it if too many wait."""
        if self._waiting.qsize() < WAITING_MAX:
            self._waiting.put(record)

    def close(self) -> None:
        """Write what waits, for a second at most."""
        self._waiting.put(None)
        self._thread.join(END_S)
        super().close()

    def _write(self) -> None:
        while (record := self._waiting.get()) is not None:
            self._behind.handle(record)
