"""Marks for faults: a running deployment shows on its charts what was done to it.

As well as it can: the store may be what is struck, so marks are set in a thread of their own, late
if need be and with their own time, and given up after a few tries.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

from fulfiller.clock import monotonic
from fulfiller.domain.error import StoreError
from fulfiller.domain.mode import SERVICE
from fulfiller.ops.person import operator
from fulfiller.service.mark import mark
from fulfiller.service.steer import REASON_MAX
from fulfiller.wiring import Truth

TRIES = 5
AGAIN_S = 1.0
SECOND = 1_000_000
Mark = Callable[[str], None]


@contextmanager
def marking(open_truth: Callable[[], Truth]) -> Iterator[Mark]:
    """Yield what marks all campaigns with a text at the moment of its call, without waiting."""
    with closing(open_truth()) as store:
        began, begun = store.now(), monotonic()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="marks") as pool:

        def set_mark(text: str) -> None:
            at = began + int((monotonic() - begun) * SECOND)
            pool.submit(_set, f"chaos: {text}"[:REASON_MAX], at, open_truth)

        yield set_mark


def _set(text: str, at: int, open_truth: Callable[[], Truth]) -> None:
    for _ in range(TRIES):
        try:
            with closing(open_truth()) as store:
                mark(SERVICE, text, actor=operator(), at=at, store=store)
        except StoreError:
            Event().wait(AGAIN_S)
        else:
            return
