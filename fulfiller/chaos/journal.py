"""The journal of a run in the shape of Chaos Toolkit's, so that its tools read ours.

Each fault is an action of the method, each invariant a probe of the steady state. As in the
toolkit's own journals, outputs are objects. What has no place there stands under `fulfiller`.
"""

import shlex
from typing import Any

import msgspec

from fulfiller.chaos.outcome import Ran, Stroke
from fulfiller.chaos.report import Finding
from fulfiller.domain.validity import SECOND, moment

SHAPE = "1.44.0"
"""The chaoslib whose journals these are like; readers choose their templates by it."""
Entry = dict[str, Any]


def journal(ran: Ran) -> Entry:
    """Return the journal of a run, ready for JSON."""
    return {
        "chaoslib-version": SHAPE,
        "platform": f"fulfiller {ran.version} on {ran.store}",
        # Whose machine it was is nobody's business who is sent a report.
        "node": "localhost",
        "experiment": _experiment(ran),
        "start": _instant(ran, 0.0),
        "status": _status(ran),
        "deviated": not _met(ran),
        # Without a single claim there is nothing to judge: `before` is not run.
        "steady_states": {"before": None, "after": _state(ran), "during": []},
        "run": [_acted(ran, stroke) for stroke in ran.strokes],
        # A fault heals itself when its time is over, so nothing is rolled back in the end.
        "rollbacks": [],
        "end": _instant(ran, ran.took_s),
        "duration": ran.took_s,
        "fulfiller": _more(ran),
    }


def _experiment(ran: Ran) -> Entry:
    scenario = ran.scenario
    return {
        "version": "1.0.0",
        "title": scenario.title,
        "description": scenario.hypothesis,
        "tags": list(scenario.tags),
        "configuration": {"scenario": msgspec.to_builtins(scenario)},
        "secrets": {},
        "runtime": {"hypothesis": {"strategy": "after-method-only"}},
        "steady-state-hypothesis": {
            "title": scenario.hypothesis,
            "probes": [probe["activity"] for probe in _probes(ran)],
        },
        "method": [_action(ran, stroke) for stroke in ran.strokes],
        "rollbacks": [],
    }


def _status(ran: Ran) -> str:
    if ran.aborted:
        return "aborted"
    return "failed" if ran.idle else "completed"


def _met(ran: Ran) -> bool:
    return ran.report.ok and not ran.failures


def _state(ran: Ran) -> Entry:
    return {"steady_state_met": _met(ran), "probes": _probes(ran)}


def _probes(ran: Ran) -> list[Entry]:
    asked = Finding(
        id="asked",
        name="what else the scenario asks",
        over=len(ran.failures),
        broken=len(ran.failures),
        offenders=tuple(ran.failures),
    )
    return [_probe(ran, finding) for finding in (*ran.report.findings, asked)]


def _probe(ran: Ran, finding: Finding) -> Entry:
    activity = {
        "type": "probe",
        "name": f"{finding.id}: {finding.name}",
        "tolerance": 0,
        "provider": _provider(ran),
    }
    output = {
        # What a tolerance is held against, as with programs: 0 is well.
        "status": int(not finding.ok),
        "over": finding.over,
        "broken": finding.broken,
        "offenders": list(finding.offenders),
    }
    return {
        "activity": activity,
        "output": output,
        "status": "succeeded",
        "tolerance_met": finding.ok,
        **_lasting(ran, ran.took_s, ran.took_s),
    }


def _action(ran: Ran, stroke: Stroke) -> Entry:
    return {"type": "action", "name": stroke.words, "provider": _provider(ran)}


def _acted(ran: Ran, stroke: Stroke) -> Entry:
    """Return a stroke; the toolkit knows no skipping: what can't be done has failed, and why."""
    entry = {
        "activity": _action(ran, stroke),
        "output": {
            "kind": stroke.kind,
            "struck": stroke.struck,
            "seen": stroke.seen,
            "skipped": stroke.skipped,
        },
        "status": "succeeded" if stroke.fired else "failed",
        **_lasting(ran, stroke.began_s, stroke.ended_s),
    }
    if stroke.fired:
        return entry
    why = "nothing was seen of it" if stroke.skipped is None else f"skipped: {stroke.skipped}"
    return {**entry, "exception": [why]}


def _provider(ran: Ran) -> Entry:
    """Return the run as a whole: no fault and no judgement is to be had without it."""
    program, *words = shlex.split(ran.replay) or ["fulfiller"]
    return {"type": "process", "path": program, "arguments": shlex.join(words)}


def _lasting(ran: Ran, began_s: float, ended_s: float) -> Entry:
    return {
        "start": _instant(ran, began_s),
        "end": _instant(ran, ended_s),
        "duration": round(ended_s - began_s, 6),
    }


def _instant(ran: Ran, at_s: float) -> str:
    return moment(ran.began + round(at_s * SECOND)).isoformat()


def _more(ran: Ran) -> Entry:
    built: Entry = msgspec.to_builtins(
        {
            "ok": ran.ok,
            "aborted": ran.aborted,
            "failures": ran.failures,
            "count": ran.count,
            "control": ran.control,
            "samples": ran.samples,
            "p50_ms": ran.p50_ms,
            "p99_ms": ran.p99_ms,
            "worst_s": ran.worst_s,
            "settled_s": ran.settled_s,
            "replay": ran.replay,
        }
    )
    return built
