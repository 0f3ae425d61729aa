"""The clerk: answers one question about a claim at a time, beside Flower's event loop.

A store of its own in a thread of its own: a search may take a while, and the lookout must not
wait for it.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import CodeKey
from fulfiller.ops.because import Scene, because
from fulfiller.ops.flower.trouble import DOCTOR, Trouble, trouble_of
from fulfiller.ops.scene import read_scene
from fulfiller.ops.search import Found, find
from fulfiller.ops.story import NOTED_MAX, Step, story
from fulfiller.wiring import Truth

PATIENCE_S = 10.0
"""How long a page waits for an answer before it says so."""
WAITING_MAX = 20
"""Questions that may wait for their turn."""
BUSY = Trouble("too many are searching at this moment", "Ask again in a few seconds.")
LATE = Trouble(f"no answer within {PATIENCE_S:.0f} s", DOCTOR)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Tale:
    """A claim as an operator sees it: what it is, what happened to it, and why it stands there."""

    scene: Scene
    steps: list[Step]
    because: list[str]


class Clerk:
    """Searches when somebody asks, in a thread of its own: a store is never shared."""

    def __init__(self, open_store: Callable[[], Truth], key: Callable[[], CodeKey | None]) -> None:
        """Nothing is opened before the first question."""
        self._open = open_store
        self._key = key
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="clerk")
        self._store: Truth | None = None
        self._waiting = 0

    async def find(self, question: str, campaign: str | None) -> list[Found] | Trouble:
        """Return the claims that are meant, or why nobody can say."""
        return await self._ask(
            lambda store: find(question, store, key=self._key(), campaign=campaign)
        )

    async def tell(self, claim_id: ClaimId) -> Tale | Trouble | None:
        """Return the story of a claim, None if there is no such claim, or why nobody can say."""
        return await self._ask(lambda store: _tale(claim_id, store))

    async def campaigns(self) -> list[str] | Trouble:
        """Return the campaigns there are."""
        return await self._ask(lambda store: [each.id for each in store.campaigns()])

    async def _ask(self, question: Callable[[Truth], Answer]) -> Answer | Trouble:
        if self._waiting >= WAITING_MAX:
            return BUSY
        self._waiting += 1
        asked = asyncio.wrap_future(self._thread.submit(self._answer, question))
        asked.add_done_callback(self._done)
        done, _ = await asyncio.wait((asked,), timeout=PATIENCE_S)
        return asked.result() if done else LATE

    def _done(self, _: object) -> None:
        self._waiting -= 1

    def _answer(self, question: Callable[[Truth], Answer]) -> Answer | Trouble:
        """Ask the store, in the thread."""
        try:
            self._store = self._store or self._open()
            return question(self._store)
        except Exception as fault:  # noqa: BLE001 - drivers raise what is their own, and Flower goes on
            return trouble_of(fault)


def _tale(claim_id: ClaimId, store: Truth) -> Tale | None:
    scene = read_scene(claim_id, store)
    if scene is None:
        return None
    steps = story(scene, store.noted(scene.view.claim, limit=NOTED_MAX))
    return Tale(scene, steps, list(because(scene)))
