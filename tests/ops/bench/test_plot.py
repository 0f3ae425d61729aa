"""The picture of a bench, from findings made up."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from fulfiller.ops.bench.command import bench
from fulfiller.ops.bench.plot import WIDTH, NothingToDraw, drawn, panels_of, read
from fulfiller.ops.bench.report import as_json
from fulfiller.ops.bench.sample import Sample

SVG = "{http://www.w3.org/2000/svg}"
LETTER = 7.9
"""Pixels of a letter in the widest of the usual fonts."""
LONG = "a rival of thirty letters & so"
FOUND: dict[str, Any] = {
    "store": "postgres",
    "rounds": 5,
    "machine": {"cpu": "AMD EPYC", "cores": 2},
    "titles": {
        "plain_celery": "drain, plain Celery",
        "rival": f"drain, {LONG}",
        "drain": "drain, Fulfiller",
        "floor": "drain, bare statements",
        "end_to_end_single": "one by one, 256 connections",
    },
    "rates": {
        "drain": 26_896.0,
        "plain_celery": 272.0,
        "rival": 1_800.0,
        "floor": 132_659.0,
        "end_to_end_single": 4_370.0,
        "accept_single": 7_000.0,
        "quiet": 50.0,
    },
    "ranges": {
        "rates.drain": [23_100.0, 33_800.0],
        "rates.plain_celery": [218.0, 303.0],
        "rates.floor": [127_000.0, 136_800.0],
    },
}


def _svg(found: dict[str, Any]) -> ET.Element:
    return ET.fromstring(drawn(found))


def _texts(picture: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in picture.iter(f"{SVG}text")]


def test_rates_of_coupons_are_drawn_and_no_others() -> None:
    """The slowest stand on top; accepts and paced arms answer other questions."""
    backlog, door = panels_of(FOUND)
    assert [bar.title for bar in backlog.bars] == [
        "plain Celery", LONG, "Fulfiller", "bare statements",
    ]  # fmt: skip
    assert [bar.kind for bar in backlog.bars] == ["theirs", "theirs", "ours", "floor"]
    assert [bar.title for bar in door.bars] == ["one by one, 256 connections"]


def test_bars_are_as_long_as_rates_are_high() -> None:
    """On one scale from zero, so that what looks twice as fast is."""
    bars = {bar.get("class"): float(bar.get("width", "")) for bar in _bars(_svg(FOUND))}
    assert bars["floor"] / bars["ours"] == pytest.approx(132_659 / 4_370, rel=0.02)
    assert bars["theirs"] == pytest.approx(bars["floor"] * 1_800 / 132_659, abs=0.1)


def _bars(picture: ET.Element) -> list[ET.Element]:
    return [bar for bar in picture.iter(f"{SVG}rect") if bar.get("class") != "hatch"]


def test_figures_and_ranges_are_written_beside_the_bars() -> None:
    """Whiskers are drawn where there is a range, and nowhere else."""
    picture = _svg(FOUND)
    assert {"26,896" + "23,100 \u2013 33,800", "272" + "218 \u2013 303", "1,800"} <= set(
        _texts(picture)
    )
    whiskers = [path for path in picture.iter(f"{SVG}path") if path.get("class") == "range"]
    assert len(whiskers) == 3


def test_whoever_hears_the_picture_is_told_the_same() -> None:
    """Title and description say what is drawn."""
    picture = _svg(FOUND)
    assert picture.get("role") == "img"
    assert picture.findtext(f"{SVG}title")
    told = picture.findtext(f"{SVG}desc") or ""
    assert "plain Celery: 272 (218 to 303)" in told
    assert f"{LONG}: 1,800;" in told


def test_it_is_legible_on_dark_pages_and_light_ones() -> None:
    """It has no background of its own, so its colors follow the page's."""
    style = _svg(FOUND).findtext(f"{SVG}style") or ""
    assert "prefers-color-scheme: dark" in style


def test_nothing_reaches_beyond_the_edges() -> None:
    """Neither a long name at the left nor six digits with their range at the right."""
    for text in _svg(FOUND).iter(f"{SVG}text"):
        x, wide = float(text.get("x", "")), len("".join(text.itertext())) * LETTER
        begin = x - wide if text.get("class") == "end" else x
        assert begin > 0, text.text
        if text.get("class") != "note":
            assert begin + wide < WIDTH, text.text


def test_what_the_bench_tells_can_be_drawn() -> None:
    """The names of arms reach the picture through the JSON."""
    samples = {"drain": [Sample(promised=1, rate=20_000.0, cpu_us={})]}
    assert "Fulfiller" in _texts(_svg(as_json(samples, {"rounds": 1})))


def test_a_saved_file_is_drawn_again_without_measuring(tmp_path: Path) -> None:
    """The command takes the JSON it once told."""
    saved, picture = tmp_path / "bench.json", tmp_path / "bench.svg"
    saved.write_text(json.dumps(FOUND))
    done = CliRunner().invoke(bench, ["--from", str(saved), "--plot", str(picture)])
    assert done.exit_code == 0, done.output
    assert picture.read_text() == drawn(FOUND)


def test_a_saved_file_without_a_place_to_draw_is_a_misuse(tmp_path: Path) -> None:
    """The message names the option that is missing."""
    saved = tmp_path / "bench.json"
    saved.write_text(json.dumps(FOUND))
    done = CliRunner().invoke(bench, ["--from", str(saved)])
    assert (done.exit_code, "--plot" in done.output) == (2, True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rates": []}', '{"rates": {"quiet": 50}}'])
def test_a_file_of_anything_else_says_what_is_wanted(text: str, tmp_path: Path) -> None:
    """An empty file, other JSON, or findings without a rate of coupons."""
    saved = tmp_path / "bench.json"
    saved.write_text(text)
    with pytest.raises(NothingToDraw, match=r"bench\.json|coupons"):
        drawn(read(saved))
