"""The command that starts Flower: Celery's own, with our settings and none of its openness."""

import click

from fulfiller.ops.exits import Misused
from fulfiller.ops.flower.login import login, login_file
from fulfiller.ops.flower.roles import FLOWER_ROLES, read_roles
from fulfiller.ops.group import examples
from fulfiller.ops.serving import PASS_ON, become_celery
from fulfiller.ops.shipped import shipped
from fulfiller.ops.show import remark
from fulfiller.settings import Settings, load

REFUSED = {
    "address": "set FULFILLER_FLOWER_HOST",
    "port": "set FULFILLER_FLOWER_PORT",
    "basic_auth": "every user of this machine reads it there; write it to {file}",
    "conf": "run `celery -A workers flower --conf=...` with a file of your own",
    **dict.fromkeys(
        ("cookie_secret", "oauth2_key", "oauth2_secret", "broker_api"),
        "every user of this machine reads it there; set FLOWER_{NAME}",
    ),
}
"""Flower's options that are said in another way here, and in which."""


@examples("fulfiller flower", "fulfiller flower --control", "fulfiller flower --url_prefix=flower")
@click.command(context_settings=PASS_ON)
@click.option(
    "--control", is_flag=True, help="Let whoever logs in steer, stop workers and send tasks."
)
@click.argument("flower_options", nargs=-1, type=click.UNPROCESSED)
def flower(*, control: bool, flower_options: tuple[str, ...]) -> None:
    """Watch the workers: this is `celery -A workers flower`, behind a password.

    User and password are made at the first start and kept in FULFILLER_HOME. Without --control
    it looks on and changes nothing; with a file flower-roles there, those whom it names do steer
    campaigns (a line each: alice = operator), and everybody else looks on.
    """
    settings = load()
    _check(flower_options, settings)
    login(settings)
    read_roles(settings.home / FLOWER_ROLES)
    remark(f"Flower on http://{settings.flower_host}:{settings.flower_port}")
    remark(f"User and password: {login_file(settings)}")
    steer = ("--read_only=false",) if control else ()
    become_celery("flower", f"--conf={shipped('flowerconfig.py')}", *steer, *flower_options)


def _check(flower_options: tuple[str, ...], settings: Settings) -> None:
    """Refuse options that have another place."""
    for option in flower_options:
        name = option.lstrip("-").partition("=")[0].replace("-", "_")
        if name in REFUSED:
            remedy = REFUSED[name].format(file=login_file(settings), NAME=name.upper())
            raise Misused(f"--{name} is not taken here: {remedy}")
