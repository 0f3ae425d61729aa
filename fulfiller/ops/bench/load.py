"""The load generator, a process of its own: claims over HTTP, counted and timed.

One order says what to send, the report `ready` that everything is connected, the next order
begins, and the last report tells what came back.
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from math import inf
from random import Random
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit
from typing import Any

from fulfiller.ops.bench.aide import orders, report
from fulfiller.ops.bench.asking import Ask, batches, singles
from fulfiller.ops.bench.sending import Record, Sender

FILES = 100
"""Open files besides connections, and to spare."""


def poisson(claims: int, rate: float, *, seed: int) -> Iterator[float]:
    """Yield the seconds at which claims are due that arrive at random, `rate` a second."""
    dice = Random(seed)  # nosec B311 # noqa: S311 - arrivals, not secrets
    return accumulate(dice.expovariate(rate) for _ in range(claims))


def asks(words: Mapping[str, Any]) -> Iterator[Ask]:
    """Yield the requests that are ordered."""
    claims, size = words["claims"], words["per_request"]
    whom = (f"{words['host']}:{words['ports'][0]}", words["key"], words["campaign"])
    return singles(*whom, claims) if size == 1 else batches(*whom, claims, size=size)


def sender(words: Mapping[str, Any]) -> Sender:
    """Return who sends what is ordered, connected already."""
    allow_files(words["connections"] + FILES)
    rate, until_s = words["rate"], words["until_s"]
    due_s = None if rate is None else poisson(words["claims"], rate, seed=words["seed"])
    one = Sender(asks(words), due_s, until_s=inf if until_s is None else until_s)
    one.connect(words["host"], words["ports"], words["connections"])
    return one


def allow_files(number: int) -> None:
    """Ask the system for so many open files, where it gives fewer to begin with."""
    soft, hard = getrlimit(RLIMIT_NOFILE)
    if soft < number:
        setrlimit(RLIMIT_NOFILE, (number if hard == RLIM_INFINITY else min(number, hard), hard))


def told(record: Record) -> dict[str, object]:
    """Return what there is to report."""
    return {
        "began_s": record.began_s,
        "sent_s": record.sent_s,
        "ended_s": record.ended_s,
        "sent": record.sent,
        "statuses": record.statuses,
        "accept_ms": record.waits.percentiles_ms(),
        "reply_ms": record.replies.percentiles_ms(),
    }


def main() -> None:
    """Follow one order, and stay until ended."""
    hearing = orders()
    ready = sender(next(hearing))
    report(ready=True)
    next(hearing)
    report(**told(ready.run()))
    # What it used is read from outside, so it stays until it is ended.
    next(hearing, None)


if __name__ == "__main__":
    main()
