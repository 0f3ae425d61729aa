"""The journal of a run is one that Chaos Toolkit's tools can read."""

import json
from datetime import datetime
from typing import Any

import jsonschema_rs
import pytest

from fulfiller.chaos.journal import journal
from fulfiller.chaos.report import INVARIANTS
from tests.chaos.outcomes import RUNS, aborted, clean, failed, skipped

TIMES = {
    "start": {"type": "string", "format": "date-time"},
    "end": {"type": "string", "format": "date-time"},
    "duration": {"type": "number", "minimum": 0},
}
ACTIVITY = {
    "type": "object",
    "required": ["type", "name", "provider"],
    "properties": {
        "type": {"enum": ["probe", "action"]},
        "name": {"type": "string", "minLength": 1},
        "provider": {"type": "object", "required": ["type", "path"]},
    },
}
RESULT = {
    "type": "object",
    "required": ["activity", "status", "start", "end", "duration", "output"],
    "properties": {**TIMES, "activity": ACTIVITY, "status": {"enum": ["succeeded", "failed"]}},
}
PROBE = {**RESULT, "required": [*RESULT["required"], "tolerance_met"]}
STATE = {
    "type": ["object", "null"],
    "required": ["steady_state_met", "probes"],
    "properties": {
        "steady_state_met": {"type": "boolean"},
        "probes": {"type": "array", "items": PROBE},
    },
}
# As the toolkit's reference of journals and experiments says it in words.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "experiment",
        "status",
        "start",
        "end",
        "duration",
        "deviated",
        "chaoslib-version",
    ],
    "properties": {
        **TIMES,
        "chaoslib-version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "experiment": {
            "type": "object",
            "required": ["version", "title", "description", "method"],
            "properties": {
                "tags": {"type": "array", "items": {"type": "string"}},
                "secrets": {"type": "object"},
                "configuration": {"type": "object"},
                "steady-state-hypothesis": {"required": ["title", "probes"]},
                "method": {"type": "array", "items": ACTIVITY},
                "rollbacks": {"type": "array"},
            },
        },
        "status": {"enum": ["completed", "failed", "aborted", "interrupted"]},
        "deviated": {"type": "boolean"},
        "platform": {"type": "string"},
        "node": {"type": "string"},
        "steady_states": {"properties": {"before": STATE, "after": STATE}},
        "run": {"type": "array", "items": RESULT},
        "rollbacks": {"type": "array", "items": RESULT},
    },
}


@pytest.mark.parametrize("name", [name for name in RUNS if name != "hostile"])
def test_each_journal_follows_the_reference(name: str) -> None:
    """Whatever became of a run, its journal has the fields and words that the reference asks."""
    read = json.loads(json.dumps(journal(RUNS[name]())))
    jsonschema_rs.validate(SCHEMA, read, validate_formats=True)


def test_a_run_that_held_is_completed_and_did_not_deviate() -> None:
    """Every probe is met, every action succeeded, and times are those of the run."""
    told = journal(clean())
    assert (told["status"], told["deviated"]) == ("completed", False)
    assert told["steady_states"]["after"]["steady_state_met"]
    assert {entry["status"] for entry in told["run"]} == {"succeeded"}
    began, ended = (datetime.fromisoformat(told[end]) for end in ("start", "end"))
    assert began.isoformat() == "2026-02-06T01:00:00.123456+00:00"
    assert (ended - began).total_seconds() == told["duration"] == 41.3


def test_every_invariant_is_a_probe_whose_output_says_over_how_much_it_was_judged() -> None:
    """Broken ones are not met and name their offenders."""
    told = journal(failed())
    probes = told["steady_states"]["after"]["probes"]
    names = [probe["activity"]["name"].partition(":")[0] for probe in probes]
    assert names == [*INVARIANTS, "asked"]
    unmet = {name for name, each in zip(names, probes, strict=True) if not each["tolerance_met"]}
    assert unmet == {"S1", "L1", "asked"}
    assert [each["output"]["status"] == 0 for each in probes] == [
        each["tolerance_met"] for each in probes
    ]
    assert probes[0]["output"]["broken"] == 9
    assert "coupons 17 and 18" in probes[0]["output"]["offenders"][0]
    assert told["deviated"]


def test_every_stroke_is_an_action_that_says_what_was_seen() -> None:
    """What was skipped or never seen has failed, and says why."""
    told = journal(skipped())
    assert [entry["status"] for entry in told["run"]] == ["succeeded", "failed", "failed"]
    struck, without, unseen = told["run"]
    assert struck["output"]["struck"] == 1
    assert struck["output"]["seen"].startswith("process")
    assert "libfaketime" in without["exception"][0]
    assert unseen["exception"] == ["nothing was seen of it"]
    assert told["status"] == "failed"


def test_a_run_that_was_given_up_is_aborted() -> None:
    """The reason stands beside it."""
    told = journal(aborted())
    assert told["status"] == "aborted"
    assert told["fulfiller"]["aborted"].startswith("92 of 100")


def test_nobody_learns_whose_machine_it_was() -> None:
    """Reports are passed on, and a host's name is none of their matter."""
    assert journal(clean())["node"] == "localhost"
    assert journal(clean())["platform"] == "fulfiller 0.1.0 on PostgreSQL 18.1"
