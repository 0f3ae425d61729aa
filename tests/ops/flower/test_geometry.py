"""The arithmetic of charts, run as browsers run it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fulfiller.ops.flower import seam

MODULE = Path(seam.__file__).parent / "static" / "geometry.js"
CASES: dict[str, tuple[str, Any]] = {
    "a round top": ("[0, 0.3, 1, 7, 12, 99, 100, 101, 4300].map(geo.top)",
        [1, 0.4, 1, 8, 20, 100, 100, 200, 5000]),
    "a scale": ("[0, 5, 10].map(geo.scale(0, 10, 100, 0))", [100, 50, 0]),
    "a scale of one moment": ("geo.scale(5, 5, 0, 100)(5)", 0),
    "full minutes": ("geo.timeTicks(59, 301, 5)", [60, 120, 180, 240, 300]),
    "full days": ("geo.timeTicks(0, 86400 * 10, 4).map((at) => at / 86400)", [0, 3, 6, 9]),
    "clocks": ("[300, 3600, 864000].map((span) => geo.clock(1770379205, span))",
        ["12:00:05", "12:00", "02-06"]),
    "brief numbers": ("[0, 0.256, 7, 12.34, 999, 9999, 10500, 123456, 2500000].map(geo.brief)",
        ["0", "0.26", "7", "12.3", "999", "9999", "10.5k", "123k", "2.5M"]),
    "no line across a hole": (
        "geo.line([0, 1, 2, 9, 10, 11], [0, 1, 2, 3, null, 4], 3, (x) => x, (y) => y)",
        "M0.0 0.0L1.0 1.0L2.0 2.0M9.0 3.0h1M11.0 4.0h1"),
    "no line of nothing": ("geo.line([0, 1], [null, null], 3, (x) => x, (y) => y)", ""),
    "areas go there and back": (
        "geo.area([0, 1], [1, 1], [2, 3], 3, (x) => x, (y) => y)",
        "M0.0 2.0L1.0 3.0L1.0 1.0L0.0 1.0Z"),
    "stacks stand on each other": ("geo.stacked([[1, null], [2, null], [0, null]])",
        [{"low": [0, None], "high": [1, None]}, {"low": [1, None], "high": [3, None]},
         {"low": [3, None], "high": [3, None]}]),
    "the highest": ("geo.highest([[1, null], [7, 2], []])", 7),
    "what falls ends": ("geo.end([0, 10, 20], [100, 80, 60], 300)", 50),
    "by the last while alone": ("geo.end([0, 1000, 1010], [999, 80, 60], 300)", 1040),
    "what rises does not end": ("geo.end([0, 10], [5, 9], 300)", None),
    "what nobody knows does not end": ("geo.end([0, 10], [null, 9], 300)", None),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(node: str) -> Any:
    """What the module says to all cases, asked at once."""
    asked = ", ".join(f"{json.dumps(name)}: {code}" for name, (code, _) in CASES.items())
    script = f"import * as geo from {json.dumps(MODULE.as_uri())};"
    script += f"console.log(JSON.stringify({{{asked}}}));"
    argv = [node, "--input-type=module", "--no-warnings", "-e", script]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CASES)
def test_things_lie_where_they_should(found: dict[str, Any], name: str) -> None:
    """Each case is one law of drawing."""
    assert found[name] == CASES[name][1]
