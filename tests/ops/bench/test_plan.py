"""What a campaign would need, from a measurement made up: exact numbers."""

import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest

from fulfiller.ops.bench.capacity import Capacity, table
from fulfiller.ops.bench.costs import Costs, Door, NoCosts, from_file, from_tree
from fulfiller.ops.bench.plan import Basis, Figure, InvalidPlan, Plan, page

PLAN = Plan(claims=10_800_000, hours=3, peak=6)
"""1,000 claims a second on average, 6,000 at the peak."""
SINGLE = Door(
    cpu_us={"intake": 200.0, "worker": 50.0, "keeper": 5.0, "postgres": 60.0, "valkey": 10.0},
    accept_rate=2_500.0,
    per_commit=100.0,
    per_hint=50.0,
)
BATCH = Door(cpu_us={"intake": 20.0, "worker": 330.0})
COSTS = Costs(
    doors={"single": SINGLE, "batch": BATCH},
    memory_mib={"intake": 100.0, "worker": 60.0, "slot": 50.0, "keeper": 70.0, "valkey": 4.0},
    bytes={"claim": 400.0, "coupon": 200.0},
    wal_bytes=1_024.0,
    verify_us=50.0,
    release_ms=2.0,
    sweep_ms=3.0,
    seal_us=40.0,
)


def _of(door: str, costs: Costs = COSTS, plan: Plan = PLAN) -> dict[str, Figure]:
    return {figure.name: figure for figure in page(plan, costs)[door]}


def _value(name: str, door: str = "single") -> float | None:
    return _of(door)[name].value


def test_average_and_peak_follow_from_claims_hours_and_factor() -> None:
    """10.8 million in three hours are 1,000 a second, and six times that at the peak."""
    assert _value("average") == 1_000
    assert _value("peak") == 6_000


@pytest.mark.parametrize(
    ("role", "cores"),
    [("intake", 2.0), ("worker", 0.5), ("keeper", 0.05), ("postgres", 0.6), ("valkey", 0.1)],
)
def test_cores_are_busy_for_six_tenths_at_the_peak(role: str, cores: float) -> None:
    """6,000 claims a second at 200 us are 1.2 cores of work, and so two cores."""
    assert _value(f"cores, {role}") == pytest.approx(cores)


def test_cores_of_all_roles_are_summed() -> None:
    """The machine room is asked for one number."""
    assert _value("cores, all") == pytest.approx(3.25)


def test_intakes_follow_from_what_one_accepts() -> None:
    """One accepts 2,500 a second, of which 1,500 are used: the peak takes four."""
    assert _value("one intake accepts") == 2_500
    assert _value("intake processes") == 4
    assert _of("single")["one intake accepts"].basis is Basis.MEASURED


def test_a_rate_that_nobody_measured_is_computed_from_cpu_time() -> None:
    """20 us a claim are 50,000 a second from a whole core, and the page says so."""
    rate = _of("batch")["one intake accepts"]
    assert (rate.value, rate.basis) == (50_000, Basis.COMPUTED)
    assert rate.formula == "1e6 / CPU us per claim of the intake"
    assert _value("intake processes", "batch") == 1


def test_slots_are_whole_cores_and_never_fewer_than_two() -> None:
    """Half a core of work gets two slots, 3.3 cores get four."""
    assert _value("worker slots") == 2
    assert _value("worker slots", "batch") == 4


def test_connections_are_counted_by_who_opens_them() -> None:
    """Four intakes, two slots of one worker, two keepers; and one intake, four slots."""
    assert _value("PostgreSQL connections") == 4 * 15 + 2 * 3 + 1 + 2 * 3
    assert _value("PostgreSQL connections", "batch") == 15 + 4 * 3 + 1 + 2 * 3


def test_memory_is_that_of_every_process() -> None:
    """Four intakes, two slots and the worker above them, two keepers."""
    assert _value("memory, all of ours") == 4 * 100 + 2 * 50 + 60 + 2 * 70


def test_disk_and_log_grow_with_the_claims() -> None:
    """600 bytes in tables and 1,024 of write-ahead log for each."""
    assert _value("disk per claim") == 600
    assert _value("disk, all claims") == pytest.approx(600 * 10_800_000 / 2**30)
    assert _value("WAL, all claims") == pytest.approx(1_024 * 10_800_000 / 2**30)
    assert _value("WAL at the peak") == pytest.approx(6_000 / 1_024)


def test_a_broker_holds_full_queues_and_no_backlog() -> None:
    """Two tasks of 1,000 ids for each slot come on top of what it takes at rest."""
    assert _value("Valkey memory") == pytest.approx(4 + 2 * 2 * 1_000 * 44 / 2**20)
    doubled = _of("single", plan=replace(PLAN, claims=2 * PLAN.claims, hours=2 * PLAN.hours))
    assert doubled["Valkey memory"].value == _value("Valkey memory")


