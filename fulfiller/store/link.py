"""A link to a database: steps go over it in batches, each batch one round trip."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Engine

from fulfiller.store.statement import Step

Result = list[tuple[object, ...]]


class Open(Protocol):
    """A transaction after its first batch; leaving it uncommitted rolls it back."""

    @property
    def results(self) -> list[Result]:
        """The rows of each step of the first batch."""

    def more(self, steps: Sequence[Step]) -> list[Result]:
        """Run one more batch and return the rows of each step."""

    def commit(self, steps: Sequence[Step]) -> None:
        """Run the last batch and commit."""


class Link(Protocol):
    """What a dialect must be able to do; raises Raced, Deposed or StoreUnavailable."""

    dialect: str

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine for everything that is not hot."""

    def read(self, steps: Sequence[Step]) -> list[Result]:
        """Run reading steps and return the rows of each."""

    def write(self, steps: Sequence[Step]) -> list[Result]:
        """Run steps as one transaction and return the rows of each."""

    def begin(self, steps: Sequence[Step]) -> AbstractContextManager[Open]:
        """Open a transaction with a first batch."""

    def writing(self) -> AbstractContextManager[None]:
        """Hold whatever a writer through the engine must hold."""

    def close(self) -> None:
        """Give connections back."""
