"""`fulfiller up`: the whole stack on this machine, until Ctrl-C."""

import signal

import click

from fulfiller.ops.exits import Failed


@click.command()
@click.option("--postgres", is_flag=True, help="Keep the store in an embedded PostgreSQL.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Celery workers."
)
def up(*, postgres: bool, workers: int) -> None:
    """Run the whole stack on this machine: store, broker, intake, workers, keeper, Flower.

    The store is SQLite in FULFILLER_HOME unless FULFILLER_STORE_URL or --postgres says
    otherwise; the broker is an embedded Valkey unless FULFILLER_BROKER_URL names one. Ctrl-C
    ends it in order, a second Ctrl-C at once.

    \b
    Examples:
      fulfiller up
      fulfiller up --postgres --workers 2
      FULFILLER_INTAKE_PORT=9090 fulfiller up
    """  # noqa: D301 - click reads \\b
    print("Starting the stack; Ctrl-C ends it.", flush=True)

    from fulfiller.ops.supervise.leaving import Leaving, on_signals
    from fulfiller.ops.supervise.plan import from_settings
    from fulfiller.ops.supervise.program import CannotStart
    from fulfiller.ops.supervise.speech import Speech
    from fulfiller.ops.supervise.stack import Stack
    from fulfiller.settings import load

    settings = load()
    plan = from_settings(settings, postgres=postgres, workers=workers)
    speech = Speech()
    stack = Stack(settings.home, plan, tell=speech.tell)
    try:
        with on_signals(stack.abandon), stack:
            speech.doors(stack.urls, settings.home)
            while True:
                signal.pause()
    except CannotStart as fault:
        raise Failed(str(fault)) from fault
    except Leaving:
        print("Everything has ended.", flush=True)
