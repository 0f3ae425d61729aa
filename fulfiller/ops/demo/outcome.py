"""How the day went, as far as the play itself could see it."""

from dataclasses import dataclass, field

from fulfiller.ops.demo.reading import Tally


@dataclass(slots=True)
class Outcome:
    """How the day went, for the proof."""

    tally: Tally = field(default_factory=Tally)
    broken: list[str] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    recovered_s: float | None = None
    drained: bool = False
