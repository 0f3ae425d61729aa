"""A crowd: the same work in many threads that start together, each with a store of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, Event, Thread
from typing import TypeVar

from fulfiller.domain.error import StoreUnavailable
from fulfiller.wiring import Truth
from tests.contract.world import Open, closing

Did = TypeVar("Did")
LONGEST_S = 60.0
STILL_S = 0.15
"""How long somebody who should wait is watched waiting."""


def together(
    open_one: Open, works: Sequence[Callable[[Truth], Did]], *, within_s: float = LONGEST_S
) -> list[Did]:
    """Run all works at once and return what they return, in their order."""
    gate = Barrier(len(works))

    def run(work: Callable[[Truth], Did]) -> Did:
        with closing(open_one) as store:
            # Connected already, so that all of them are at the door when it opens.
            with suppress(StoreUnavailable):
                store.now()
            gate.wait(within_s)
            return work(store)

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(run, work) for work in works]
        return [future.result(within_s) for future in futures]


def aside(open_one: Open, work: Callable[[Truth], Did]) -> Future[Did]:
    """Run one work in a thread beside the test; it is about to begin when this returns."""
    begun, future = Event(), Future[Did]()

    def run() -> None:
        try:
            with closing(open_one) as store:
                store.now()
                begun.set()
                future.set_result(work(store))
        except BaseException as fault:  # noqa: BLE001 - raised again where the result is asked for
            future.set_exception(fault)

    Thread(target=run, daemon=True).start()
    assert begun.wait(LONGEST_S)
    return future


def waits(future: Future[Did]) -> bool:
    """Return whether the other thread stands still for as long as we look."""
    watched = Event()
    future.add_done_callback(lambda _: watched.set())
    return not watched.wait(STILL_S)
