"""Commands that run one process each: intake, worker, keeper."""

import os
import sys

import click

from fulfiller.ops.exits import Failed
from fulfiller.ops.group import examples
from fulfiller.settings import environment, load

PASS_ON = {"ignore_unknown_options": True}
QUIET_STARTS = ("--without-gossip", "--without-mingle")
"""Workers need nothing from each other, and asking costs a second at start."""


@examples("fulfiller intake", "fulfiller intake --port 0 --host 0.0.0.0")
@click.command()
@click.option("--host", help="Address to listen on, instead of FULFILLER_INTAKE_HOST.")
@click.option("--port", type=click.IntRange(0, 65_535), help="Port; 0 takes any free one.")
def intake(host: str | None, port: int | None) -> None:
    """Take claims in over HTTP: /v1/claims, and /docs to read about it."""
    from fulfiller.ops.intake import run

    settings = load()
    run(
        settings,
        host=settings.intake_host if host is None else host,
        port=settings.intake_port if port is None else port,
    )


@examples("fulfiller worker", "fulfiller worker --concurrency 8 --queues claims.p0,claims.p1")
@click.command(context_settings=PASS_ON)
@click.argument("celery_options", nargs=-1, type=click.UNPROCESSED)
def worker(celery_options: tuple[str, ...]) -> None:
    """Issue coupons: this is `celery -A workers worker`, and takes all of its options."""
    settings = load()
    own = (*QUIET_STARTS, f"--concurrency={settings.worker_slots}")
    log = f"--loglevel={settings.log_level}"
    # Its banner is made for people, and goes where the lines go.
    bare = ("--quiet",) if settings.log_format == "json" else ()
    become_celery(*bare, "worker", *own, log, *celery_options)


@examples("fulfiller keeper", "fulfiller keeper --check")
@click.command()
@click.option("--check", is_flag=True, help="Only say who leads; exit 1 if nobody does.")
def keeper(*, check: bool) -> None:
    """Release, sweep and seal: run two or more, one leads and the others stand by."""
    from fulfiller.ops.keeper import leader, run

    if not check:
        run(load())
    elif (leads := leader(load())) is None:
        raise Failed("none leads: run `fulfiller keeper`")
    else:
        click.echo(f"{leads} leads")


def become_celery(*words: str) -> None:
    """Replace this process: signals then reach Celery and nobody has to pass them on."""
    argv = [sys.executable, "-m", "celery", "-A", "workers", *words]
    os.execve(sys.executable, argv, environment())  # noqa: S606 - no shell wanted
