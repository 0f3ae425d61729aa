"""The moments of a store, on a real one: each side of a commit, whichever way it is asked for."""

from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest

from fulfiller.chaos.proxy.process import Proxy
from fulfiller.chaos.proxy.terms import Blow, Moment
from fulfiller.store.opening import open_store
from tests.chaos.proxy.writing import accepted, issued

TABLE = "create table note (number int)"
Write = Callable[[psycopg.Connection[tuple[object, ...]], int], None]


def _explicit(line: psycopg.Connection[tuple[object, ...]], number: int) -> None:
    with line.transaction():
        line.execute("insert into note values (%s)", (number,))


def _simple(line: psycopg.Connection[tuple[object, ...]], number: int) -> None:
    line.execute(f"begin; insert into note values ({number})".encode())
    line.execute(b"commit")


def _silent(line: psycopg.Connection[tuple[object, ...]], number: int) -> None:
    line.execute("insert into note values (%s)", (number,))


def _piped(line: psycopg.Connection[tuple[object, ...]], number: int) -> None:
    with line.pipeline():
        line.execute("insert into note values (%s)", (number,))
        line.execute("insert into note values (%s)", (-number,))


def _prepared(line: psycopg.Connection[tuple[object, ...]], number: int) -> None:
    with line.pipeline():
        line.execute("begin", prepare=True)
        line.execute("insert into note values (%s)", (number,), prepare=True)
        line.execute("commit", prepare=True)


@pytest.mark.parametrize("write", [_explicit, _simple, _silent, _piped, _prepared])
@pytest.mark.parametrize(
    ("moment", "stored"), [(Moment.BEFORE_COMMIT, False), (Moment.COMMIT_REPLY, True)]
)
def test_a_cut_commit_is_stored_or_not_and_the_client_can_t_tell(
    proxy: Proxy, detour_url: str, postgres_url: str, write: Write, moment: Moment, *, stored: bool
) -> None:
    """Ten each: before it nothing is stored, on the reply all is, and both look the same."""
    with psycopg.connect(postgres_url, autocommit=True) as direct:
        direct.execute(TABLE)
        proxy.arm("*/store", moment, Blow.CUT, times=10)
        for number in range(1, 11):
            with (
                closing(psycopg.connect(detour_url, autocommit=True)) as line,
                pytest.raises(psycopg.OperationalError),
            ):
                write(line, number)
        with closing(psycopg.connect(detour_url, autocommit=True)) as line:
            write(line, 11)
        found = direct.execute("select count(*) from note where number > 0").fetchone()
    assert found == (11 if stored else 1,)
    assert proxy.tally("*").struck == {moment: 10}


def test_the_first_update_of_a_transaction_is_a_moment(
    proxy: Proxy, detour_url: str, postgres_url: str
) -> None:
    """The second is none, and reading is none."""
    with psycopg.connect(postgres_url, autocommit=True) as direct:
        direct.execute(TABLE)
        direct.execute("insert into note values (1)")
        with psycopg.connect(detour_url, autocommit=True) as line:
            for _ in range(3):
                with line.transaction():
                    line.execute("select * from note")
                    line.execute("update note set number = number + 1")
                    line.execute("update note set number = number + 1")
            proxy.arm("*", Moment.FIRST_UPDATE, Blow.CUT)
            with pytest.raises(psycopg.OperationalError), line.transaction():
                line.execute("update note set number = 0")
        assert direct.execute("select number from note").fetchone() == (7,)
    assert proxy.tally("*").passed[Moment.FIRST_UPDATE] == 4


def test_our_own_store_works_through_it_and_its_commits_are_seen(
    proxy: Proxy, detour_url: str
) -> None:
    """Accepting commits silently, issuing by a word; both have their moments."""
    with closing(open_store(detour_url, application="test")) as store:
        ids = accepted(store, 200)
        taken = proxy.tally("*").passed
        assert taken[Moment.BEFORE_COMMIT] == taken[Moment.COMMIT_REPLY] > 0
        assert issued(store, ids) == 200
        done = proxy.tally("*").passed
        assert done[Moment.COMMIT_REPLY] > taken[Moment.COMMIT_REPLY]
        assert done[Moment.FIRST_UPDATE] > 0


def test_a_command_is_cancelled_through_it(detour_url: str) -> None:
    """A cancel comes over a connection of its own, and is understood."""
    with psycopg.connect(detour_url, autocommit=True) as line:
        line.execute("set statement_timeout = '10s'")
        line.cancel_safe(timeout=5)
        assert line.execute("select 1").fetchone() == (1,)
