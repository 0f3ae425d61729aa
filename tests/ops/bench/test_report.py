"""Table and JSON of the bench, from samples made up."""

from dataclasses import replace

from fulfiller.ops.bench.arms import OURS, PLAIN, SINGLE
from fulfiller.ops.bench.report import aligned, as_json, spoken, tables
from fulfiller.ops.bench.sample import Sample


def _drain(rate: float, us: float) -> Sample:
    return Sample(promised=1, rate=rate, cpu_us={"worker": us, "postgres": 10.0}, load_us=5.0)


DOOR = Sample(
    promised=10,
    rate=4_321.9,
    cpu_us={"intake": 150.25, "worker": 50.0},
    load_us=20.0,
    accept_rate=5_000.0,
    latency_ms={"accept_p50": 12.345, "coupon_p95": 30.0},
    claims_per={"commit": 100.0, "hint": 120.0},
    statuses={"202": 10, "503": 1},
)
SAMPLES = {
    "plain": [_drain(200, 3_000), _drain(100, 5_000), _drain(300, 4_000)],
    "drain": [_drain(20_000, 30), _drain(30_000, 20), _drain(15_000, 40)],
    "single": [DOOR, DOOR],
}


def test_ratios_are_taken_round_by_round() -> None:
    """A slow minute slows both arms of its round, so each round has its own ratio."""
    found = as_json(SAMPLES, {"rounds": 3})
    assert found["ratios"] == {"drain_vs_plain_celery": 100.0}
    assert found["ranges"]["ratios.drain_vs_plain_celery"] == [50.0, 300.0]  # type: ignore[index]


def test_the_json_holds_medians_under_the_names_that_others_read() -> None:
    """Rates, cost and latencies are found by arm and name; what is known besides stays."""
    found = as_json(SAMPLES, {"rounds": 3})
    assert found["rounds"] == 3
    assert found["rates"] == {
        "plain_celery": 200.0,
        "drain": 20_000.0,
        "end_to_end_single": 4_322.0,
        "accept_while_issuing": 5_000.0,
    }
    assert found["cpu_us"]["drain"] == {"worker": 30.0, "postgres": 10.0, "sum": 40.0, "load": 5.0}  # type: ignore[index]
    assert found["latency_ms"] == {"single": {"accept_p50": 12.35, "coupon_p95": 30.0}}
    assert found["statuses"] == {"single": {"202": 20, "503": 2}}


def test_accepts_alone_stand_apart_from_accepts_while_issuing() -> None:
    """Neither may be taken for the other."""
    alone = Sample(promised=10, rate=6_000.0, cpu_us={})
    rates = as_json({"single": [DOOR], "accept": [alone]}, {})["rates"]
    assert rates == {
        "end_to_end_single": 4_322.0,
        "accept_while_issuing": 5_000.0,
        "accept_single": 6_000.0,
    }


def test_our_generator_is_held_against_another_by_what_was_accepted() -> None:
    """Round by round, and left out where there was no other."""
    other = Sample(promised=10, rate=1.0, accept_rate=4_000.0, cpu_us={}, own={"rate": 4_000.0})
    found = as_json({"single": [DOOR, DOOR], "wrk": [other]}, {})
    assert found["ratios"] == {"ours_vs_wrk": 1.25}
    assert found["wrk"] == {"rate": 4_000.0}
    assert "ours vs wrk" in tables({"single": [DOOR], "wrk": [other]})


def test_two_of_each_are_held_against_one_by_rate_and_by_cost() -> None:
    """Twice the rate at the same cost would be perfect; round by round, like all ratios."""
    two = replace(DOOR, rate=2 * DOOR.rate, cpu_us={"intake": 200.0, "worker": 60.3})
    found = as_json({"single": [DOOR, DOOR], "scaled": [two, two]}, {})["ratios"]
    assert found == {"scaled_vs_single": 2.0, "scaled_vs_single_cpu": 1.3}
    assert "scaled vs single cpu" in tables({"single": [DOOR], "scaled": [two]})


def test_what_only_one_arm_tells_stands_under_its_name() -> None:
    """Memory is found by arm and process, and the rest by arm."""
    crowd = Sample(
        promised=10,
        rate=4_000.0,
        cpu_us={},
        memory_mib={"intake": 140.0},
        own={"offered_rate": 5_000.0, "share_202": 1.0},
    )
    found = as_json({"overload": [crowd]}, {})
    assert found["memory_mib"] == {"overload": {"intake": 140.0}}
    assert found["overload"] == {"offered_rate": 5_000.0, "share_202": 1.0}


def test_what_sending_costs_is_no_part_of_the_sum() -> None:
    """The load generator is the customers, not the system."""
    assert DOOR.sum_us == 200.25


def test_a_machine_without_proc_has_rates_and_no_cost() -> None:
    """Where nobody tells CPU time the rest is told all the same."""
    bare = Sample(promised=1, rate=250.0, cpu_us={})
    assert "cpu_us" not in as_json({"drain": [bare]}, {})
    assert spoken(OURS, bare) == "drain, Fulfiller: 250 claims/s"
    assert "250 (250 - 250)" in tables({"drain": [bare]})


def test_the_table_names_every_arm_that_was_measured() -> None:
    """An arm has its line of rates with the range, and of cost by process."""
    shown = tables(SAMPLES)
    assert "200 (100 - 300)" in shown
    assert "20,000 (15,000 - 30,000)" in shown
    for arm in (PLAIN, OURS, SINGLE):
        assert arm.title in shown
    assert "quiet" not in shown


def test_columns_are_aligned() -> None:
    """Names stand to the left and figures to the right, with no blanks at the ends."""
    assert aligned(("name", "us"), [("a", "1"), ("longer", "1,000")]) == (
        "name       us\na           1\nlonger  1,000"
    )


def test_a_ratio_is_against_the_fastest_rival_of_each_round() -> None:
    """Which of them that is may change from round to round; the best by median is named."""
    samples = {
        "drain": [_drain(20_000, 30), _drain(30_000, 20)],
        "plain": [_drain(200, 1), _drain(500, 1)],
        "plain_threads": [_drain(400, 1), _drain(300, 1)],
        "huey": [_drain(1_000, 1), _drain(2_000, 1)],
        "taskiq": [_drain(2_000, 1), _drain(500, 1)],
    }
    found = as_json(samples, {})
    assert found["ranges"]["ratios.drain_vs_plain_celery"] == [50.0, 60.0]  # type: ignore[index]
    assert found["ranges"]["ratios.drain_vs_best_peer"] == [10.0, 15.0]  # type: ignore[index]
    assert found["best_peer"] == "huey"
    assert "best_peer" not in as_json(SAMPLES, {})
