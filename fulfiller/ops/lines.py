"""Log lines as JSON, with what a line says as fields that can be searched for.

A line of ours is written as `noun.verb name=%s`, so its fields are known from its template, and
whoever logs need not say them twice.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache

Fields = Mapping[str, object]
_directive = re.compile(r"(?:\b([a-z_]+)=)?%(?:%|[-#0 +]*(?:\*|\d+)?(?:\.\d+)?[a-zA-Z])")
_event = re.compile(r"[a-z_]+\.[a-z_]+(?= |$)").match
CELERY = {"id": "task_id", "name": "task"}
"""What Celery names in its own lines, and what we call it; their arguments are not for logs."""


def nothing() -> Fields:
    """Return no fields."""
    return {}


class JsonLines(logging.Formatter):
    """A line of JSON for each record: ts, level, logger, process, pid, message, its fields."""

    def __init__(self, process: str, more: Callable[[], Fields] = nothing) -> None:
        """Know which process speaks; `more` are fields of whatever it is doing."""
        super().__init__()
        self._process = process
        self._more = more

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as a line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "ts": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": self._process,
            "pid": record.process,
            "message": record.getMessage(),
        }
        fields = {**self._more(), **dict(_fields(record))}
        line = line | {name: value for name, value in fields.items() if name not in line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _fields(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    """Yield what a record says of itself, by name."""
    if (event := _event(record.getMessage())) is not None:
        yield "event", event.group()
    if isinstance(record.args, Mapping):
        for name, ours in CELERY.items():
            if name in record.args:
                yield ours, _simple(record.args[name])
    elif record.args:
        for name, value in zip(_names(str(record.msg)), record.args, strict=False):
            if name:
                yield name, _simple(value)


@lru_cache(maxsize=512)
def _names(template: str) -> tuple[str, ...]:
    """Return the name in front of each value of a template; nothing where there is none."""
    found = _directive.finditer(template)
    return tuple(each.group(1) or "" for each in found if not each.group().endswith("%%"))


def _simple(value: object) -> object:
    return value if type(value) in (bool, int, float) or value is None else str(value)
