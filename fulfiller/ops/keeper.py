"""The keeper's process: ticks a keeper until told to stop, and survives every fault.

Run as many as you like: one leads, the others stand by and take over.
"""

import logging
from contextlib import closing
from os import getpid
from secrets import token_hex
from socket import gethostname

from fulfiller.clock import monotonic
from fulfiller.domain.error import FulfillerError
from fulfiller.ops.garbage import settle
from fulfiller.ops.halt import Halt
from fulfiller.ops.log import start_log
from fulfiller.ops.overheard import Overheard
from fulfiller.ops.trail import open_trail
from fulfiller.service.keep import LEASE, Keeper, Kept
from fulfiller.settings import Settings
from fulfiller.wiring import Parts, deployment, open_parts, open_truth

BACK_OFF_S = 0.1
BACK_OFF_MAX_S = 2.0

log = logging.getLogger("fulfiller.keeper")


def run(settings: Settings) -> None:
    """Keep until SIGTERM or SIGINT, then give the lease back."""
    start_log(settings, "keeper")
    trail = open_trail(settings, "keeper")
    halt = Halt()
    parts = open_parts(settings, application="keeper")
    keeper = Keeper(
        store=parts.store,
        queue=Overheard(parts.queue, trail),
        holder=f"{gethostname()} {getpid()} {token_hex(4)}",
        # Ours by its first half, so that two deployments on one broker can be told apart.
        monotonic=monotonic,
        new_epoch=lambda: f"{deployment(settings)}.{token_hex(16)}",
    )
    settle()
    try:
        _keep(keeper, parts, halt)
    finally:
        _retire(keeper, parts)
        trail.close()


def leader(settings: Settings) -> str | None:
    """Return who leads, None if nobody does; what a health check of keepers asks."""
    with closing(open_truth(settings, application="check")) as store:
        return store.leader(LEASE)


def _keep(keeper: Keeper, parts: Parts, halt: Halt) -> None:
    ready = False
    pause_s = BACK_OFF_S
    while not halt.asked:
        try:
            kept = keeper.tick(parts.clock.now())
        except Exception as fault:  # noqa: BLE001 - whatever fails now may work in a moment
            _report(fault)
            halt.wait(pause_s)
            pause_s = min(2 * pause_s, BACK_OFF_MAX_S)
            continue
        pause_s = BACK_OFF_S
        _tell(kept)
        if not ready:
            ready = True
            how = "leading" if kept.leading else "standing by"
            # In one write, for the log has a thread of its own and may go to the same place.
            print(f"ready keeper {how}\n", end="", flush=True)
        halt.wait(kept.rest_s)


def _tell(kept: Kept) -> None:
    for news in kept.news:
        log.info("%s", news)
    for row in kept.moved:
        log.info("mode.moved scope=%s mode=%s cause=%s", row.scope, row.mode, row.cause)
    if kept.offered:
        log.debug("claims.offered n=%d", kept.offered)


def _report(fault: Exception) -> None:
    """Log a fault we know in a line, and one that is a bug with all there is to see."""
    expected = isinstance(fault, FulfillerError)
    log.warning("tick.failed %s: %s", type(fault).__name__, fault, exc_info=not expected)


def _retire(keeper: Keeper, parts: Parts) -> None:
    try:
        keeper.retire()
    except FulfillerError as fault:
        log.warning("lease.kept %s: it runs out by itself", fault)
    parts.close()
