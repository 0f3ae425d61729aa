"""What the bench tells: a table for people, JSON for programs, one line per run meanwhile."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from fulfiller.ops.bench.arms import ACCEPT_RATIOS, ARMS, COST_RATIOS, RATIOS, RIVALS, Arm
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.spread import Spread, spread

ROLES = ("intake", "worker", "keeper", "postgres", "valkey", "load")
LATENCIES = ("accept_p50", "accept_p95", "accept_p99", "coupon_p50", "coupon_p95")
Samples = Mapping[str, Sequence[Sample]]
Figures = Mapping[str, Spread]


def figures(samples: Samples) -> dict[str, Spread]:
    """Return the spread of every figure over the rounds, by dotted name."""
    found: dict[str, Spread | None] = {}
    for name, (ours, others) in RATIOS.items():
        fastest = map(max, zip(*_rates_of(samples, others), strict=False))
        mine = (run.rate for run in samples.get(ours.name, ()))
        # Round by round: all were measured within the same minutes.
        found[f"ratios.{name}"] = spread(a / b for a, b in zip(mine, fastest, strict=False))
    for name, (ours, theirs) in ACCEPT_RATIOS.items():
        pairs = _rounds(samples, ours, theirs)
        both = ((one.accept_rate or 0, other.accept_rate) for one, other in pairs)
        found[f"ratios.{name}"] = spread(one / other for one, other in both if other)
    for name, (ours, theirs) in COST_RATIOS.items():
        sums = ((one.sum_us, other.sum_us) for one, other in _rounds(samples, ours, theirs))
        found[f"ratios.{name}"] = spread(one / other for one, other in sums if other)
    for arm in ARMS:
        found |= _of_arm(arm, [run.figures() for run in samples.get(arm.name, ())])
    return {name: one for name, one in found.items() if one is not None}


def _rates_of(samples: Samples, arms: Iterable[Arm]) -> Iterator[list[float]]:
    """Yield the rates of those of these arms that were measured, round by round."""
    for arm in arms:
        if runs := samples.get(arm.name):
            yield [run.rate for run in runs]


def best_peer(samples: Samples) -> str | None:
    """Return the name of the peer with the highest median, None without peers."""
    rates = {arm.name: [run.rate for run in samples.get(arm.name, ())] for arm in RIVALS}
    known = {name: median(found) for name, found in rates.items() if found}
    return max(known, key=known.__getitem__, default=None)


def _rounds(samples: Samples, ours: Arm, theirs: Arm) -> Iterable[tuple[Sample, Sample]]:
    """Return what two arms found round by round: both were measured in the same minute."""
    return zip(samples.get(ours.name, ()), samples.get(theirs.name, ()), strict=False)


def _of_arm(arm: Arm, runs: Sequence[Mapping[str, float]]) -> dict[str, Spread | None]:
    names = dict.fromkeys(name for run in runs for name in run)
    return {_dotted(arm, name): spread(run[name] for run in runs if name in run) for name in names}


def _dotted(arm: Arm, name: str) -> str:
    """Return where a figure of an arm stands in the JSON."""
    if name == "rate":
        return f"rates.{arm.rate}"
    if name == "accept_rate":
        return f"rates.{arm.accepts or f'accept_{arm.name}'}"
    section, _, rest = name.partition(".")
    if section == "own":
        return f"{arm.name}.{rest}"
    return f"{section}.{arm.name}.{rest}"


def as_json(samples: Samples, about: Mapping[str, object]) -> dict[str, object]:
    """Return medians as a tree, the extremes beside them under `ranges`, and what was told."""
    found = figures(samples)
    tree: dict[str, object] = dict(about)
    for name, one in found.items():
        _put(tree, name.split("."), _rounded(one.median))
    if (best := best_peer(samples)) is not None:
        tree["best_peer"] = best
    tree["titles"] = {arm.rate: arm.title for arm in ARMS if samples.get(arm.name)}
    tree["ranges"] = {name: [_rounded(one.low), _rounded(one.high)] for name, one in found.items()}
    tree["statuses"] = {arm: told for arm, runs in samples.items() if (told := _statuses(runs))}
    return tree


def _put(tree: dict[str, object], path: Sequence[str], value: float) -> None:
    *branches, leaf = path
    for branch in branches:
        tree = tree.setdefault(branch, {})  # type: ignore[assignment]
    tree[leaf] = value


def _statuses(runs: Sequence[Sample]) -> dict[str, int]:
    """Return how often each status was told, over all rounds."""
    total: dict[str, int] = {}
    for run in runs:
        for status, number in run.statuses.items():
            total[status] = total.get(status, 0) + number
    return total


def _rounded(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1_000 else float(round(value))


def spoken(arm: Arm, run: Sample) -> str:
    """Return a run in one line."""
    cost = f", {run.sum_us:,.0f} us of CPU per claim" if run.cpu_us else ""
    return f"{arm.title}: {run.rate:,.0f} claims/s{cost}"


def tables(samples: Samples) -> str:
    """Return everything that a person wants to see."""
    found = figures(samples)
    arms = [arm for arm in ARMS if samples.get(arm.name)]
    parts = (_rates(found, arms), _costs(found, arms), _latencies(found, arms), _ratios(found))
    return "\n\n".join(parts)


def _rates(found: Figures, arms: Sequence[Arm]) -> str:
    rows = [
        (
            arm.title,
            _ranged(found.get(_dotted(arm, "rate"))),
            _short(found.get(f"claims_per.{arm.name}.commit")),
            _short(found.get(f"claims_per.{arm.name}.hint")),
        )
        for arm in arms
    ]
    return aligned(("claims a second, median (range)", "", "per commit", "per hint"), rows)


def _costs(found: Figures, arms: Sequence[Arm]) -> str:
    header = ("CPU us per claim", "sum", *ROLES[:-1], "(sending)")
    names = ("sum", *ROLES)
    rows = [
        (arm.title, *(_short(found.get(f"cpu_us.{arm.name}.{name}")) for name in names))
        for arm in arms
    ]
    return aligned(header, rows)


def _latencies(found: Figures, arms: Sequence[Arm]) -> str:
    rows = [
        (arm.title, *(_short(found.get(f"latency_ms.{arm.name}.{name}")) for name in LATENCIES))
        for arm in arms
        if f"latency_ms.{arm.name}.{LATENCIES[0]}" in found
    ]
    header = ("milliseconds", "accept p50", "p95", "p99", "to coupon p50", "p95")
    return aligned(header, rows)


def _ratios(found: Figures) -> str:
    rows = [
        (name.replace("_", " "), _ranged(found.get(f"ratios.{name}")))
        for name in (*RATIOS, *ACCEPT_RATIOS, *COST_RATIOS)
    ]
    return aligned(("ratios, median of the rounds (range)", ""), rows)


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return columns: the first to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  ".join(
            text.rjust(width) if number else text.ljust(width)
            for number, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (header, *rows)
    )


def _ranged(one: Spread | None) -> str:
    if one is None:
        return "-"
    return f"{_figure(one.median)} ({_figure(one.low)} - {_figure(one.high)})"


def _short(one: Spread | None) -> str:
    return "-" if one is None else _figure(one.median)


def _figure(value: float) -> str:
    """Return a figure with as many digits as mean something."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2
    return f"{value:,.{digits}f}"
