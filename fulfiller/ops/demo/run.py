"""A demonstration from the first process to the last: set up, play, prove, clear away."""

import shutil
import signal
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from fulfiller.domain.error import FulfillerError
from fulfiller.ops.demo.evening import Evening
from fulfiller.ops.demo.options import Options
from fulfiller.ops.demo.play import WORKERS
from fulfiller.ops.demo.upstream import Upstream
from fulfiller.ops.exits import Exit
from fulfiller.ops.flower.login import FLOWER_LOGIN
from fulfiller.ops.supervise.home import VARIABLES
from fulfiller.ops.supervise.leaving import FROM_SIGNAL, Leaving, on_signals
from fulfiller.ops.supervise.plan import POSTGRES, SQLITE, Plan
from fulfiller.ops.supervise.program import CannotStart
from fulfiller.ops.supervise.stack import Stack
from fulfiller.settings import surroundings
from fulfiller.wiring import open_parts

LOG_LINES = 8
"""Lines of each process that are shown when something went wrong."""


def run(options: Options) -> int:
    """Play, and return the exit code."""
    console = Console(highlight=False)
    home = Path(mkdtemp(prefix="fulfiller-demo-"))
    try:
        return _run(options, console, home)
    except Leaving:
        console.print("Everything has ended.")
        return FROM_SIGNAL + signal.SIGINT
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(options: Options, console: Console, home: Path) -> int:
    if options.postgres:
        # As root the server runs as somebody else, who must be able to come that far.
        home.chmod(0o711)
    store = POSTGRES if options.postgres else SQLITE
    stack = Stack(home, Plan(store=store, workers=len(WORKERS), slots=1), removing_home=True)
    try:
        return _perform(options, console, stack)
    except CannotStart as fault:
        _complain(console, fault)
    except FulfillerError as fault:
        for name in stack.logs.names():
            for line in stack.logs.last(name, LOG_LINES):
                console.print(f"{name:<9} {line}", markup=False, soft_wrap=True)
        _complain(console, fault)
    return Exit.FAILED


def _complain(console: Console, fault: FulfillerError) -> None:
    console.print(
        f"The demonstration failed: {fault}", style="bold red", markup=False, soft_wrap=True
    )


def _perform(options: Options, console: Console, stack: Stack) -> int:
    """Start everything, play, prove; end everything."""
    with ExitStack() as exits:
        exits.enter_context(on_signals(stack.abandon))
        upstream = exits.enter_context(Upstream({**surroundings(), "NO_PROXY": "127.0.0.1"}))
        console.print("Starting store, broker, intake, two workers, keeper and Flower.")
        exits.enter_context(stack)
        parts = exits.enter_context(closing(open_parts(stack.settings, application="demo")))
        code = Evening(
            options=options, console=console, stack=stack, upstream=upstream, parts=parts
        ).perform()
        if options.keep:
            _stay(console, stack)
        console.print("Ending everything.")
    return code


def _stay(console: Console, stack: Stack) -> None:
    """Leave everything running until somebody has seen enough."""
    urls, home = stack.urls, stack.settings.home
    console.print(
        f"Still running. Flower   {urls.flower}  login in {home / FLOWER_LOGIN}\n"
        f"               API docs {urls.docs}\n"
        f"               Shell    set -a; . {home / VARIABLES}\n"
        "Ctrl-C ends it.",
        soft_wrap=True,
    )
    with suppress(Leaving):
        while True:
            signal.pause()
