"""Overload: several times the issuing rate asks for a place, and each claim is answered.

They come at random, whether answered or not, over as many connections as stand for customers;
who finds none free within the time goes away unsent, and counts as not offered. An answer is a
place, or the word to come again later and when.
"""

from fulfiller.domain.error import FulfillerError
from fulfiller.ops.bench.answers import LATER
from fulfiller.ops.bench.books import Books
from fulfiller.ops.bench.cast import WORKER, Cast
from fulfiller.ops.bench.doors import (
    ACCEPTED,
    Crowd,
    Told,
    accepted_in,
    followed,
    latencies,
    prefixed,
    promised,
    sending,
)
from fulfiller.ops.bench.memory import peaks_mib
from fulfiller.ops.bench.sample import Sample
from fulfiller.ops.bench.usage import per_claim, readings
from fulfiller.ops.supervise import programs

TIMES = 5
ISSUING_PER_S = 1_000
"""Claims per second that the campaign may issue, so that five times as many still fit a door."""
CONNECTIONS = 2_000
ANSWERS = {ACCEPTED, "200", *LATER}


class Unanswered(FulfillerError):
    """Somebody got no answer, or one that says neither yes nor when to come again."""


def overload(cast: Cast, books: Books, claims: int) -> Sample:
    """Send so many claims at TIMES the rate, whatever is answered; await all coupons.

    Raises Unanswered if a claim was told anything but a place or when to come again.
    """
    cast.enter(WORKER, programs.KEEPER, programs.INTAKE)
    rate = float(TIMES * ISSUING_PER_S)
    crowd = Crowd(connections=CONNECTIONS, rate=rate, until_s=claims / rate)
    with sending(cast, books, claims, crowd) as load:
        used_s, load_s, before_mib = (
            cast.used_s(),
            readings({"load": load.pid}),
            peaks_mib(cast.pids),
        )
        load.order(do="go")
        told, ended_s = followed(load, books, claims)
        cpu_us = per_claim(used_s, cast.used_s(), books.issued())
        load_us = per_claim(load_s, readings({"load": load.pid}), told["sent"]).get("load")
        after_mib = peaks_mib(cast.pids)
    check(told["statuses"], told["sent"])
    took_s = told["ended_s"] - told["began_s"]
    return Sample(
        promised=promised(told, books),
        rate=books.issued() / (ended_s - told["began_s"]),
        accept_rate=accepted_in(told) / took_s,
        cpu_us=cpu_us,
        load_us=load_us,
        latency_ms=latencies(told, books) | prefixed("reply", told["reply_ms"]),
        claims_per={"commit": books.per_commit(), "hint": books.per_hint()},
        statuses=told["statuses"],
        memory_mib=prefixed("before", before_mib) | after_mib,
        own=_own(told, rate, took_s),
    )


def check(statuses: dict[str, int], sent: int) -> None:
    """Raise Unanswered unless so many answers are places or words to come again later."""
    strange = {status: number for status, number in statuses.items() if status not in ANSWERS}
    if strange or sum(statuses.values()) != sent:
        told = ", ".join(f"{number} got {status}" for status, number in strange.items())
        raise Unanswered(f"of {sent} claims {sum(statuses.values())} have an answer: {told}")


def _own(told: Told, wanted: float, took_s: float) -> dict[str, float]:
    """Return what was wanted, what was really offered, and what became of that."""
    statuses, sent = told["statuses"], told["sent"]
    return {
        "wanted_rate": wanted,
        "offered_rate": sent / (told["sent_s"] - told["began_s"]),
        "answered_rate": sum(statuses.values()) / took_s,
        **{f"share_{status}": number / sent for status, number in statuses.items()},
    }
