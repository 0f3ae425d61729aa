"""The doctor's clock: a PostgreSQL whose clock goes wrong, as every session of ours sees it."""

import psycopg
import pytest

from fulfiller.ops.doctor import servers
from fulfiller.ops.doctor.finding import State
from fulfiller.store.opening import open_store

SKEWED = (
    "create schema skewed",
    """create function skewed.clock_timestamp() returns timestamptz
      return pg_catalog.clock_timestamp() + interval '{} s'""",
    "alter database {} set search_path = skewed, pg_catalog, public",
)
"""A server takes its time from the machine; a function found first stands for another machine."""


def _skew(url: str, seconds: int) -> None:
    with psycopg.connect(url, autocommit=True) as line:
        for statement, filling in zip(SKEWED, ("", seconds, url.rpartition("/")[2]), strict=True):
            line.execute(statement.format(filling).encode())


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [
        (0, State.OK, "agree"),
        (90, State.WARNING, "the store's is 90.0 s ahead of this machine's"),
        (-3600, State.WARNING, "the store's is 3600.0 s behind this machine's"),
    ],
)
def test_a_store_with_another_clock_is_found(
    postgres_url: str, seconds: int, state: State, words: str
) -> None:
    """The difference is read from the store and told with its size, its side and a command."""
    _skew(postgres_url, seconds)
    store = open_store(postgres_url, application="test")
    found = servers.clock(store)
    store.close()
    assert (found.check, found.state) == ("clock", state)
    assert words in found.detail
    assert (found.mend is None) is (state is State.OK)
