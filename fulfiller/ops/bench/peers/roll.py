"""Who the peers are, what runs their workers, and which of them are installed."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from fulfiller.ops.bench.stage import SLOTS
from fulfiller.ops.supervise.program import Program
from fulfiller.settings import Settings

EXTRA = "pip install 'fulfiller[bench]'"
PACKAGE = __package__


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """Another task queue: the package it comes in, and the words that start its workers.

    `database` is the number of its own database of the broker; `programs` how many of its
    commands make as many worker processes as there are slots.
    """

    name: str
    package: str
    words: tuple[str, ...]
    database: int
    programs: int = 1

    @property
    def module(self) -> str:
        """The module of ours that its workers run."""
        return f"{PACKAGE}.on_{self.name}"

    @property
    def installed(self) -> bool:
        """Whether its packages are here."""
        return find_spec(self.package) is not None

    def environ(self, shared: Mapping[str, str], settings: Settings) -> dict[str, str]:
        """Return the environment of its processes, with a broker database of its own."""
        server = settings.broker_url.rpartition("/")[0]
        return {**shared, "FULFILLER_BROKER_URL": f"{server}/{self.database}"}

    def workers(self, environ: Mapping[str, str]) -> list[Program]:
        """Return its workers. Nobody waits for them: what they cost before does not count."""
        module, broker_url = self.module, environ["FULFILLER_BROKER_URL"]
        words = tuple(word.format(module=module, url=broker_url) for word in self.words)
        return [
            Program(
                name=f"{self.name}{number}",
                argv=(sys.executable, "-m", *words),
                environ=environ,
                is_ready=lambda _line: True,
                answers=lambda: True,
            )
            for number in range(1, self.programs + 1)
        ]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.format(slots=SLOTS, module="{module}", url="{url}").split())


PEERS = (
    Peer(
        name="huey",
        package="huey",
        words=_words("huey.bin.huey_consumer {module}.huey -w {slots} -k process -n -q"),
        database=1,
    ),
    Peer(
        name="dramatiq",
        package="dramatiq",
        words=_words("dramatiq {module} --processes {slots} --threads 8"),
        database=2,
    ),
    Peer(
        name="taskiq",
        package="taskiq_redis",
        words=_words(
            "taskiq worker {module}:broker -w {slots} --max-async-tasks 8 --log-level WARNING"
        ),
        database=3,
    ),
    Peer(
        name="saq",
        package="saq",
        words=_words("saq {module}.settings --workers {slots} --quiet"),
        database=4,
    ),
    Peer(
        name="procrastinate",
        package="procrastinate",
        words=_words("procrastinate --app {module}.app worker --concurrency 8"),
        database=5,
        programs=SLOTS,
    ),
    Peer(
        name="rq",
        package="rq",
        words=_words("rq.cli worker --url {url} --worker-class rq.SimpleWorker --quiet bench"),
        database=6,
        programs=SLOTS,
    ),
)
