"""Remote control: `celery -A workers inspect mode|backlog|proof`, `control pause|resume|hold`.

Handlers run in a worker's main process, which forks: a store is opened, used and closed within
one of them, and nothing of it stays. Whoever reaches the broker may ask; to change anything
takes a token that `fulfiller token` has signed, and it is obeyed once, however many workers
receive it.
"""

import logging
from collections.abc import Callable
from functools import partial
from secrets import token_hex
from typing import Any

from celery.worker.control import control_command, inspect_command

from fulfiller.domain.error import FulfillerError
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.stripe import SHARES, Count
from fulfiller.domain.tier import Tier
from fulfiller.ops.deeds import DEEDS, UNKNOWN
from fulfiller.ops.figures import gauge_of
from fulfiller.ops.modes import named, said, told
from fulfiller.ops.order import GOOD_FOR, Flaw, Order, read
from fulfiller.service.govern import count_of
from fulfiller.service.helm import Survey
from fulfiller.wiring import Truth, open_truth, ops_key
from workers.deadline import within
from workers.desk import settings
from workers.limiting import flaw, limited, show_rate
from workers.signing import RATE

ANSWER_S = 0.5
"""A store that does not answer may hold the worker up for this long."""
OBEY_S = 2.0
"""The same for a change, which is rare and should not be cut off."""
TAKEN_S = 2 * GOOD_FOR / 1_000_000
"""How long an order counts as taken: longer than its token is good for."""

UNSIGNED = "it has to be signed: use `fulfiller rate 500/s`, or `fulfiller flower --control`"
Reply = dict[str, Any]
log = logging.getLogger(__name__)


def connect() -> None:
    """Register the commands, in workers and in whatever program sends them."""
    for ask in (mode, backlog, proof):
        inspect_command(name=ask.__name__)(ask)
    for verb in DEEDS:
        control_command(
            name=verb,
            help=f"{verb.capitalize()} a campaign or the service, by an operator's token.",
            args=[("token", str)],
            signature="TOKEN",
        )(partial(obey, verb=verb))
    # In place of Celery's own, which would count per worker and starve under a backlog.
    control_command(
        name=RATE,
        args=[("task_name", str), ("rate_limit", str), ("token", str)],
        signature="<task_name> <rate_limit (e.g., 5/s | 5/m | 5/h)> <token>",
    )(rate_limit)


def mode(_state: Any, **_: Any) -> Reply:
    """Modes of the service and of all campaigns: since when, why, by whom, until when."""
    return _answer(ANSWER_S, _modes)


def backlog(_state: Any, **_: Any) -> Reply:
    """Accepted claims per campaign and tier, and the threshold above which it pauses."""
    return _answer(ANSWER_S, lambda store: _campaigns(store, _backlog))


def proof(_state: Any, **_: Any) -> Reply:
    """Counters per campaign: entered = issued + declined + cancelled + what is still open."""
    return _answer(ANSWER_S, lambda store: _campaigns(store, _proof))


def obey(_state: Any, token: object = None, *, verb: str, **_: Any) -> Reply:
    """Do what a token says, unless another worker has taken it up already."""
    # Whoever reaches the broker may send anything.
    text = token if isinstance(token, str) else ""
    return _answer(OBEY_S, lambda store: _obeyed(verb, text, store))


def rate_limit(
    state: Any, task_name: object = None, rate_limit: object = None, token: object = None, **_: Any
) -> Reply:
    """Set how much claims.issue issues over all workers: stored once, whoever receives it."""
    if (wrong := flaw(state.app, task_name, rate_limit)) is not None:
        return {"error": wrong}
    text = token if isinstance(token, str) else ""

    def answer(store: Truth) -> Reply:
        reply = _limited(str(rate_limit), text, store)
        show_rate(state.app, store)
        return reply

    return _answer(OBEY_S, answer)


def _limited(rate: str, token: str, store: Truth) -> Reply:
    now = store.now()
    order = read(token, ops_key(settings()), now=now)
    if isinstance(order, Flaw):
        log.warning("order.refused verb=%s why=%s", RATE, order.name)
        return {"error": UNSIGNED if order is Flaw.UNREADABLE else order.value}
    if (order.verb, order.rate) != (RATE, rate):
        return {"error": f"this token is for {order.verb} {order.rate or ''}".rstrip()}
    if not _taken(order, store):
        return {"ok": f"request {order.id} is taken up already", "changed": False}
    return limited(order, now, store)


def _answer(limit_s: float, ask: Callable[[Truth], Reply]) -> Reply:
    """Ask a store of one's own within a deadline, and close it; faults are answers, too."""
    # Outside of the limit: this imports a driver, and an import that is cut off stays broken.
    store = open_truth(settings(), application="worker")
    try:
        return within(limit_s, lambda: ask(store))
    except (FulfillerError, TimeoutError) as fault:
        return {"error": str(fault)}
    finally:
        store.close()


def _modes(store: Truth) -> Reply:
    modes = dict(store.modes())
    service = told(modes.pop(SERVICE))
    return {
        "service": service,
        "campaigns": {name: told(row) for name, row in sorted(modes.items())},
    }


def _campaigns(store: Truth, shown: Callable[[str, Survey], Reply]) -> Reply:
    survey = store.survey()
    return {name: shown(name, survey) for name in sorted(survey.campaigns)}


def _backlog(name: str, survey: Survey) -> Reply:
    gauge = gauge_of(survey.campaigns[name], survey.modes[name])
    tiers = {str(tier): survey.sums[name].get((tier, Count.ACCEPTED), 0) for tier in Tier}
    return {
        **tiers,
        "total": sum(tiers.values()),
        "threshold": gauge.threshold,
        "resume_at": gauge.resume_at,
    }


def _proof(name: str, survey: Survey) -> Reply:
    sums = survey.sums[name]
    entered = count_of(sums, Count.ENTERED)
    parts = {count.value: count_of(sums, count) for count in SHARES}
    return {"entered": entered, **parts, "balanced": entered == sum(parts.values())}


def _obeyed(verb: str, token: str, store: Truth) -> Reply:
    now = store.now()
    order = read(token, ops_key(settings()), now=now)
    if isinstance(order, Flaw):
        return {"error": order.value}
    if order.verb != verb:
        return {"error": f"this token is for {order.verb}: celery control {order.verb} TOKEN"}
    if order.until is not None and order.until <= now:
        return {"error": "it would have ended before it began: print a new token"}
    if not _taken(order, store):
        return {"ok": f"request {order.id} is taken up already", "changed": False}
    return _done(order, now, store)


def _taken(order: Order, store: Truth) -> bool:
    """Take an order up, by a lease that nobody renews and that outlives its token."""
    return store.lease(f"order {order.id}", token_hex(8), ttl_s=TAKEN_S) is not None


def _done(order: Order, now: int, store: Truth) -> Reply:
    done = DEEDS[order.verb](order.scope, order.act(now), store)
    if done.row is None:
        return {"error": UNKNOWN.format(order.scope)}
    log.info("order.obeyed id=%s verb=%s scope=%s by=%s", *_logged(order))
    now_is = f"{named(order.scope)} is {said(done.row, now)}"
    return {"ok": now_is, "request": order.id, "changed": done.changed}


def _logged(order: Order) -> tuple[str, str, str, str]:
    return order.id, order.verb, order.scope, order.actor
