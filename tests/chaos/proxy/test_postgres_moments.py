"""Blows at moments between clients and a real PostgreSQL, each with its very consequence."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from fulfiller.chaos.proxy.process import Blow, Moment, Proxy
from fulfiller.clock import monotonic
from tests.chaos.proxy.writer import (
    INSERT,
    WAYS,
    Client,
    Line,
    Way,
    batched,
    implicit,
    plain,
    spoken,
)
from tests.waiting import until


@pytest.fixture
def direct(postgres_url: str) -> Iterator[Line]:
    """The server itself, with an empty table, and a table of one row."""
    with psycopg.connect(postgres_url, autocommit=True) as line:
        line.execute("create table seat (n bigint primary key)")
        line.execute("create table till as select 0 as sold")
        yield line


def rows(direct: Line) -> list[object]:
    """Return the numbers that are stored."""
    return [n for (n,) in direct.execute("select n from seat order by n")]


@pytest.fixture
def client(proxied_url: str) -> Iterator[Client]:
    """A client of the proxy's."""
    opened = Client(proxied_url)
    yield opened
    opened.close()


@pytest.mark.parametrize("moment", [Moment.BEFORE_COMMIT, Moment.COMMIT_REPLY])
def test_a_commit_is_cut_before_or_behind(
    moment: Moment, proxy: Proxy, client: Client, direct: Line
) -> None:
    """Every third of eight, twice, whichever way they write: stored whole or not at all."""
    stored = [n for n in range(16) if moment is Moment.COMMIT_REPLY or n // 2 not in {2, 5}]
    for runs, write in enumerate(WAYS, start=1):
        proxy.arm("*", moment, Blow.CUT, every=3, times=2)
        cuts = [client.lost(partial(write, n=2 * n)) for n in range(8)]
        assert cuts == [n in {2, 5} for n in range(8)], write
        until(lambda: rows(direct) == stored, what=write.__name__)
        assert proxy.tally("*").passed[moment] == 8 * runs, write
        direct.execute("truncate seat")
    tally = proxy.tally("*")
    assert tally.struck == {moment: 2 * len(WAYS)}
    assert (tally.connections, tally.resets) == (1 + 2 * len(WAYS), 2 * len(WAYS))


@pytest.mark.parametrize("write", [spoken, batched, implicit])
def test_a_stalled_commit_comes_true_later(
    write: Way, proxy: Proxy, client: Client, direct: Line
) -> None:
    """Nothing is stored while it is on its way, and all of it afterwards."""
    proxy.arm("*", Moment.BEFORE_COMMIT, Blow.STALL, stall_s=0.2)
    began = monotonic()
    with ThreadPoolExecutor(1) as pool:
        stalled = pool.submit(client.lost, lambda line: write(line, 0))
        until(lambda: proxy.tally("*").struck)
        assert rows(direct) == []
        assert not stalled.result(10)
    assert monotonic() - began >= 0.2
    assert rows(direct) == [0, 1]


def test_reading_and_rolling_back_are_no_moments(
    proxy: Proxy, client: Client, direct: Line
) -> None:
    """So are writes that hit nothing, and words that stand in texts."""

    def read(line: Line) -> None:
        line.execute("select 'commit; update'; -- commit;")
        line.execute("select 1 from seat for update")
        line.execute("select %s::text", ("; commit",))
        with line.pipeline():
            line.execute("select 1 from till for update")
            line.execute("select 2")
        for statements in (True, False):
            with line.transaction(force_rollback=True):
                line.execute(INSERT, (1,), prepare=statements)
        line.execute("begin")
        line.execute("insert into seat values (7)")
        line.execute("abort")

    assert not client.lost(read)
    assert proxy.tally("*").passed == {}
    assert not client.lost(lambda line: line.execute("delete from seat"))
    assert proxy.tally("*").passed == {"before-commit": 1}
    assert rows(direct) == []


def test_a_failed_transaction_has_no_commit_reply(
    proxy: Proxy, client: Client, direct: Line
) -> None:
    """Whatever it wrote before it failed."""

    def fail(line: Line) -> None:
        for write in (batched, implicit, plain):
            with pytest.raises(psycopg.errors.UniqueViolation):
                write(line, 0)
            line.execute("rollback")

    direct.execute("insert into seat values (1)")
    assert not client.lost(fail)
    assert "commit-reply" not in proxy.tally("*").passed
    assert rows(direct) == [1]
    assert not client.lost(lambda line: implicit(line, 2))
    assert proxy.tally("*").passed["commit-reply"] == 1


def test_a_begin_that_never_happened_is_not_believed(
    proxy: Proxy, client: Client, direct: Line
) -> None:
    """It stood behind a mistake in its pipeline, so that what follows commits by itself."""

    def err(line: Line) -> None:
        with line.pipeline():
            line.execute("select 1 / 0")
            line.execute("begin")

    def go_on(line: Line) -> None:
        with pytest.raises(psycopg.errors.DivisionByZero):
            err(line)
        implicit(line, 0)

    assert not client.lost(go_on)
    assert rows(direct) == [0, 1]
    assert proxy.tally("*").passed == {"before-commit": 1, "commit-reply": 1}


def test_the_first_update_of_a_transaction_is_cut(
    proxy: Proxy, client: Client, direct: Line
) -> None:
    """The first of each transaction is a moment, and the second is not."""

    def sell(line: Line, how: str) -> None:
        steps = ["insert into seat select 1 + count(*) from seat"]
        steps += ["update till set sold = sold + 1"] * 2
        if how == "plain":
            line.execute(";".join(["begin", *steps, "commit"]).encode())
            return
        ends = ([], []) if how == "implicit" else (["begin"], ["commit"])
        if how == "prepared":
            for step in (*ends[0], *steps, *ends[1]):
                line.execute(step.encode(), prepare=True)
            return
        with line.pipeline():
            for step in (*ends[0], *steps, *ends[1]):
                line.execute(step.encode())

    for runs, how in enumerate(("plain", "prepared", "batched", "implicit"), start=1):
        proxy.arm("*", Moment.FIRST_UPDATE, Blow.CUT, every=2)
        cuts = [client.lost(partial(sell, how=how)) for _ in range(4)]
        assert cuts == [False, True, False, False], how
        until(lambda: rows(direct) == [1, 2, 3], what=how)
        assert direct.execute("select sold from till").fetchone() == (6 * runs,)
        assert proxy.tally("*").passed["first-update"] == 4 * runs
        direct.execute("truncate seat")


def test_a_thousand_statements_in_one_pipeline(proxy: Proxy, client: Client, direct: Line) -> None:
    """A thousand commits within a pipeline: those before the blow are stored, the others not."""

    def write(line: Line) -> None:
        with line.pipeline() as pipeline:
            for n in range(1_000):
                line.execute(INSERT, (n,))
                pipeline.sync() if n % 2 else None

    proxy.arm("*", Moment.BEFORE_COMMIT, Blow.CUT, every=200)
    assert client.lost(write)
    until(lambda: rows(direct) == list(range(398)))
    assert proxy.tally("*").passed["before-commit"] == 200


def test_texts_longer_than_any_buffer_pass(proxy: Proxy, client: Client, direct: Line) -> None:
    """A long query is known by its beginning; parameters and rows are never kept."""
    proxy.arm("*", Moment.COMMIT_REPLY, Blow.CUT)
    values = ",".join(f"({n})" for n in range(20_000))
    assert client.lost(lambda line: line.execute(f"insert into seat values {values}".encode()))
    assert direct.execute("select count(*) from seat").fetchone() == (20_000,)

    def read(line: Line) -> None:
        assert len(line.execute("select n from seat").fetchall()) == 20_000
        text = "ä" * 500_000
        assert line.execute("select %s::text", (text,)).fetchone() == (text,)

    assert not client.lost(read)


def test_encryption_is_declined_and_cancelling_works(
    proxy: Proxy, proxied_url: str, direct: Line
) -> None:
    """Nothing could be read otherwise; a client that would rather have it goes on without."""
    with psycopg.connect(proxied_url, sslmode="prefer", gssencmode="prefer") as line:
        with ThreadPoolExecutor(1) as pool:
            long = pool.submit(line.execute, "select pg_sleep(100)")
            until(
                lambda: direct.execute(
                    "select 1 from pg_stat_activity where query = 'select pg_sleep(100)'"
                ).fetchone()
            )
            line.cancel_safe()
            with pytest.raises(psycopg.errors.QueryCanceled):
                long.result(10)
        line.rollback()
        proxy.arm("*", Moment.BEFORE_COMMIT, Blow.CUT)
        line.execute("insert into seat values (1)")
        with pytest.raises(psycopg.OperationalError):
            line.commit()
    assert rows(direct) == []
