"""The long doors of the bench on real servers, in small, and how they are asked for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fulfiller.ops.bench.plan import INTAKE_LINKS, KEEPER_LINKS, SLOT_LINKS
from fulfiller.ops.bench.stage import SLOTS
from fulfiller.settings import surroundings

CLAIMS = 6_000


def _bench(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fulfiller", "bench", *words],
        capture_output=True, text=True, check=False, timeout=60,
        env=surroundings() | {"TMPDIR": str(tmp_path)},
    )  # fmt: skip


@pytest.mark.slow
def test_a_small_run_is_watched_from_its_first_claim_to_its_last(tmp_path: Path) -> None:
    """Lines on the way, stretches with their costs, books proven, nothing left over."""
    done = _bench(tmp_path, "--flat", "6e3", "--json")
    found = json.loads(done.stdout)
    # So few claims take few ticks of CPU time, so whether they look flat is left to chance.
    assert done.returncode == (0 if found["flat"] else 1), done.stderr
    assert found["statuses"] == {"202": CLAIMS}
    assert found["stretches"][-1]["issued"] == CLAIMS
    assert found["stretches"][-1]["open"] == 0
    whole = found["whole"]
    assert whole["cpu_us"].keys() == {"intake", "worker", "keeper", "postgres", "valkey", "sum"}
    assert whole["memory_mib"].keys() == {"intake", "worker", "keeper", "postgres", "valkey"}
    assert min(whole["memory_mib"].values()) > 1
    assert {"claim", "coupon", "caller_key", "event"} <= whole["bytes"].keys()
    assert whole["wal_bytes"] > 0
    assert min(found["verify_s"], found["seal"]["ms"], found["sweep_ms"]) > 0
    assert f"{CLAIMS:,} issued after" in done.stderr
    _check_links(found["connections"])
    assert list(tmp_path.glob("fulfiller-bench-*")) == []


def _check_links(links: dict[str, int]) -> None:
    """Fail where a process opened more connections than a plan counts for it."""
    for name, counted in (
        ("intake", INTAKE_LINKS), ("worker", SLOT_LINKS * SLOTS), ("keeper", KEEPER_LINKS)
    ):  # fmt: skip
        opened = links[f"fulfiller {name}"] + links[f"fulfiller {name} clock"]
        assert 0 < opened <= counted, links


@pytest.mark.slow
def test_a_small_day_is_played_to_its_end_with_its_impatient_people(tmp_path: Path) -> None:
    """Every claim has its coupon once, and each that was sent again is told so."""
    done = _bench(tmp_path, "--day", "--claims", "6e3", "--scale", "90", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["repeated"] > 0
    assert found["statuses"] == {"202": CLAIMS, "200": found["repeated"]}
    assert found["peak"] == pytest.approx(2.7)
    assert found["arrivals_s"] == pytest.approx(9 * 3_600 * 0.0006 / 90)
    assert found["promise_s"] == pytest.approx(0.72)
    assert found["kept"] == (found["took_s"] <= found["promise_s"])
    assert "left" in done.stderr
    assert list(tmp_path.glob("fulfiller-bench-*")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--plan", "0"), "--plan 0: write how many claims, such as 10e6"),
        (("--plan", "many"), "'--plan'"),
        (("--hours", "3"), "--hours says nothing without --plan"),
        (("--scale", "3"), "--scale says nothing without --day"),
        (("--from", __file__), "--from says nothing without --plan"),
        (("--plan", "1e6", "--flat", "1e6"), "--plan and --flat are asked one at a time"),
        (("--plan", "1e6", "--from", __file__), "no measurement of a door is in it"),
        (("--flat", "10"), "10 claims are too few: write 1,000 or more"),
        (("--flat", "ten"), "'ten' is no number of claims: write one such as 10e6"),
        (("--day", "--claims", "500"), "--claims 500: a day has 1,000 claims or more"),
        (("--day", "--scale", "0"), "--scale 0: write how many times as fast"),
        (("--flat", "1e6", "--store", "sqlite"), "measures on PostgreSQL: leave --store out"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_starts(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """A wrong word costs no minute of measuring, and the message names it."""
    from click.testing import CliRunner

    from fulfiller.ops.cli import cli

    del tmp_path
    done = CliRunner().invoke(cli, ["bench", *words])
    assert done.exit_code == 2
    assert said in done.output


def test_a_plan_from_a_file_takes_no_server(tmp_path: Path) -> None:
    """What was measured on one day answers questions on another."""
    from click.testing import CliRunner

    from fulfiller.ops.cli import cli

    file = tmp_path / "bench.json"
    file.write_text(json.dumps({"cpu_us": {"batch": {"intake": 30.0, "worker": 60.0}}}))
    words = ["bench", "--plan", "36e6", "--hours", "1", "--peak", "2", "--from", str(file)]
    found = json.loads(CliRunner().invoke(cli, [*words, "--json"]).stdout)
    assert found["doors"]["batch"]["cores, worker"]["value"] == pytest.approx(2.0)
    assert found["doors"]["batch"]["cores, worker"]["basis"] == "computed"
    assert "worker slots" in CliRunner().invoke(cli, words).stdout
