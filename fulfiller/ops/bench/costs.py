"""What a claim was measured to cost: by door, by process, in memory and on disk.

A tree of the same shape is in the JSON of `fulfiller bench`, which has only a part of it, and
under `measured` in that of `fulfiller bench --plan`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fulfiller.domain.error import DomainError

DOORS = ("single", "batch")
SUM, SENDING = "sum", "load"
"""Entries of a bench's cost that are no process of ours."""


class NoCosts(DomainError):
    """A file does not hold what a bench has measured; the message says what to run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What a claim costs through one door: CPU us by role, and how many share a commit or hint.

    `accept_rate` is claims a second that one intake process was measured to accept.
    """

    cpu_us: Mapping[str, float]
    accept_rate: float | None = None
    per_commit: float | None = None
    per_hint: float | None = None

    @property
    def events_per_claim(self) -> float | None:
        """Return the rows of the event log per claim: one for each commit and each hint."""
        if not self.per_commit or not self.per_hint:
            return None
        return 1 / self.per_commit + 1 / self.per_hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """All that a plan is computed from; what is None was not measured.

    `memory_mib` by process: intake, worker (without its slots), slot, keeper, postgres, valkey;
    `bytes` per claim by table; `verify_us` microseconds of a whole proof per claim, `seal_us` of
    sealing per event.
    """

    doors: Mapping[str, Door]
    memory_mib: Mapping[str, float] = field(default_factory=dict)
    bytes: Mapping[str, float] = field(default_factory=dict)
    wal_bytes: float | None = None
    verify_us: float | None = None
    release_ms: float | None = None
    sweep_ms: float | None = None
    seal_us: float | None = None

    @property
    def bytes_per_claim(self) -> float | None:
        """Return the bytes of all tables per claim."""
        return sum(self.bytes.values()) if self.bytes else None

    @property
    def tree(self) -> dict[str, object]:
        """Return it as it stands in JSON."""
        rates = {f"accept_{name}": door.accept_rate for name, door in self.doors.items()}
        return {
            "cpu_us": {name: dict(door.cpu_us) for name, door in self.doors.items()},
            "rates": rates,
            "claims_per": {
                name: {"commit": door.per_commit, "hint": door.per_hint}
                for name, door in self.doors.items()
            },
            "memory_mib": dict(self.memory_mib),
            "bytes": dict(self.bytes),
            **{name: getattr(self, name) for name in SCALARS},
        }


SCALARS = ("wal_bytes", "verify_us", "release_ms", "sweep_ms", "seal_us")


def from_file(file: Path) -> Costs:
    """Return the costs in a saved JSON; raise NoCosts if they are not in it."""
    remedy = "save one with `fulfiller bench --json > FILE`, or leave --from out to measure now"
    try:
        tree = json.loads(file.read_text())
        return from_tree(tree.get("measured", tree))
    except (ValueError, AttributeError, TypeError, KeyError) as fault:
        raise NoCosts(f"--from {file}: no measurement of a door is in it; {remedy}") from fault


def from_tree(tree: Mapping[str, Any]) -> Costs:
    """Return the costs in a tree; raise KeyError when neither door was measured."""
    doors = {name: _door(name, tree) for name in DOORS if name in tree["cpu_us"]}
    if not doors:
        raise KeyError("cpu_us.single")
    return Costs(
        doors=doors,
        memory_mib=_numbers(tree.get("memory_mib", {})),
        bytes=_numbers(tree.get("bytes", {})),
        **{name: _number(tree.get(name)) for name in SCALARS},
    )


def _door(name: str, tree: Mapping[str, Any]) -> Door:
    us = _numbers(tree["cpu_us"][name])
    per = tree.get("claims_per", {}).get(name, {})
    return Door(
        cpu_us={role: each for role, each in us.items() if role not in (SUM, SENDING)},
        accept_rate=_number(tree.get("rates", {}).get(f"accept_{name}")),
        per_commit=_number(per.get("commit")),
        per_hint=_number(per.get("hint")),
    )


def _numbers(branch: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers of a branch, without the branches below it."""
    return {name: float(each) for name, each in branch.items() if isinstance(each, int | float)}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and value > 0 else None
