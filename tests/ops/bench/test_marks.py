"""Marks along a run, what lies between them, and whether that stays flat."""

from dataclasses import replace

import pytest

from fulfiller.ops.bench.flat import Flat, page, window
from fulfiller.ops.bench.looking import Sealing
from fulfiller.ops.bench.marks import Mark, stretch
from fulfiller.ops.bench.passage import Passage, Standing, stops
from fulfiller.ops.bench.sizes import Sizes

FIRST = Mark(
    at_s=10.0,
    entered=5_000,
    issued=1_000,
    used_s={"intake": 1.0, "worker": 1.0, "keeper": 0.5, "postgres": 2.0},
    memory_mib={"intake": 100.0, "worker": 180.0},
    sizes=Sizes({"claim": 1_000_000, "seal": 8_192}, wal=2_000_000),
    release_ms=1.0,
    sweep_ms=2.0,
    seal_lag_s=0.5,
)
SECOND = replace(
    FIRST,
    at_s=20.0,
    entered=15_000,
    issued=6_000,
    used_s={"intake": 2.0, "worker": 1.5, "keeper": 0.55, "postgres": 2.3},
    memory_mib={"intake": 103.0, "worker": 180.5},
    sizes=Sizes({"claim": 4_000_000, "seal": 8_192, "coupon": 2_000_000}, wal=22_000_000),
)


def test_each_role_costs_by_the_claims_it_works_on() -> None:
    """10,000 were taken in and 5,000 issued: a backlog that grows is no cost of the worker."""
    between = stretch(FIRST, SECOND)
    assert between.cpu_us == pytest.approx(
        {"intake": 100.0, "worker": 100.0, "keeper": 10.0, "postgres": 40.0}
    )
    assert between.sum_us == pytest.approx(250.0)


def test_rate_and_backlog_are_of_the_issued() -> None:
    """5,000 coupons in ten seconds, and 9,000 claims open at the later mark."""
    between = stretch(FIRST, SECOND)
    assert (between.rate, between.open, between.issued) == (500.0, 9_000, 6_000)


def test_bytes_are_those_that_were_added_largest_table_first() -> None:
    """What did not grow is left out; the log of writes counts apart."""
    between = stretch(FIRST, SECOND)
    assert list(between.bytes.items()) == [("claim", 300.0), ("coupon", 200.0)]
    assert between.wal_bytes == 2_000.0


def test_a_stretch_without_claims_has_a_cost_and_no_division_by_zero() -> None:
    """A run that stands still is looked at, too."""
    assert stretch(FIRST, replace(FIRST, at_s=11.0)).rate == 0.0


def test_marks_are_due_when_warm_after_the_first_stretch_and_at_each_tenth() -> None:
    """Of ten million the first 100,000 are compared with the last million."""
    assert stops(10_000_000) == [2_000, 102_000, *range(1_000_000, 10_000_001, 1_000_000)]
    assert stops(4_000) == [0, *range(400, 4_001, 400)]


def _flat(*marks: Mark, fresh: tuple[Mark, Mark] = (FIRST, SECOND)) -> Flat:
    passage = Passage(
        claims=10_000, took_s=20.0, marks=marks, statuses={"202": 10_000}, repeated=0,
        connections={}, worker_mib=(60.0, [50.0]), feeder_mib=15.0, feeder_us=9.0,
        per_commit=500.0, per_hint=500.0, sealing=Sealing(40, 16.0), verify_s=1.0,
    )  # fmt: skip
    return Flat(passage, stretch(*fresh), {})


def _third(worker_s: float) -> Mark:
    used_s = {role: 2 * SECOND.used_s[role] - FIRST.used_s[role] for role in SECOND.used_s}
    used_s["worker"] += worker_s
    return replace(SECOND, at_s=30.0, entered=25_000, issued=11_000, used_s=used_s)


def test_the_last_stretch_is_held_against_an_empty_store() -> None:
    """The same work at the same cost is flat; half as much again is not."""
    same, dearer = _flat(FIRST, SECOND, _third(0.0)), _flat(FIRST, SECOND, _third(0.625))
    assert same.ratio == pytest.approx(1.0)
    assert same.is_flat
    assert dearer.ratio == pytest.approx(1.5)
    assert not dearer.is_flat
    assert "NOT FLAT: a claim at the end costs 1.50 of one in an empty store" in page(dearer)


def test_a_machine_that_became_slower_is_no_growth() -> None:
    """What costs half as much again in an empty store, too, is as flat; the first one is told."""
    slow = _third(0.625)
    found = _flat(FIRST, SECOND, slow, fresh=(SECOND, slow))
    assert found.ratio == pytest.approx(1.0)
    assert found.is_flat
    assert found.data["ratio_to_first"] == pytest.approx(1.5)
    assert "and 1.50 of one at first" in page(found)


def test_growth_of_memory_is_told_by_role() -> None:
    """What a process holds more at the end than at first."""
    found = _flat(FIRST, SECOND, _third(0.0))
    assert found.data["memory_growth_mib"] == {"intake": 3.0, "worker": 0.5}
    assert "intake +3.0, worker +0.5; the feeder held 15 and used 9.0 us" in page(found)


def test_a_machine_without_proc_has_no_ratio_and_is_not_called_dear() -> None:
    """Where nobody tells CPU time the rest is told all the same."""
    silent = replace(FIRST, used_s={}), replace(SECOND, used_s={})
    bare = _flat(*silent, fresh=silent)
    assert bare.ratio is None
    assert bare.is_flat
    assert "unknown" in page(bare)


@pytest.mark.parametrize(("claims", "ahead"), [(10_000_000, 20_000), (100_000, 10_000), (5, 4_000)])
def test_a_run_stays_a_bounded_stretch_ahead_of_its_coupons(claims: int, ahead: int) -> None:
    """Full requests on every line at least, and no backlog that piles up."""
    pace = window(claims)
    assert pace(Standing(elapsed_s=1.0, entered=700, issued=600)) == 600 + ahead
