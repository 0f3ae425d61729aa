"""The arms of the bench, in acts: those of one act share a database and its processes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from fulfiller.ops.bench import cast, doors, drains
from fulfiller.ops.bench.books import Books
from fulfiller.ops.bench.cast import Cast
from fulfiller.ops.bench.overload import ISSUING_PER_S, TIMES, overload
from fulfiller.ops.bench.peers.roll import PEERS, Peer
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.wrk import PROGRAM, wrk

QUIET_RATE = 50.0
AMPLE = "1000000/s"
"""A rate that nobody reaches, so that what counts is the cost of keeping it."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to get claims done.

    `rate` is where its speed stands among the rates; with its `share` of the claims to drain
    it runs for about as long as the others; `per_s` is the pace of one that has a pace;
    `issuing_rate` is what its campaign has to keep; `accepts` is where the rate of its accepts
    stands, if not under its name; one that does not issue has claims and no coupons; one that
    `needs` a program is left out where it is not on PATH, and a `peer` where it is not installed.
    """

    name: str
    title: str
    rate: str
    share: float
    measure: Callable[[Cast, Books, int], Sample]
    per_s: float | None = None
    issuing_rate: str | None = None
    accepts: str | None = None
    issues: bool = True
    needs: str | None = None
    peer: Peer | None = None


PLAIN = Arm("plain", "drain, plain Celery", "plain_celery", 1 / 40, drains.plain)
PLAIN_THREADS = Arm(
    "plain_threads",
    "drain, plain Celery on threads",
    "plain_celery_threads",
    1 / 40,
    partial(drains.plain, pool=cast.PLAIN_THREADS),
)
RIVALS = tuple(
    Arm(
        each.name,
        f"drain, {each.name}",
        each.name,
        1 / 30,
        partial(drains.peer, who=each),
        peer=each,
    )
    for each in PEERS
)
OURS = Arm("drain", "drain, Fulfiller", "drain", 1.0, drains.ours)
LIMITED = Arm(
    "limited", "drain, with a rate to keep", "drain_limited", 1.0, drains.ours, issuing_rate=AMPLE
)
FLOOR = Arm("floor", "drain, bare statements", "floor", 1.0, drains.floor)
SINGLE = Arm(
    "single",
    "one by one, 256 connections",
    "end_to_end_single",
    2 / 3,
    partial(doors.single, connections=256),
    accepts="accept_while_issuing",
)
SCALED = Arm(
    "scaled",
    "two intakes, three workers",
    "end_to_end_scaled",
    2 / 3,
    partial(doors.scaled, connections=256),
    accepts="accept_while_issuing_scaled",
)
WRK = Arm("wrk", "wrk, 256 connections", "end_to_end_wrk", 0, wrk, needs=PROGRAM)
SINGLE_64 = Arm(
    "single_64",
    "one by one, 64 connections",
    "end_to_end_single_64",
    1 / 3,
    partial(doors.single, connections=64),
)
BATCH = Arm("batch", "500 in each request", "end_to_end_batch", 4 / 3, doors.batch)
ACCEPT = Arm(
    "accept",
    "accepts alone, 256 connections",
    "accept_single",
    2 / 3,
    partial(doors.accept, connections=256),
    issues=False,
)
OVERLOAD = Arm(
    "overload",
    f"overload, {TIMES} times the issuing rate",
    "overload",
    1 / 2,
    overload,
    issuing_rate=f"{ISSUING_PER_S}/s",
)
QUIET = Arm(
    "quiet",
    f"quiet, {QUIET_RATE:.0f} a second",
    "quiet",
    1 / 30,
    partial(doors.single, connections=64, rate=QUIET_RATE),
    per_s=QUIET_RATE,
)

ACTS = (
    (PLAIN,),
    (PLAIN_THREADS,),
    *((rival,) for rival in RIVALS),
    (LIMITED,),
    (OURS, SINGLE, WRK, SINGLE_64, BATCH, QUIET, OVERLOAD),
    (SCALED,),
    (FLOOR, ACCEPT),
)
"""What each round plays, so that plain Celery and its rivals meet within the same minute."""
ARMS = tuple(arm for act in ACTS for arm in act)
RATIOS = {
    "drain_vs_plain_celery": (OURS, (PLAIN, PLAIN_THREADS)),
    "drain_vs_best_peer": (OURS, RIVALS),
    "drain_vs_floor": (OURS, (FLOOR,)),
    "limited_vs_unlimited": (LIMITED, (OURS,)),
    "scaled_vs_single": (SCALED, (SINGLE,)),
}
"""Of rates, against the fastest of several in each round."""
COST_RATIOS = {"scaled_vs_single_cpu": (SCALED, SINGLE)}
"""Of CPU time per claim: what it costs more to have several of each."""
ACCEPT_RATIOS = {"ours_vs_wrk": (SINGLE, WRK)}
"""Of rates of accepts: how much less our load generator finds in the door than another does."""
