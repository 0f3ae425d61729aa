"""Roles: what a process does for as long as it lives, and lives again after a restart."""

from abc import ABC, abstractmethod

from fulfiller.sim.loop import Process
from fulfiller.sim.world import World


class Role(ABC):
    """A process of some kind, which can be booted any number of times."""

    def __init__(self, world: World, name: str) -> None:
        """Not booted yet."""
        self.world = world
        self.name = name
        self.process = Process(name)
        self.process.dead = True

    def boot(self) -> None:
        """Begin a new life, which remembers nothing of the ones before."""
        self.process = Process(self.name)
        self.begin()

    @abstractmethod
    def begin(self) -> None:
        """Start the threads of this life."""

    @property
    def alive(self) -> bool:
        """Whether it has not been killed, or was booted again since."""
        return not self.process.dead
