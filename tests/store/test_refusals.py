"""Folding refusals on PostgreSQL: whoever comes while another folds waits, and adds nothing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg

from fulfiller.store import refusals
from fulfiller.store.opening import open_store
from tests.contract.world import found
from tests.waiting import until

WAITING = """select 1 from pg_stat_activity where wait_event_type = 'Lock'
  and application_name = 'fulfiller folding' and datname = current_database()"""
SOLD_OUT = {("festival", "sold_out"): 3}


def test_what_another_is_folding_is_not_folded_again(postgres_url: str) -> None:
    """The sum is the same as before, although both had begun before either was done."""
    with (
        closing(open_store(postgres_url, application="test")) as store,
        closing(open_store(postgres_url, application="folding")) as second,
        psycopg.connect(postgres_url) as first,
        ThreadPoolExecutor(1) as pool,
    ):
        found(store)
        store.tell_refusals("a", SOLD_OUT)
        before = store.now() + 1_000_000
        for step in (refusals.LOCK_SILENT, refusals.FOLD, refusals.DROP_SILENT):
            first.execute(step.postgresql.encode(), {"before": before})
        done = pool.submit(second.fold_refusals, before=before)
        with psycopg.connect(postgres_url, autocommit=True) as looking:
            until(lambda: looking.execute(WAITING).fetchone(), what="the second waits")
        first.commit()
        done.result(20)
        assert store.refusals() == {"festival": {"sold_out": 3}}
