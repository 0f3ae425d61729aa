"""The door: claims come in over HTTP and are followed until the last has its coupon, or its place.

Who sends them is a process of its own, and is told how they come as a `Crowd`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from fulfiller.clock import monotonic
from fulfiller.domain.key import Scope
from fulfiller.ops.bench.aide import Aide
from fulfiller.ops.bench.answers import LOST
from fulfiller.ops.bench.books import Books
from fulfiller.ops.bench.cast import INTAKE_2, NODES, WORKER, Cast
from fulfiller.ops.bench.claims import OWNER
from fulfiller.ops.bench.drains import READY_S, Patience
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.usage import per_claim, readings
from fulfiller.ops.keys import add_key, new_key
from fulfiller.ops.supervise import programs
from fulfiller.settings import surroundings
from fulfiller.wiring import pepper

ACCEPTED = "202"
UNSURE = {"503", LOST}
"""Answers after which a claim may be in the books all the same."""
ONE = (WORKER, programs.KEEPER, programs.INTAKE)
TWO = (*NODES, programs.KEEPER, programs.INTAKE, INTAKE_2)
"""Who is at work: one of each with a keeper, or two intakes and a worker for each slot."""
COUPON_SHARES = ("p50", "p95")
BATCH, BATCH_CONNECTIONS = 500, 8
SEED = 7
LOOK_S = 0.02
Told = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How claims come: in a closed loop, or at random `rate` a second; in requests of how many.

    What found no free connection by `until_s` stays away.
    """

    connections: int
    per_request: int = 1
    rate: float | None = None
    until_s: float | None = None
    seed: int = SEED


def single(
    cast: Cast, books: Books, claims: int, *, connections: int, rate: float | None = None
) -> Sample:
    """Send claims one at a time per connection, or `rate` a second at random; await all coupons.

    The clock runs from the first request to the last committed coupon.
    """
    return through(cast, books, claims, Crowd(connections=connections, rate=rate))


def scaled(cast: Cast, books: Books, claims: int, *, connections: int) -> Sample:
    """Do the same with two intakes and three workers, which share the slots of one."""
    return through(cast, books, claims, Crowd(connections=connections), TWO)


def batch(cast: Cast, books: Books, claims: int) -> Sample:
    """Send claims through the batch door, in full requests; await all coupons.

    The clock runs from the first request to the last committed coupon; latencies of accepts
    are those of whole requests.
    """
    crowd = Crowd(connections=BATCH_CONNECTIONS, per_request=BATCH)
    return through(cast, books, claims, crowd)


def accept(cast: Cast, books: Books, claims: int, *, connections: int) -> Sample:
    """Send claims one at a time per connection to an intake that runs alone.

    The clock runs from the first request to the last answer.
    """
    cast.enter(programs.INTAKE)
    with sending(cast, books, claims, Crowd(connections=connections)) as load:
        used_s, load_s = cast.used_s(), readings({"load": load.pid})
        load.order(do="go")
        told = _heard(load, books, claims)
        accepted = accepted_in(told)
        return Sample(
            promised=promised(told, books),
            rate=accepted / (told["ended_s"] - told["began_s"]),
            cpu_us=per_claim(used_s, cast.used_s(), accepted),
            load_us=per_claim(load_s, readings({"load": load.pid}), claims).get("load"),
            latency_ms=prefixed("accept", told["accept_ms"]),
            claims_per={"commit": books.per_commit()},
            statuses=told["statuses"],
        )


def through(
    cast: Cast, books: Books, claims: int, crowd: Crowd, staff: Sequence[str] = ONE
) -> Sample:
    """Send claims as a crowd does, with everything running, and await all coupons."""
    cast.enter(*staff)
    with sending(cast, books, claims, crowd) as load:
        used_s, load_s = cast.used_s(), readings({"load": load.pid})
        load.order(do="go")
        told, ended_s = followed(load, books, claims)
        cpu_us = per_claim(used_s, cast.used_s(), books.issued())
        load_us = per_claim(load_s, readings({"load": load.pid}), told["sent"]).get("load")
    return Sample(
        promised=promised(told, books),
        rate=books.issued() / (ended_s - told["began_s"]),
        accept_rate=accepted_in(told) / (told["ended_s"] - told["began_s"]),
        cpu_us=cpu_us,
        load_us=load_us,
        latency_ms=latencies(told, books),
        claims_per={"commit": books.per_commit(), "hint": books.per_hint()},
        statuses=told["statuses"],
    )


@contextmanager
def sending(cast: Cast, books: Books, claims: int, crowd: Crowd) -> Iterator[Aide]:
    """Lend a process that is connected and waits for the word to send."""
    with Aide("fulfiller.ops.bench.load", surroundings()) as load:
        load.order(
            host=cast.settings.intake_host,
            ports=cast.ports,
            key=key(cast, books),
            campaign=books.campaign.id,
            claims=claims,
            **asdict(crowd),
        )
        load.await_report(READY_S)
        yield load


def key(cast: Cast, books: Books) -> str:
    """Return a fresh key that may claim."""
    now = books.store.now()
    fresh = new_key(OWNER, (Scope.CLAIM_WRITE,), pepper=pepper(cast.settings), now=now)
    return add_key(fresh, store=books.store)


def accepted_in(told: Told) -> int:
    """Return how many claims were answered with a place."""
    return int(told["statuses"].get(ACCEPTED, 0))


def promised(told: Told, books: Books) -> int:
    """Return how many claims must be in the books: those accepted, and no other.

    Of some that have no answer nobody knows; then there may be more, and never fewer.
    """
    accepted = accepted_in(told)
    return max(accepted, books.entered()) if UNSURE & told["statuses"].keys() else accepted


def latencies(told: Told, books: Books) -> dict[str, float]:
    """Return how long accepts took, and coupons, in milliseconds."""
    return prefixed("accept", told["accept_ms"]) | coupons_ms(books)


def coupons_ms(books: Books) -> dict[str, float]:
    """Return how long coupons took from the accept, by the books."""
    waits = books.waits().percentiles_ms()
    return prefixed("coupon", {name: waits[name] for name in COUPON_SHARES if name in waits})


def prefixed(what: str, shares: Mapping[str, float]) -> dict[str, float]:
    """Return figures with a word in front of their names."""
    return {f"{what}_{name}": ms for name, ms in shares.items()}


def _heard(load: Aide, books: Books, claims: int) -> Told:
    """Wait for the sender's report."""
    patience = Patience()
    while (told := load.report(within_s=LOOK_S)) is None:
        patience.wait(books.entered(), claims)
    return told


def followed(load: Aide, books: Books, claims: int) -> tuple[Told, float]:
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
