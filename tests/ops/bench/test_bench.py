"""The whole bench, in small: every arm on real servers, every book proven."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fulfiller.settings import surroundings

ROLES = {
    "plain": {"worker", "postgres", "valkey", "sum", "load"},
    "drain": {"worker", "keeper", "postgres", "valkey", "sum"},
    "floor": {"worker", "postgres", "valkey", "sum"},
    "single": {"intake", "worker", "keeper", "postgres", "valkey", "sum", "load"},
    "scaled": {"intake", "worker", "keeper", "postgres", "valkey", "sum", "load"},
    "batch": {"intake", "worker", "keeper", "postgres", "valkey", "sum", "load"},
    "accept": {"intake", "postgres", "valkey", "sum", "load"},
}
RATES = {
    "end_to_end_single",
    "accept_while_issuing",
    "end_to_end_batch",
    "accept_batch",
    "accept_single",
}
CLAIMS = "12000"
"""So many that each arm takes several ticks of the clock that counts CPU time."""


@pytest.mark.chaos
def test_a_small_bench_measures_every_arm_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """One round with few claims: JSON of the promised shape, all accepted, nothing left over."""
    done = subprocess.run(
        [sys.executable, "-m", "fulfiller", "bench", "--quick", "--json", "--rounds", "1",
         "--claims", CLAIMS],
        capture_output=True, text=True, check=False, timeout=110,
        env=surroundings() | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["ratios"]["drain_vs_plain_celery"] > 1
    assert found["ratios"]["drain_vs_floor"] > 0
    assert found["rates"].keys() >= RATES
    for arm, roles in ROLES.items():
        assert found["cpu_us"][arm].keys() == roles, arm
        assert found["cpu_us"][arm]["sum"] > 0
    assert set(found["statuses"]["accept"]) == {"202"}
    assert found["latency_ms"]["accept"]["accept_p99"] > 0
    assert found["overload"]["wanted_rate"] == 5 * 1_000
    assert found["overload"]["answered_rate"] > 0
    assert found["memory_mib"]["overload"]["intake"] > 0
    assert ("wrk" in found) == ("wrk is not on PATH" not in done.stderr)
    assert found["ratios"]["scaled_vs_single_cpu"] > 0
    for arm in ("single", "scaled", "single_64", "batch", "quiet"):
        assert set(found["statuses"][arm]) == {"202"}
        assert found["latency_ms"][arm]["accept_p50"] > 0
        assert found["latency_ms"][arm]["coupon_p50"] > 0
    assert found["ranges"]["rates.drain"][0] == found["rates"]["drain"]
    assert found["machine"]["packages"]["celery"]
    assert "Round 1 of 1" in done.stderr
    assert list(tmp_path.glob("fulfiller-bench-*")) == []
