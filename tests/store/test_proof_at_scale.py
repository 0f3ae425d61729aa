"""A proof of millions: no law compares all with all, and none writes whole events to disk."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from fulfiller.clock import StoreClock
from fulfiller.domain.code import CodeKey
from fulfiller.ops.bench.claims import open_campaign, preload
from fulfiller.service.issue import Press, issue
from fulfiller.store.laws import LAWS, Law
from fulfiller.store.opening import open_store
from fulfiller.store.snapshot import Snapshot, snapshot

CLAIMS = 3_000
SCARCE = ("work_mem = '64kB'", "hash_mem_multiplier = 1", "enable_nestloop = off")
"""As little room as millions of claims leave, so that what spills spills here, too."""
SPILLED_MAX = 400
"""Pages of 8 kB on disk: 24 MB of events would be 3,000 and more, the ids in them are 100."""
KEY = CodeKey.derive(1, b"a secret for tests only")


@pytest.fixture
def seen(postgres_url: str) -> Iterator[Snapshot]:
    """A snapshot with claims in full groups, judged with next to no memory."""
    with closing(open_store(postgres_url, application="test")) as store:
        campaign = open_campaign("many", store=store)
        ids = preload(campaign, CLAIMS, store=store)
        press = Press(store=store, key=KEY, now=StoreClock(store.now).now)
        for start in range(0, CLAIMS, 500):
            issue(ids[start : start + 500], press)
    with snapshot(postgres_url) as found:
        found.connection.exec_driver_sql("analyze")
        for setting in SCARCE:
            found.connection.exec_driver_sql(f"set local {setting}")
        yield found


def test_no_law_looks_through_all_rows_for_each_row(seen: Snapshot) -> None:
    """A list that does not fit into memory is read from its start for each row."""
    for law in LAWS:
        lines = [str(row["QUERY PLAN"]) for row in seen.rows(_explained(law, ""))]
        bad = [line for line in lines if "(SubPlan" in line or "(NOT (ANY" in line]
        assert not [line for line in bad if "hashed" not in line], (law.name, lines)


def test_no_law_writes_whole_events_to_disk(seen: Snapshot) -> None:
    """What a join puts aside of an event is an id for each claim, not all of them for each."""
    for law in LAWS:
        (found,) = seen.rows(_explained(law, "(analyze, buffers, format json)"))
        plan = found["QUERY PLAN"]
        spilled = _spilled(plan if isinstance(plan, list) else json.loads(plan))
        assert spilled < SPILLED_MAX, (law.name, spilled)


def _explained(law: Law, how: str) -> str:
    return f"explain {how} {law.offenders} order by 1 limit 1"


def _spilled(plan: Any) -> int:
    (whole,) = plan
    return int(whole["Plan"].get("Temp Written Blocks", 0))
