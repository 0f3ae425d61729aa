"""Celery's own controls, signed where a worker obeys nobody who has not the root secret.

Flower's form for rate limits calls them, and so does any program that has this app: whoever
runs it has the root secret, and is the one who did it.
"""

from contextlib import closing
from secrets import token_hex
from typing import Any

from celery.app.control import Control

from fulfiller.domain.mode import SERVICE
from fulfiller.ops.order import GOOD_FOR, Order, signed
from fulfiller.ops.person import operator
from fulfiller.wiring import open_truth, ops_key
from workers.desk import settings

RATE = "rate_limit"
"""The verb of these orders: the name of Celery's command."""
REASON = "set through Celery's rate_limit"
ID_BYTES = 8


class Signing(Control):
    """Remote control whose rate limits carry an order for all workers together."""

    def rate_limit(
        self, task_name: str, rate_limit: int | str, destination: Any = None, **kwargs: Any
    ) -> Any:
        """Tell a worker, or all, how much is issued over all of them: stored once, for good."""
        said = {"task_name": task_name, "rate_limit": rate_limit, "token": ordered(str(rate_limit))}
        return self.broadcast(RATE, destination=destination, arguments=said, **kwargs)


def ordered(rate: str) -> str:
    """Return a token that sets the service's rate, in the name of who runs this process."""
    with closing(open_truth(settings(), application="control")) as store:
        now = store.now()
    order = Order(
        id=token_hex(ID_BYTES),
        verb=RATE,
        scope=SERVICE,
        reason=REASON,
        actor=operator(),
        issued_at=now,
        expires_at=now + GOOD_FOR,
        rate=rate,
    )
    return signed(order, ops_key(settings()))
