"""The scenarios that come with the package, and those of an engineer's own."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from fulfiller.chaos.scenario import Scenario, read_scenario
from fulfiller.ops.chaos.pairs import pair
from fulfiller.ops.exits import Misused
from fulfiller.ops.shipped import shipped

FOLDER = "chaos"
USUAL = "worker-kill"
ENDING = ".toml"
PAIR = "+"


def scenarios() -> Sequence[Scenario]:
    """Return every scenario that comes with the package, by name."""
    files = sorted(shipped(FOLDER).glob(f"*{ENDING}"))
    return [read_scenario(file.stem, file.read_text("utf-8")) for file in files]


def scenario_of(name: str) -> Scenario:
    """Return a scenario by its name or by the path of its file; raise Misused if there is none.

    `one+other` are the faults of both at once.
    """
    if PAIR in name and not name.endswith(ENDING):
        one, _, other = name.partition(PAIR)
        return pair(scenario_of(one), scenario_of(other))
    file = Path(name) if name.endswith(ENDING) else shipped(FOLDER) / f"{name}{ENDING}"
    if file.is_file():
        return read_scenario(file.stem, file.read_text("utf-8"))
    known = [each.name for each in scenarios()]
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise Misused(f"no scenario {name!r}: {hint} (or give the path of a .toml file)")
