"""A link that notes what goes over it, to count what a request costs the store."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlalchemy import Engine

from fulfiller.store.link import Link, Open, Result
from fulfiller.store.statement import Call, Step
from fulfiller.store.steering import SUMS


@dataclass(slots=True)
class CountingLink:
    """A link that notes every statement that goes over it."""

    link: Link
    asked: list[object]
    dialect: str = field(init=False)

    def __post_init__(self) -> None:
        """Speak as the link does."""
        self.dialect = self.link.dialect

    @property
    def engine(self) -> Engine:
        """The engine, noted as a statement of any kind."""
        self.asked.append("engine")
        return self.link.engine

    def read(self, steps: Sequence[Step]) -> list[Result]:
        """Note and read."""
        self._note(steps)
        return self.link.read(steps)

    def write(self, steps: Sequence[Step]) -> list[Result]:
        """Note and write."""
        self._note(steps)
        return self.link.write(steps)

    def begin(self, steps: Sequence[Step]) -> AbstractContextManager[Open]:
        """Note and begin."""
        self._note(steps)
        return self.link.begin(steps)

    def writing(self) -> AbstractContextManager[None]:
        """Hold what a writer holds."""
        return self.link.writing()

    def close(self) -> None:
        """Close the link."""
        self.link.close()

    def _note(self, steps: Sequence[Step]) -> None:
        if any(isinstance(step, Call) and step.statement is SUMS for step in steps):
            # The outlook's survey: it comes several times a second, whatever is asked.
            return
        self.asked.extend(
            step.statement.sqlite if isinstance(step, Call) else step.insert for step in steps
        )
