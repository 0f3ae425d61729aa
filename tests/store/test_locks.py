"""PostgreSQL's locks: no two writers deadlock, and nobody who stands still holds others up."""

from collections.abc import Callable, Iterator
from random import Random
from threading import Barrier

import psycopg
import pytest

from fulfiller.domain.claim import ClaimId, Stage
from fulfiller.domain.error import Raced, StoreUnavailable
from fulfiller.domain.outcome import Accepted
from fulfiller.service.issue import issue
from fulfiller.service.port import Writes
from fulfiller.store import hot
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from fulfiller.store.statement import Call, statement
from fulfiller.wiring import Truth
from tests.contract.crowd import LONGEST_S, aside, together
from tests.contract.world import ask, binding, claim, closing, found, press, request, taken_in
from tests.waiting import until

CONNECTED = """select count(*) from pg_stat_activity
  where application_name = 'fulfiller stopped' and datname = current_database()"""
LIMIT = statement("show transaction_timeout")
STATEMENT_LIMIT = statement("show statement_timeout")
SOON = statement("set transaction_timeout = 50")
LEASE_S = 3.0
ROUNDS = 3
PEOPLE = 1_500
WRITERS = 3


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    """A store on PostgreSQL."""
    opened = open_store(postgres_url, application="test")
    yield opened
    opened.close()


def asked(url: str, sql: str) -> int:
    """Return the one number that PostgreSQL answers."""
    with psycopg.connect(url, autocommit=True) as line:
        answer = line.execute(sql.encode()).fetchone()
        assert answer is not None
        return int(str(answer[0]))


def deadlocks(url: str) -> int:
    """Return how many deadlocks the server has had to resolve in this database."""
    others = "select count(*) from pg_stat_activity where application_name like 'fulfiller crowd%'"
    # A backend reports what it has counted at the latest when it ends.
    until(lambda: asked(url, others) == 0)
    return asked(url, "select deadlocks from pg_stat_database where datname = current_database()")


def _of(people: list[str]) -> Writes:
    """Return the transaction that enters these people in this order."""
    claims = tuple(map(claim, people))
    return Writes(claims=claims, keys=tuple(binding(one, one.user) for one in claims))


def _under(keys: list[str]) -> Writes:
    """Return the transaction that binds these keys in this order."""
    nobody = claim("nobody")
    return Writes(keys=tuple(binding(nobody, key) for key in keys))


@pytest.mark.parametrize(
    ("entering", "over"), [(_of, "claim_identity"), (_under, "caller_key_pkey")]
)
def test_arrivals_in_any_order_never_deadlock(
    entering: Callable[[list[str]], Writes], over: str, postgres_url: str
) -> None:
    """Large groups of the same people in other orders wait for each other in a row."""
    gate = Barrier(WRITERS)

    def arriving(seed: int) -> Callable[[Truth], list[str | None]]:
        chance = Random(seed)
        people = [[f"u{n}-{m}" for m in range(PEOPLE)] for n in range(ROUNDS)]
        groups = [entering(chance.sample(group, PEOPLE)) for group in people]

        def work(intake: Truth) -> list[str | None]:
            lost: list[str | None] = []
            for group in groups:
                gate.wait(LONGEST_S)
                try:
                    intake.write(group)
                except Raced as race:
                    lost.append(race.over)
            return lost

        return work

    crowd = [arriving(seed) for seed in range(WRITERS)]
    lost = together(lambda: open_store(postgres_url, application="crowd"), crowd)
    assert [one for some in lost for one in some] == [over] * (ROUNDS * (WRITERS - 1))
    assert deadlocks(postgres_url) == 0


def test_hints_that_overlap_never_deadlock(store: SqlStore, postgres_url: str) -> None:
    """Workers with the same claims in different orders, on different stripes, all end well."""
    found(store, stripes=8)
    mine = [one for start in range(8) for one in _on_stripe(store, start)]

    def working(seed: int) -> Callable[[Truth], list[ClaimId]]:
        chance = Random(seed)
        shares = [chance.sample(mine, len(mine) // 2) for _ in range(ROUNDS)]
        return lambda worker: [one for ids in shares for one in issue(ids, press(worker)).issued]

    crowd = [working(seed) for seed in range(3)]
    done = together(lambda: open_store(postgres_url, application="crowd"), crowd)
    assert deadlocks(postgres_url) == 0
    issued = [one for some in done for one in some]
    assert sorted([*issued, *issue(mine, press(store)).issued]) == sorted(mine)


def test_a_process_that_stands_still_loses_its_locks(store: SqlStore, postgres_url: str) -> None:
    """PostgreSQL ends a transaction that nobody goes on with, and the claims are free again."""
    found(store)
    mine = taken_in(store, "a")
    take = Call(hot.TAKE, {"ids": mine, "stages": ["accepted"]})
    with closing(lambda: open_store(postgres_url, application="stopped")) as stopped:
        assert isinstance(stopped, SqlStore)
        assert stopped.link.read([Call(LIMIT)]) == [[("10s",)]]
        stopped.link.read([Call(SOON)])
        with stopped.link.begin([take]) as opened:
            assert len(opened.results[0]) == 1
            until(lambda: asked(postgres_url, CONNECTED) == 0)
            with pytest.raises(StoreUnavailable):
                opened.commit([])
        assert list(issue(mine, press(stopped)).issued) == mine


def test_a_bench_counts_millions_for_as_long_as_it_takes(postgres_url: str) -> None:
    """To count ten million coupons took longer than anybody else may ask for."""
    with closing(lambda: open_store(postgres_url, application="bench")) as counting:
        assert isinstance(counting, SqlStore)
        limits = counting.link.read([Call(STATEMENT_LIMIT), Call(LIMIT)])
        assert limits == [[("0",)], [("0",)]]


def test_a_keeper_does_not_wait_for_ever(store: SqlStore, postgres_url: str) -> None:
    """Whoever waits too long for a lock is told so, a keeper before its lease runs out."""
    found(store)
    mine = taken_in(store, "a")
    with store.take(mine, (Stage.ACCEPTED,)):
        keeper = aside(lambda: open_store(postgres_url, application="keeper"), _attempting(mine))
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            keeper.result(LEASE_S)


def _attempting(ids: list[ClaimId]) -> Callable[[Truth], object]:
    return lambda store: store.attempt(ids)


def _on_stripe(store: SqlStore, start: int) -> list[ClaimId]:
    """Take in a dozen claims whose money comes from one stripe."""
    answers = ask(store, *(request(f"s{start}-{n}") for n in range(12)), start=start)
    return [answer.claim.id for answer in answers if isinstance(answer, Accepted)]
