"""Log lines: JSON with the fields that a line names, and a log that nobody reads stops nobody."""

import json
import logging
import os
import sys
from pathlib import Path
from subprocess import run

import pytest

from fulfiller.domain.claim import State
from fulfiller.ops.lines import JsonLines
from fulfiller.ops.log import Unhurried

PIPE_HOLDS = 64 * 1024


def said(template: str, *args: object, **more: object) -> dict[str, object]:
    """Return a log line as whoever reads JSON sees it."""
    record = logging.LogRecord("fulfiller.test", logging.WARNING, "", 0, template, args, None)
    for name, value in more.items():
        setattr(record, name, value)
    line = JsonLines("keeper").format(record)
    assert "\n" not in line
    read: dict[str, object] = json.loads(line)
    return read


def test_a_line_has_the_fields_that_it_names() -> None:
    """Nobody says them twice: they come from the template, whatever stands between them."""
    line = said("mode.moved scope=%s mode=%-8s n=%d %s of=%.1f", "c", State.PARKED, 7, "so", 0.5)
    fields = ("event", "scope", "mode", "n", "of")
    assert [line[name] for name in fields] == ["mode.moved", "c", "parked", 7, 0.5]
    assert line["message"] == "mode.moved scope=c mode=parked   n=7 so of=0.5"
    assert (line["level"], line["logger"], line["process"]) == (
        "warning",
        "fulfiller.test",
        "keeper",
    )
    assert str(line["ts"]).endswith("Z")
    assert line["pid"] == os.getpid()


def test_percent_signs_and_lines_in_lines_mislead_nobody() -> None:
    """A sign that stands for itself takes no value, and one record stays one line."""
    line = said("disk.full at=100%% used=%s path=%s", 99, "a\nb{")
    assert (line["used"], line["path"]) == (99, "a\nb{")
    assert said("no template here: %")["message"] == "no template here: %"


def test_no_field_takes_the_place_of_what_every_line_has() -> None:
    """A field may be named like ours, and whoever looks for a level still finds levels."""
    line = said("thing.done level=%s ts=%s", "deep", 1)
    assert line["level"] == "warning"
    assert line["ts"] != 1


def test_celery_s_lines_name_their_task_and_nothing_of_its_arguments() -> None:
    """Celery hands over all it knows; only task and id become fields."""
    known = {"id": "t-1", "name": "claims.issue", "args": "canary", "runtime": 0.1}
    line = said("Task %(name)s[%(id)s] took %(runtime)ss", known)
    assert (line["task_id"], line["task"]) == ("t-1", "claims.issue")
    assert "canary" not in str(line)


def test_an_exception_is_a_field() -> None:
    """With its way through the code, in the one line."""
    try:
        raise LookupError("here")  # noqa: TRY301 - for its way through the code
    except LookupError:
        line = said("tick.failed", exc_info=sys.exc_info())
    assert "LookupError: here" in str(line["exception"])


@pytest.mark.parametrize("form", ["text", "json"])
def test_all_lines_are_written_before_a_process_ends(form: str, tmp_path: Path) -> None:
    """To stderr, in the form that is wanted; a warning of Python's is a line, too."""
    code = (
        "import logging, warnings; from fulfiller.settings import load\n"
        "from fulfiller.ops.log import start_log; start_log(load(), 'keeper')\n"
        "for n in range(1000): logging.getLogger('a').info('thing.done n=%d', n)\n"
        "warnings.warn('old')"
    )
    environ = {"FULFILLER_HOME": str(tmp_path), "FULFILLER_LOG_FORMAT": form}
    done = run(
        [sys.executable, "-c", code], env=environ, capture_output=True, check=True, text=True
    )
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    if form == "text":
        # What is no log line does not wait for those that are.
        own = [line for line in lines if "thing.done" in line]
        assert len(own) == 1000
        assert own[-1].endswith(" INFO a thing.done n=999")
    else:
        read = [json.loads(line) for line in lines]
        assert [line.get("n") for line in read] == [*range(1000), None]
        assert "UserWarning: old" in read[-1]["message"]


def test_who_does_not_read_our_lines_stops_nobody() -> None:
    """A pipe that is full takes no more, and the process goes on as if it did."""
    reading, writing = os.pipe()
    log = logging.getLogger("fulfiller.test.pipe")
    log.propagate = False
    with os.fdopen(reading, "r") as reader, os.fdopen(writing, "w") as writer:
        handler = Unhurried(logging.StreamHandler(writer))
        log.addHandler(handler)
        for number in range(2 * PIPE_HOLDS // 64):
            log.error("%064d", number)
        log.error("last")
        read = [reader.readline()]
        while read[-1] != "last\n":
            read.append(reader.readline())
        log.removeHandler(handler)
        handler.close()
    assert len(read) == 2 * PIPE_HOLDS // 64 + 1
