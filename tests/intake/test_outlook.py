"""What an intake knows of modes: somebody who has to know waits for a look that is new enough."""

import asyncio
from threading import Event

from fulfiller.clock import monotonic, new_claim_id
from fulfiller.domain.breaker import Mode
from fulfiller.domain.mode import SERVICE
from fulfiller.intake.outlook import Outlook
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.phrases import read_library, shipped_phrases
from fulfiller.service.helm import Survey
from fulfiller.service.steer import Act, pause
from fulfiller.store.memory import MemoryStore
from tests.intake.door import CODE_KEY, PEPPER


class Slow(MemoryStore):
    """A store whose first survey is long on its way, and whose second waits for the loop."""

    def __init__(self) -> None:
        """Let nobody through yet."""
        super().__init__()
        self.read, self.through = Event(), Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    def survey(self) -> Survey:
        """Read at once, answer when let through; later, let others go on before it reads."""
        if self.through.is_set() and self.loop is not None:
            asyncio.run_coroutine_threadsafe(_turns(), self.loop).result(10)
        seen = super().survey()
        self.read.set()
        assert self.through.wait(10)
        return seen


async def _turns() -> None:
    """Let everybody who can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def _looked(outlook: Outlook, store: Slow) -> Mode:
    """Pause while a look is under way, ask for another, and return the mode that it shows."""
    store.loop = asyncio.get_running_loop()
    outlook.start()
    try:
        await asyncio.to_thread(store.read.wait, 10)
        assert pause(SERVICE, Act(reason="a check", actor="test", now=1), store=store).changed
        look = asyncio.ensure_future(outlook.look())
        await asyncio.sleep(0)
        store.through.set()
        await look
        assert outlook.survey is not None
        mode = outlook.survey.modes[SERVICE].mode
        store.loop = None
        return mode
    finally:
        store.through.set()
        await outlook.stop()


def test_a_look_that_began_before_is_not_what_was_asked_for() -> None:
    """Who asks in the midst of a look is told by the next one, which sees the pause."""
    store = Slow()
    parts = IntakeParts(
        open_store=lambda: store,
        open_queue=lambda: None,  # type: ignore[arg-type,return-value]
        now=store.now,
        monotonic=monotonic,
        new_claim_id=new_claim_id,
        code_key=CODE_KEY,
        pepper=PEPPER,
        library=read_library(shipped_phrases()),
    )
    assert asyncio.run(_looked(Outlook(parts), store)) is Mode.PAUSED
