"""The hand: works on the store for operators, one at a time and beside Flower's event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fulfiller.domain.error import StoreUnavailable
from fulfiller.wiring import Truth

PATIENCE_S = 5.0
"""How long a page waits for the store before it says that nobody knows."""
Did = TypeVar("Did")


class Hand:
    """Works in a thread of its own: a store is never shared."""

    def __init__(self, open_store: Callable[[], Truth], *, patience_s: float = PATIENCE_S) -> None:
        """Nothing is opened before the first work."""
        self._open = open_store
        self._patience_s = patience_s
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="steering")
        self._store: Truth | None = None

    async def do(self, work: Callable[[Truth], Did]) -> Did:
        """Return what the work returns; raise StoreUnavailable if the store does not answer.

        Whether it was done is then unknown; work that has not begun by then never does.
        """
        begun = self._thread.submit(self._work, work)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(begun), self._patience_s)
        except TimeoutError:
            raise StoreUnavailable(f"it has not answered for {self._patience_s:.0f} s") from None

    def _work(self, work: Callable[[Truth], Did]) -> Did:
        if self._store is None:
            self._store = self._open()
        return work(self._store)
