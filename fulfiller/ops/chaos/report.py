"""What simulated runs tell: a line now and then, tables in the end, one run step by step."""

from collections.abc import Callable

from fulfiller.chaos.report import INVARIANTS
from fulfiller.ops.show import table
from fulfiller.sim.coverage import expected
from fulfiller.sim.fault import Fault
from fulfiller.sim.judge import judge
from fulfiller.sim.loop import SECOND
from fulfiller.sim.many import Failure, Summary
from fulfiller.sim.run import Ran

LINES = 10
"""Lines of progress over all seeds."""
THOUSAND = 1_000
FAILURES = 10
HOLES = 20


class Progress:
    """Tells how far it is: a line per tenth of the seeds or, without an end, per thousand."""

    def __init__(self, seeds: int | None, say: Callable[[str], None]) -> None:
        """Have told nothing yet; `seeds` is how many there will be, if anybody knows."""
        self._every = THOUSAND if seeds is None else max(1, seeds // LINES)
        self._of = "" if seeds is None else f" of {seeds:,}"
        self._say = say
        self._told = 0

    def tell(self, summary: Summary) -> None:
        """Say how far it is, if that has become worth a line."""
        if summary.seeds // self._every > self._told:
            self._told = summary.seeds // self._every
            self._say(
                f"{summary.seeds:,}{self._of} seeds, {summary.faults:,} faults,"
                f" {len(summary.failures):,} violations"
            )


def replay(seed: int) -> str:
    """Return the line that shows a seed step by step."""
    return f"fulfiller chaos sim --seed {seed} --tell"


def in_words(summary: Summary, took_s: float) -> str:
    """Return what many runs came to, for people."""
    faults = sorted(summary.tally.faults.items(), key=lambda each: -each[1])
    parts = [
        table(("Fault", "Times"), [(fault.value, times) for fault, times in faults]),
        table(
            ("Invariant", "What must hold", "Judged"),
            [(law, name, summary.judged[law]) for law, name in INVARIANTS.items()],
        ),
        _covered(summary),
        _verdict(summary, took_s),
    ]
    parts += [_failure(failure) for failure in summary.failures[:FAILURES]]
    return "\n\n".join(filter(None, parts))


def as_data(summary: Summary, first: int, took_s: float) -> dict[str, object]:
    """Return what many runs came to, for programs."""
    return {
        "seeds": summary.seeds,
        "first_seed": first,
        "ok": not summary.failures and not summary.blind,
        "faults": summary.faults,
        "faults_by_kind": {fault.value: summary.tally.faults[fault] for fault in Fault},
        "coverage": {
            "cells": len(expected()),
            "hit": len(expected()) - len(summary.holes),
            "holes": [list(hole) for hole in summary.holes],
        },
        "judged": {law: summary.judged[law] for law in INVARIANTS},
        "claims": summary.claims,
        "coupons": summary.coupons,
        "steps": summary.steps,
        "repeated": summary.repeated,
        "simulated_s": round(summary.simulated_s, 1),
        "took_s": round(took_s, 2),
        "violations": [
            {"seed": f.seed, "findings": list(f.findings), "replay": replay(f.seed)}
            for f in summary.failures
        ],
    }


def story(ran: Ran) -> tuple[str, bool]:
    """Return one run step by step, with its verdict, and whether all is well."""
    verdict = judge(ran)
    plan = ran.plan
    head = (
        f"Seed {ran.seed}: {plan.clients} callers, {plan.intakes} intakes, {plan.workers} workers"
        f" of {plan.slots} slots, {plan.keepers} keepers, campaigns"
        f" {', '.join(campaign.id for campaign in plan.campaigns)}."
        f" Everything may fail until {ran.healed_at / SECOND:.1f} s; from then on nothing does."
    )
    end = "\n".join(verdict.findings) or "Every invariant holds."
    return "\n".join((head, *(ran.world.told or ()), end)), not verdict.findings


def _covered(summary: Summary) -> str:
    cells, holes = len(expected()), summary.holes
    head = f"{cells - len(holes)} of {cells} places (mode, event, fault) were struck."
    if not summary.blind:
        return head
    named = [" / ".join(filter(None, hole)) for hole in holes[:HOLES]]
    return "\n".join((head, "Never struck:", *(f"  {name}" for name in named)))


def _verdict(summary: Summary, took_s: float) -> str:
    bad = len(summary.failures)
    came_to = f"{bad:,} seeds break an invariant" if bad else "no violation"
    return (
        f"{summary.seeds:,} seeds, {summary.faults:,} faults, {summary.claims:,} claims,"
        f" {summary.coupons:,} coupons, {summary.simulated_s / 3600:,.1f} simulated hours"
        f" in {took_s:,.1f} s: {came_to}."
        f" {summary.repeated:,} seeds were run twice, and did the same."
    )


def _failure(failure: Failure) -> str:
    findings = "\n  ".join("\n".join(failure.findings).splitlines())
    return f"Seed {failure.seed}\n  {findings}\n  Step by step: {replay(failure.seed)}"
