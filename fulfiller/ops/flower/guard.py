"""The guard: what keeps Flower closed, whichever command starts it.

Flower asks for the password on every page but two, `/metrics` and `/healthcheck`, and without
a password it opens to everybody on all addresses. `config/flowerconfig.py` calls `install`
while Flower reads its options, before it serves anything.
"""

from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from flower.api import BaseApiHandler  # type: ignore[import-untyped]
from flower.views import BaseHandler  # type: ignore[import-untyped]
from flower.views.monitor import Metrics  # type: ignore[import-untyped]
from tornado.options import options
from tornado.web import HTTPError, authenticated

from fulfiller.ops.flower.roles import Roles

LOOPBACK = "localhost"
PASSWORD_LENGTH_MIN = 16
"""Characters, where others than this machine may guess."""
CLOSED = "Flower stays closed: "
LOOKING = ("GET", "HEAD", "OPTIONS")
"""What changes nothing."""
Task = Any
Handler = Any


def install() -> None:
    """Put the metrics behind the login, and check the options once all of them are known.

    `/healthcheck` stays as it is: probes have no password, and it says `OK` and nothing else.
    """
    Metrics.get = authenticated(Metrics.get)
    options.add_parse_callback(check)


def keep_from_viewers(roles: Roles) -> None:
    """Let operators alone change anything through Flower's own pages and API; others look on."""
    _refuse_viewers(roles)
    _spare_viewers_buttons(roles)


def _refuse_viewers(roles: Roles) -> None:
    prepare = BaseApiHandler.prepare

    def prepared(handler: Handler) -> None:
        prepare(handler)
        if handler.request.method in LOOKING or not handler.current_user:
            # Whoever has not logged in is turned away by Flower itself, with the right answer.
            return
        if (refusal := roles.why_not(handler)) is not None:
            raise HTTPError(HTTPStatus.FORBIDDEN, "%s", refusal)

    BaseApiHandler.prepare = prepared


def _spare_viewers_buttons(roles: Roles) -> None:
    """Draw pages for viewers as Flower draws them for everybody when it only looks on."""
    render = BaseHandler.render

    def rendered(handler: Handler, *names: Any, **shown: Any) -> None:
        if "read_only" in shown:
            shown["read_only"] = shown["read_only"] or roles.why_not(handler) is not None
        render(handler, *names, **shown)

    BaseHandler.render = rendered


def check() -> None:
    """End this process rather than open Flower to strangers."""
    flaw = open_door(options.address, options.basic_auth or [], oauth=options.auth)
    if flaw is not None:
        raise SystemExit(CLOSED + flaw)


def open_door(address: str, logins: list[str], *, oauth: str = "") -> str | None:
    """Return what would let strangers in, or None if nothing does."""
    if not (logins or oauth):
        return "it has no password; leave FULFILLER_HOME/flower-credentials to Fulfiller"
    parted = [login.partition(":") for login in logins]
    if not all(user and password for user, _, password in parted):
        return "a login reads user:password"
    short = any(len(password) < PASSWORD_LENGTH_MIN for _, _, password in parted)
    if short and not is_loopback(address):
        return f"on {address or 'all addresses'} a password has {PASSWORD_LENGTH_MIN} characters"
    return None


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach the address; empty means all addresses."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == LOOPBACK


def format_task(task: Task) -> Task:
    """Return a task as pages show it: the line that it returned, without its quotes."""
    task.result = task.result and task.result.strip("'\"")
    return task
