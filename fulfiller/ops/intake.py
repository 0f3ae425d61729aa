"""The intake's process: the HTTP door, with its parts wired."""

from dataclasses import replace
from functools import partial

from fulfiller.clock import StoreClock, monotonic, new_claim_id
from fulfiller.domain.bucket import Bucket
from fulfiller.domain.pace import Rate
from fulfiller.intake.app import create_app
from fulfiller.intake.parts import DoorLimits, IntakeParts, Limits
from fulfiller.intake.phrases import read_library, shipped_phrases
from fulfiller.intake.serve import announce
from fulfiller.intake.serve import run as serve
from fulfiller.ops.exits import Misused
from fulfiller.ops.garbage import settle
from fulfiller.ops.log import start_log
from fulfiller.ops.trail import open_trail
from fulfiller.ops.yielding import give_way
from fulfiller.settings import Settings
from fulfiller.wiring import code_key, door_key, open_broker, open_truth, pepper


def run(settings: Settings, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; requests that are under way get their answers."""
    # To accept is cheaper than to issue, and would outrun it. First, since threads inherit it.
    give_way(settings.intake_nice)
    start_log(settings, "intake")
    trail = open_trail(settings, "intake")
    app = create_app(replace(intake_parts(settings), trail=trail))
    settle()
    try:
        serve(app, host, port, announce, proxies=settings.intake_proxies)
    except OSError as fault:
        raise Misused(
            f"can't listen on {host} port {port} ({fault.strerror}): "
            "choose another with --port or FULFILLER_INTAKE_PORT"
        ) from fault
    finally:
        trail.close()


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
        library=read_library(shipped_phrases()),
        limits=Limits(group_max=settings.group_max),
        door=_door_limits(settings),
    )


def _door_limits(settings: Settings) -> DoorLimits:
    return DoorLimits(
        account=_bucket(settings.door_account_rate, settings.door_account_burst),
        user=_bucket(settings.door_user_rate, settings.door_user_burst),
        address=_bucket(settings.door_address_rate, settings.door_address_burst),
        key=door_key(settings),
    )


def _bucket(rate: str, burst: int) -> Bucket | None:
    return Bucket.of(Rate.parse(rate), burst) if rate else None
