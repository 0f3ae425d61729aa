"""What a worker's main process must not have when it forks: threads, and lines to the store."""

from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fulfiller.broker.queue import CeleryQueue
from tests.waiting import until
from tests.workers.conftest import StartWorker
from tests.workers.festival import Festival


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_children_share_neither_threads_nor_lines_to_the_store(
    start_worker: StartWorker, store_url: str, festival: Festival, queue: CeleryQueue
) -> None:
    """A lock held by a thread at the fork stays locked; a line used by two answers the other."""
    worker = start_worker(store_url, slots=2)
    first, second = worker.children()
    port = urlsplit(store_url).port or 5432
    lines = partial(_lines_to, port)

    def both_have_worked() -> bool:
        queue.publish([festival.hint(festival.accept(1))])
        return bool(lines(first) and lines(second))

    until(both_have_worked, within_s=30)
    assert lines(first).isdisjoint(lines(second))
    assert (lines(first) | lines(second)).isdisjoint(lines(worker.pid))
    assert len(list(Path(f"/proc/{worker.pid}/task").iterdir())) == 1


def _lines_to(port: int, pid: int) -> set[str]:
    """Return the sockets of a process that lead to a port of this machine."""
    rows = [row.split() for row in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]]
    there = {f"socket:[{row[9]}]" for row in rows if int(row[2].partition(":")[2], 16) == port}
    return there & {_target(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()}


def _target(entry: Path) -> str:
    try:
        return str(entry.readlink())
    except OSError:
        return ""  # it has just been closed
