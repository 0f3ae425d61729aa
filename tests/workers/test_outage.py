"""The store is away for the workers alone: claims that they can't issue are no poison."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.claim import ClaimId, State
from fulfiller.domain.validity import SECOND
from fulfiller.ops.embedded.server import Server
from fulfiller.service.issue import ATTEMPTS_MAX
from fulfiller.service.memory import Memory
from fulfiller.service.release import release
from fulfiller.service.sweep import ALONE_FROM, sweep
from tests.processes import Process
from tests.store.proxy import Wire
from tests.waiting import until
from tests.workers.conftest import StartWorker
from tests.workers.festival import Festival
from workers.tasks import PAUSE_S

pytestmark = pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
SLOTS = 4
OVERDUE_S = 13
"""Longer than the sweep's longest patience."""
LEFT_AFTER = r"succeeded in ([\d.]+)s: 'left="


@dataclass(slots=True)
class Keeping:
    """A keeper of our own, which lets time pass as it likes."""

    festival: Festival
    queue: CeleryQueue
    memory: Memory = field(default_factory=Memory)
    now: int = 0

    def release(self) -> None:
        """Offer what was accepted."""
        self.now = self.festival.store.now()
        release(self.memory, store=self.festival.store, queue=self.queue, now=self.now)

    def sweep(self) -> int:
        """Offer again what is overdue, once the workers have taken the last offer in."""
        until(lambda: not any((self.queue.depths() or {}).values()))
        self.now += OVERDUE_S * SECOND
        return sweep(self.memory, store=self.festival.store, queue=self.queue, now=self.now)


@pytest.fixture
def wire(postgres: Server) -> Iterator[Wire]:
    """The workers' own wire to the store."""
    strung = Wire(postgres.port)
    yield strung
    strung.close()


@pytest.fixture
def cut_off(wire: Wire, postgres: Server, store_url: str, start_worker: StartWorker) -> Process:
    """A worker that the store is away for."""
    wire.take_down()
    far = store_url.replace(f":{postgres.port}/", f":{wire.port}/")
    return start_worker(far, slots=SLOTS)


def test_an_outage_that_only_workers_see_parks_nothing(
    cut_off: Process, wire: Wire, festival: Festival, queue: CeleryQueue
) -> None:
    """However often the claims are offered meanwhile, they wait as new; then they are issued."""
    ids = festival.accept(1)
    keeping = Keeping(festival, queue)
    keeping.release()
    offered = [keeping.sweep() for _ in range(ALONE_FROM + ATTEMPTS_MAX)]
    assert offered == [1] * len(offered)
    assert festival.states(ids) == [State.ACCEPTED]
    assert festival.attempts(ids[0]) == 0
    assert cut_off.alive
    wire.mend()
    until(_issued_by(keeping, ids), within_s=20)


def test_a_worker_that_is_cut_off_does_not_run_through_the_backlog(
    cut_off: Process, festival: Festival, queue: CeleryQueue
) -> None:
    """Each task takes its time before it leaves its claims to others."""
    hints = [festival.hint([claim_id]) for claim_id in festival.accept(SLOTS)]
    queue.publish(hints)
    took_s = until(lambda: _took_s(cut_off) if len(_took_s(cut_off)) == SLOTS else [])
    assert min(took_s) >= PAUSE_S


def _took_s(worker: Process) -> list[float]:
    """Return how long each task ran that left its claims open."""
    return [float(said) for said in re.findall(LEFT_AFTER, worker.text())]


def _issued_by(keeping: Keeping, ids: Sequence[ClaimId]) -> Callable[[], bool]:
    def issued() -> bool:
        keeping.sweep()
        return keeping.festival.issued(ids)

    return issued
