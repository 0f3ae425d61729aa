"""The issue task in real workers: coupons come out, once, whatever happens on the way."""

from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.claim import State
from tests.processes import Process
from tests.waiting import until
from tests.workers.festival import Festival


def test_a_hint_becomes_coupons(worker: Process, festival: Festival, queue: CeleryQueue) -> None:
    """Five hundred claims of one hint are issued by one task."""
    ids = festival.accept(500)
    assert queue.publish([festival.hint(ids)])
    until(lambda: festival.issued(ids), within_s=20)
    worker.says("issued=500 left=0 parked=0")
    assert "person-" not in worker.text()
