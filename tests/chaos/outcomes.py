"""Runs that never ran: made up, one for each way in which a run can end."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fulfiller.chaos.outcome import Control, Count, Ran, Sample, Stroke
from fulfiller.chaos.report import INVARIANTS, Finding, Report
from fulfiller.chaos.scenario import Load, Scenario

HOSTILE = "<script>alert(1)</script> \"'&amp; ]]> --> \x00 \ud800 </title></style></svg>"
CONTROL = Control(
    name="Plain Celery", words="under the same cuts", sent=40, done=33, lost=7, doubled=0, struck=3
)


def report(*, unjudged: Sequence[str] = (), **broken: tuple[str, ...]) -> Report:
    """Return a report in which these invariants are broken by these offenders."""
    return Report(
        tuple(
            Finding(
                id=law,
                name=name,
                over=0 if law in unjudged else 3_204 + number,
                broken=len(broken.get(law, ())) * 3,
                offenders=broken.get(law, ()),
            )
            for number, (law, name) in enumerate(INVARIANTS.items())
        )
    )


def course(
    seconds: int, *, per_s: int = 2, rate: int = 200, away: range = range(0)
) -> list[Sample]:
    """Return samples of a run that is taken in steadily, issued more slowly, and paused once."""
    taken = [_sample(n / per_s, rate, seconds, away) for n in range(seconds * per_s)]
    return list(taken)


def _sample(at_s: float, rate: int, seconds: int, away: range) -> Sample:
    sending_s = seconds * 0.6
    asked = int(min(at_s, sending_s) * rate)
    unanswered = int(max(0.0, min(at_s, 9.0) - 8.0) * rate / 4)
    refused = int(max(0.0, min(at_s, sending_s * 0.7) - sending_s * 0.5) * rate * 0.8)
    promised = asked - unanswered - refused
    stalled = max(0.0, min(at_s, 8.0) - 4.0)
    issued = min(promised, int(max(0.0, at_s - stalled) * rate * 0.8))
    known = int(at_s) not in away
    paused = sending_s * 0.5 <= at_s < sending_s * 0.7
    mode = "paused" if paused else "ramping" if 0 <= at_s - sending_s * 0.7 < 4 else "flowing"
    return Sample(
        at_s=at_s,
        asked=asked,
        promised=promised,
        refused=refused,
        unanswered=unanswered,
        issued=issued if known else None,
        backlog=promised - issued if known else None,
        waitlisted=refused // 2 if known else None,
        mode=mode if known else None,
    )


def stroke(
    at_s: float, words: str = "worker1 is killed", for_s: float = 0.0, **more: Any
) -> Stroke:
    """Return a stroke that struck and was seen."""
    pid = 4_000 + int(at_s * 10)
    seen = f"process {pid} is gone, {pid + 7} is in its place"
    given = {"kind": "kill", "struck": 1, "seen": seen, **more}
    return Stroke(words=words, began_s=at_s, ended_s=at_s + for_s, **given)


def clean(**changes: Any) -> Ran:
    """Return a run in which everything held."""
    ran = Ran(
        scenario=Scenario(
            name="killed-workers",
            title="Workers are killed in mid-flight",
            hypothesis="A worker that is killed takes no promise with it: another issues it, once.",
            load=Load(rate=200, seconds=18),
            tags=("workers", "crash"),
        ),
        store="PostgreSQL 18.1",
        version="0.1.0",
        began=1_770_339_600_123_456,
        took_s=41.3,
        samples=course(30, away=range(12, 15)),
        strokes=(
            *(stroke(at_s) for at_s in (3.0, 7.5, 12.0)),
            stroke(
                12.0,
                "the store is cut off from worker1",
                3.0,
                kind="cut",
                struck=14,
                seen="14 connections were refused",
            ),
        ),
        count=Count(
            asked=3_600,
            promised=3_204,
            refused=341,
            unanswered=55,
            issued=3_204,
            declined=0,
            parked=0,
            cancelled=0,
        ),
        report=report(unjudged=("S3", "L2")),
        replay="fulfiller chaos run killed-workers --seed 7",
        p50_ms=3.21,
        p99_ms=48.7,
        worst_s=1.204,
        settled_s=2.14,
        control=CONTROL,
    )
    return replace(ran, **changes)


def failed() -> Ran:
    """Return a run that lost and doubled claims."""
    lost = [f"clm_{number:026d}" for number in range(1, 24)]
    doubled = [f"clm_{number:026d}" for number in range(90, 93)]
    return clean(
        count=replace(clean().count, issued=3_181, declined=12, lost=lost, doubled=doubled),
        report=report(
            L1=tuple(f"{each}: promised at 4.2 s, and nowhere in the end" for each in lost[:5]),
            S1=tuple(f"{each}: coupons 17 and 18" for each in doubled),
        ),
        failures=("the door's answers: 99 of 100 within 1,480 ms, asked were 500 ms",),
        settled_s=None,
    )


def aborted() -> Ran:
    """Return a run that was given up."""
    return clean(
        samples=course(6),
        strokes=(stroke(3.0, for_s=2.5),),
        took_s=6.2,
        aborted="92 of 100 claims were not answered, the limit is 90",
        settled_s=None,
        control=None,
    )


def skipped() -> Ran:
    """Return a run on a machine that can't do everything, where one fault never struck."""
    return clean(
        strokes=(
            stroke(3.0),
            stroke(
                5.0,
                "the clock of worker1 goes 90 s ahead",
                4.0,
                kind="clock",
                struck=0,
                seen=None,
                skipped="the PyPI package libfaketime (pip install libfaketime)",
            ),
            stroke(9.0, "the broker forgets its scripts", kind="flush", struck=1, seen=None),
        )
    )