def test_sealing_takes_its_share_of_a_keeper() -> None:
    """A hundredth and a fiftieth of an event per claim: 180 a second at 40 us each."""
    assert _value("seal, at the peak") == pytest.approx(0.72)


def test_a_proof_reads_every_claim() -> None:
    """50 us for each of 10.8 million."""
    assert _value("verify, at the end") == pytest.approx(540)


def test_what_was_not_measured_is_shown_as_such_and_nothing_is_made_up() -> None:
    """A bench alone knows CPU time, and no bytes: its lines are there, without a value."""
    bare = _of("batch", replace(COSTS, bytes={}, memory_mib={}, wal_bytes=None, seal_us=None))
    for name in ("disk, all claims", "WAL at the peak", "memory, all of ours", "Valkey memory",
                 "seal, at the peak", "cores, keeper"):  # fmt: skip
        assert (bare[name].value, bare[name].basis) == (None, Basis.UNKNOWN), name
    assert bare["cores, all"].value == pytest.approx(3.5)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"claims": 0}, "--plan 0: write how many claims, such as 10e6"),
        ({"claims": -3.0}, "--plan -3: write how many"),
        ({"claims": nan}, "--plan nan: write a finite number"),
        ({"hours": 0}, "--hours 0: write hours above 0, such as 9"),
        ({"hours": inf}, "--hours inf: write a finite number"),
        ({"peak": 0.99}, "--peak 0.99: a peak is no lower than the average; write 1 or more"),
    ],
)
def test_what_is_no_plan_is_refused_with_its_option_and_remedy(
    wrong: dict[str, float], said: str
) -> None:
    """Whoever mistypes one of three numbers is told which, and what to write."""
    with pytest.raises(InvalidPlan, match=said.replace("(", r"\(")):
        Plan(**{"claims": 10e6, "hours": 9, "peak": 10, **wrong})


def test_an_even_day_has_its_average_as_its_peak() -> None:
    """A factor of 1 is a plan, if an unlikely one."""
    even = Plan(claims=3_600, hours=1, peak=1)
    assert even.busiest == even.average == 1


def test_costs_are_read_again_as_they_were_written(tmp_path: Path) -> None:
    """The JSON of a plan is the measurement of the next one."""
    file = tmp_path / "measured.json"
    file.write_text(json.dumps(Capacity(PLAN, COSTS, {}).data))
    assert from_file(file) == COSTS


def test_the_json_of_a_bench_is_understood(tmp_path: Path) -> None:
    """It has CPU time by arm, with sums and the sender's, and arms that are no door of ours."""
    file = tmp_path / "bench.json"
    tree = {
        "cpu_us": {"single": {"intake": 200.0, "sum": 230.0, "load": 30.0}, "plain": {"worker": 9}},
        "rates": {"accept_single": 2_500.0, "drain": 20_000.0},
        "claims_per": {"single": {"commit": 100.0, "hint": 50.0}},
        "memory_mib": {"single": {"intake": 80.0}},
    }  # fmt: skip
    file.write_text(json.dumps(tree))
    found = from_file(file)
    assert found.doors == {
        "single": Door(
            cpu_us={"intake": 200.0}, accept_rate=2_500.0, per_commit=100.0, per_hint=50.0
        )
    }
    assert found.memory_mib == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cpu_us": {}}', '{"cpu_us": 3}', "no JSON"])
def test_a_file_without_costs_is_refused_with_what_to_run(tmp_path: Path, text: str) -> None:
    """A file of something else is named, and how to make the right one is said."""
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(NoCosts, match=r"other\.json.*fulfiller bench --json > FILE"):
        from_file(file)


def test_a_tree_with_no_door_is_no_measurement() -> None:
    """What it costs to drain says nothing about a door."""
    with pytest.raises(KeyError):
        from_tree({"cpu_us": {"drain": {"worker": 30.0}}})


def test_the_table_has_a_column_for_each_door_and_says_how_each_line_is_known() -> None:
    """People read it in a terminal: names to the left, and where a figure comes from."""
    lines = {line.split("  ")[0]: line for line in table(page(PLAN, COSTS)).splitlines()}
    assert "single door" in lines[""]
    assert "batch door" in lines[""]
    assert lines["cores, intake"].split()[2:5] == ["2.0", "0.20", "cores"]
    assert lines["cores, intake"].endswith("computed: peak * CPU us per claim / 1e6 / 0.6")
    assert lines["CPU per claim, keeper"].split()[4:6] == ["5.0", "-"]
    assert lines["keepers"].endswith("counted: one leads, one stands by")
