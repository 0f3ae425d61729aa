"""The intake's process: the HTTP door on uvicorn, said to be ready when it is."""

import socket
from functools import partial

import uvicorn

from fulfiller.clock import StoreClock, monotonic, new_claim_id
from fulfiller.intake.app import create_app
from fulfiller.intake.parts import IntakeParts, Limits
from fulfiller.ops.exits import Misused
from fulfiller.ops.log import start_log
from fulfiller.settings import Settings
from fulfiller.wiring import code_key, open_broker, open_truth, pepper

BACKLOG = 2_048
"""Connections that the system holds while the loop is busy."""
GRACE_S = 10


class Announcing(uvicorn.Server):
    """A server that says on stdout where it listens, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve."""
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            print(f"ready intake http://{host}:{port}", flush=True)


def run(settings: Settings, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests that are under way get their answers."""
    start_log(settings.log_level)
    door = _listen(host, port)
    config = uvicorn.Config(
        create_app(intake_parts(settings)),
        access_log=False,
        server_header=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=GRACE_S,
        log_config=None,
    )
    Announcing(config).run([door])


def intake_parts(settings: Settings) -> IntakeParts:
    """Return the parts of an intake; each of its threads opens its own store and queue."""
    return IntakeParts(
        open_store=partial(open_truth, settings, application="intake"),
        open_queue=partial(open_broker, settings),
        now=StoreClock(open_truth(settings, application="intake clock").now).now,
        monotonic=monotonic,
        new_claim_id=new_claim_id,
        code_key=code_key(settings),
        pepper=pepper(settings),
        limits=Limits(group_max=settings.group_max, hint_max=settings.hint_max),
    )


def _listen(host: str, port: int) -> socket.socket:
    """Return the open door; with port 0 the system chooses one that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as fault:
        raise Misused(
            f"can't listen on {host} port {port} ({fault.strerror}): "
            "choose another with --port or FULFILLER_INTAKE_PORT"
        ) from fault
