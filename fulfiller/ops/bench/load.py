"""The load generator, a process of its own: single claims over HTTP, counted and timed.

One order says what to send, the report `ready` that everything is prepared and connected, the
next order begins, and the last report tells what came back.
"""

import asyncio
from itertools import accumulate
from random import Random
from typing import Any

from fulfiller.ops.bench.aide import orders, report
from fulfiller.ops.bench.sending import Sender, claim_requests
from fulfiller.ops.bench.spread import percentiles


def poisson(claims: int, rate: float, *, seed: int) -> list[float]:
    """Return the seconds at which claims are due that arrive at random, `rate` a second."""
    dice = Random(seed)  # nosec B311 # noqa: S311 - arrivals, not secrets
    return list(accumulate(dice.expovariate(rate) for _ in range(claims)))


async def serve(words: dict[str, Any], go: Any) -> None:
    """Prepare, wait for the word, send, report."""
    host, port, claims = words["host"], words["port"], words["claims"]
    requests = claim_requests(f"{host}:{port}", words["key"], words["campaign"], claims)
    rate = words["rate"]
    due_s = None if rate is None else poisson(claims, rate, seed=words["seed"])
    sender = Sender(requests, due_s)
    await sender.connect(host, port, words["connections"])
    report(ready=True)
    await asyncio.to_thread(go)
    await sender.run()
    record = sender.record
    report(
        began_s=record.began_s,
        ended_s=record.ended_s,
        statuses=record.statuses,
        latency_ms=percentiles(1_000 * each for each in record.latencies_s),
    )


def main() -> None:
    """Follow one order, on the fastest loop there is, and stay until ended."""
    hearing = orders()
    words = next(hearing)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(words, lambda: next(hearing)))
    next(hearing, None)


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
