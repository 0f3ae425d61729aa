"""The door: claims come in one by one over HTTP and are followed until the last has its coupon."""

from typing import Any
from urllib.parse import urlsplit

from fulfiller.clock import monotonic
from fulfiller.domain.key import Scope
from fulfiller.ops.bench.aide import Aide
from fulfiller.ops.bench.books import Books
from fulfiller.ops.bench.cast import WORKER, Cast
from fulfiller.ops.bench.claims import OWNER
from fulfiller.ops.bench.drains import READY_S, Patience
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.sending import LOST
from fulfiller.ops.bench.spread import percentiles
from fulfiller.ops.bench.usage import per_claim, readings
from fulfiller.ops.keys import add_key, new_key
from fulfiller.ops.supervise import programs
from fulfiller.settings import surroundings
from fulfiller.wiring import pepper

ACCEPTED = "202"
COUPON_SHARES = ("p50", "p95")


def single(
    cast: Cast, books: Books, claims: int, *, connections: int, rate: float | None = None
) -> Sample:
    """Send claims one at a time per connection, or `rate` a second at random; await all coupons.

    The clock runs from the first request to the last committed coupon.
    """
    cast.enter(WORKER, programs.KEEPER, programs.INTAKE)
    with Aide("fulfiller.ops.bench.load", surroundings()) as load:
        door = urlsplit(cast.settings.api_url)
        load.order(
            host=door.hostname,
            port=door.port,
            key=_key(cast, books),
            campaign=books.campaign.id,
            claims=claims,
            connections=connections,
            rate=rate,
            seed=claims,
        )
        load.await_report(READY_S)
        used_s, load_s = cast.used_s(), readings({"load": load.pid})
        load.order(do="go")
        told, ended_s = _followed(load, books, claims)
        cpu_us = per_claim(used_s, cast.used_s(), books.issued())
        load_us = per_claim(load_s, readings({"load": load.pid}), claims).get("load")
    issued = books.issued()
    accepted = told["statuses"].get(ACCEPTED, 0)
    return Sample(
        # Of a request whose connection broke nobody knows: then the books count for themselves.
        promised=books.entered() if LOST in told["statuses"] else accepted,
        rate=issued / (ended_s - told["began_s"]),
        accept_rate=accepted / (told["ended_s"] - told["began_s"]),
        cpu_us=cpu_us,
        load_us=load_us,
        latency_ms=_latencies(told, books),
        claims_per={"commit": books.per_commit(), "hint": books.per_hint()},
        statuses=told["statuses"],
    )


def _followed(load: Aide, books: Books, claims: int) -> tuple[dict[str, Any], float]:
    """Wait for the sender's report, then for the last coupon; return the report and when."""
    patience = Patience()
    told = None
    while True:
        told = told or load.report(within_s=0.001)
        issued = books.issued()
        at_s = monotonic()
        if told and issued == books.entered():
            return told, at_s
        patience.wait(issued, claims)


def _latencies(told: dict[str, Any], books: Books) -> dict[str, float]:
    waits = percentiles(books.waits_ms())
    accepts = {f"accept_{name}": ms for name, ms in told["latency_ms"].items()}
    return accepts | {f"coupon_{name}": waits[name] for name in COUPON_SHARES if name in waits}


def _key(cast: Cast, books: Books) -> str:
    now = books.store.now()
    fresh = new_key(OWNER, (Scope.CLAIM_WRITE,), pepper=pepper(cast.settings), now=now)
    return add_key(fresh, store=books.store)
