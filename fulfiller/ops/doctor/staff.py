"""Whether somebody does the work: a keeper that leads, workers that have announced slots."""

from fulfiller.domain.error import StoreError
from fulfiller.ops.doctor.finding import Finding, failed, ok
from fulfiller.service.keep import LEASE
from fulfiller.service.port import Store


def keeper(store: Store) -> list[Finding]:
    """Check that a keeper leads."""
    try:
        leader = store.leader(LEASE)
    except StoreError:
        return []  # the store's own check says so
    if leader is None:
        detail = "none leads: nothing is released, swept or sealed"
        return [failed("keeper", detail, "fulfiller keeper", "no-keeper")]
    return [ok("keeper", f"{leader} leads")]


def workers(store: Store) -> list[Finding]:
    """Check that workers have said how many tasks they run."""
    try:
        slots = store.slots()
    except StoreError:
        return []  # the store's own check says so
    if not slots:
        detail = "none was seen in the last 10 s: nothing is issued"
        return [failed("workers", detail, "fulfiller worker", "worker-lost")]
    return [ok("workers", f"{slots} slots")]
