"""The programs of a stack: intake, workers, keeper and Flower, each as one process."""

import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from signal import Signals
from urllib.error import URLError
from urllib.request import urlopen

from fulfiller.ops.supervise.home import SCRATCH
from fulfiller.ops.supervise.plan import Plan
from fulfiller.ops.supervise.program import Program, says_ready
from fulfiller.settings import Settings, surroundings, variables

INTAKE = "intake"
KEEPER = "keeper"
FLOWER = "flower"
PROBE_S = 1.0
ROOT_WARNING = "ignore:You're running the worker with superuser privileges"
"""Celery says in six lines that it runs as root; whoever runs a trial as root knows that."""


def command(*words: str) -> tuple[str, ...]:
    """Return how to run our own command line with this very interpreter."""
    return (sys.executable, "-m", "fulfiller", *words)


def environ(settings: Settings) -> dict[str, str]:
    """Return the environment of the stack's processes: ours, with these settings in it."""
    inherited = surroundings()
    warnings = (inherited.get("PYTHONWARNINGS"), ROOT_WARNING)
    return {
        **inherited,
        **variables(settings),
        # What a killed process leaves there is cleared away with the next start.
        "TMPDIR": str(settings.home / SCRATCH),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": ",".join(filter(None, warnings)),
    }


def intake(shared: Mapping[str, str]) -> Program:
    """Return the HTTP door."""
    return Program(
        name=INTAKE,
        argv=command("intake"),
        environ=shared,
        is_ready=says_ready("intake"),
    )


def worker(number: int, shared: Mapping[str, str]) -> Program:
    """Return one Celery worker; told to end, it finishes the tasks it has in hand."""
    return Program(
        name=worker_name(number),
        argv=command("worker", "--hostname", f"{worker_name(number)}@%h"),
        environ=shared,
        is_ready=_celery_ready,
    )


def keeper(number: int, shared: Mapping[str, str]) -> Program:
    """Return a keeper; the first is called so, the others have numbers."""
    return Program(
        name=keeper_name(number),
        argv=command("keeper"),
        environ=shared,
        is_ready=says_ready("keeper"),
    )


def keeper_name(number: int) -> str:
    """Return what a keeper is called."""
    return KEEPER if number == 1 else f"{KEEPER}{number}"


def worker_name(number: int) -> str:
    """Return what a worker is called."""
    return f"worker{number}"


def flower(settings: Settings, shared: Mapping[str, str]) -> Program:
    """Return Flower, which makes its own login and keeps it in the home."""
    url = f"http://{settings.flower_host}:{settings.flower_port}/healthcheck"
    return Program(
        name=FLOWER,
        argv=command("flower"),
        environ=shared,
        is_ready=says_ready("flower"),
        answers=_answers(url),
        # It keeps nothing that would be lost, and its own way out takes seconds.
        end_signal=Signals.SIGKILL,
    )


def staff(plan: Plan, shared: Callable[[str], Mapping[str, str]]) -> list[Program]:
    """Return the door, the workers and the keepers of a plan, each with its own environment."""
    workers = [worker(n, shared(worker_name(n))) for n in range(1, plan.workers + 1)]
    keepers = [keeper(n, shared(keeper_name(n))) for n in range(1, plan.keepers + 1)]
    return [intake(shared(INTAKE)), *workers, *keepers]


def _celery_ready(line: str) -> bool:
    # The second is how a line of JSON has it.
    return line.endswith(" ready.") or ' ready."' in line or says_ready("worker")(line)


def _answers(url: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            with urlopen(url, timeout=PROBE_S) as answer:  # nosec B310 # noqa: S310  our own, on loopback
                return bool(answer.status == HTTPStatus.OK)
        except (URLError, OSError):
            return False

    return ask