def crowded() -> Ran:
    """Return a run with 300 samples, 60 strokes of 9 kinds, and long names."""
    kinds = [f"worker{n} is killed with all its descendants and started again" for n in range(1, 9)]
    kinds.append("the broker loses every acknowledgement between worker1 and itself, both ways")
    return clean(
        samples=course(150, away=range(40, 47)),
        strokes=tuple(stroke(2.0 + n * 1.7, kinds[n % 9], n % 4 * 0.8) for n in range(60)),
        took_s=171.0,
        count=replace(clean().count, asked=1_234_567, promised=1_200_000, issued=1_200_000),
    )


def empty() -> Ran:
    """Return a run that ended before anything was measured."""
    none = Count(
        asked=0, promised=0, refused=0, unanswered=0, issued=0, declined=0, parked=0, cancelled=0
    )
    return clean(
        samples=(), strokes=(), count=none, report=report(unjudged=list(INVARIANTS)), control=None
    )


def hostile() -> Ran:
    """Return a run whose every text tries to be markup."""
    scenario = Scenario(name=HOSTILE, title=HOSTILE, hypothesis=HOSTILE, tags=(HOSTILE,))
    return clean(
        scenario=scenario,
        store=HOSTILE,
        version=HOSTILE,
        samples=[replace(each, mode=HOSTILE) for each in course(12)],
        strokes=(stroke(2.0, HOSTILE, seen=HOSTILE), stroke(3.0, HOSTILE, skipped=HOSTILE)),
        count=replace(clean().count, lost=(HOSTILE,), doubled=(HOSTILE,)),
        report=report(S1=(HOSTILE,)),
        replay=HOSTILE,
        control=replace(CONTROL, name=HOSTILE, words=HOSTILE),
        aborted=HOSTILE,
        failures=(HOSTILE,),
    )


RUNS = {
    "clean": clean,
    "failed": failed,
    "aborted": aborted,
    "skipped": skipped,
    "crowded": crowded,
    "empty": empty,
    "hostile": hostile,
}
"""Every made-up run by its name."""
