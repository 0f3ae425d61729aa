"""PostgreSQL goes away at the worst moments: verbs run again, and nothing is doubled or lost."""

from collections.abc import Callable, Iterator
from functools import partial
from threading import Event, Thread

import psycopg
import pytest

from fulfiller.domain.claim import ClaimId, Stage, State
from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.outcome import Accepted, Answer, Repeated
from fulfiller.domain.stripe import Purse, total
from fulfiller.ops.embedded.server import Server
from fulfiller.service.issue import issue
from fulfiller.service.move import cancel, park
from fulfiller.service.port import Writes
from fulfiller.store.opening import open_store
from fulfiller.store.proof import prove
from fulfiller.store.sqlstore import SqlStore
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import (
    START,
    VALUE,
    ask,
    event,
    everything,
    found,
    press,
    request,
    taken_in,
)
from tests.store.proxy import Cut, Wire
from tests.waiting import until

Did = tuple[ClaimId, ...]


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    """A store that nobody disturbs."""
    opened = open_store(postgres_url, application="calm")
    yield opened
    opened.close()


@pytest.fixture
def wire(postgres: Server) -> Iterator[Wire]:
    """A wire to the server that can be cut."""
    strung = Wire(postgres.port)
    yield strung
    strung.close()


@pytest.fixture
def wired(wire: Wire, postgres: Server, postgres_url: str) -> Iterator[SqlStore]:
    """A store at the far end of the wire."""
    url = postgres_url.replace(f":{postgres.port}/", f":{wire.port}/")
    opened = open_store(url, application="wired")
    yield opened
    opened.close()


def unbroken(url: str) -> list[str]:
    """Return what the proof objects to."""
    return [f"{found.law}: {found.detail}" for found in prove(url) if not found.ok]


def end_backends(url: str, application: str) -> int:
    """End the server's side of an application's connections; return how many there were."""
    with psycopg.connect(url, autocommit=True) as line:
        ended = line.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where application_name = %s and datname = current_database()",
            (f"fulfiller {application}",),
        )
        return len(ended.fetchall())


def persevering(step: Callable[[], object], tries: int = 400) -> object:
    """Run a step again for as long as the store is away, as every caller does."""
    for _ in range(tries):
        try:
            return step()
        except StoreUnavailable:
            continue
    raise AssertionError("the store never came back")


@pytest.mark.parametrize("cut", Cut)
def test_an_accept_of_unknown_outcome_runs_again(
    cut: Cut, store: SqlStore, wired: SqlStore, wire: Wire, postgres_url: str
) -> None:
    """Whether the lost answer was a yes or nothing: asking again gives the one claim."""
    found(store)
    wire.break_at("insert into claim ", cut)
    with pytest.raises(StoreUnavailable):
        ask(wired, request("li"))
    assert wire.broken.is_set()
    (answer,) = ask(wired, request("li"))
    assert isinstance(answer, Repeated if cut is Cut.AFTER else Accepted)
    assert total(store.stripes("festival"), Purse.RESERVED) == VALUE
    assert unbroken(postgres_url) == []


VERBS: dict[str, tuple[str, Callable[[SqlStore, list[ClaimId]], Did]]] = {
    "issue": ("insert into coupon ", lambda store, ids: issue(ids, press(store)).issued),
    "park": (
        "insert into event ",
        lambda store, ids: park(ids, "alone", store=store, now=START, actor="worker"),
    ),
    "cancel": (
        "insert into outcome ",
        lambda store, ids: tuple(
            one for one in ids if cancel(one, store=store, now=START, account="shop", actor="shop")
        ),
    ),
}
ENDS = {"issue": State.ISSUED, "park": State.PARKED, "cancel": State.CANCELLED}


@pytest.mark.parametrize("cut", Cut)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_of_unknown_outcome_runs_again(
    verb: str, cut: Cut, store: SqlStore, wired: SqlStore, wire: Wire, postgres_url: str
) -> None:
    """A commit whose answer was lost is found done by the next run, and not done twice."""
    found(store)
    mine = taken_in(store, "a", "b", "c")
    word, run = VERBS[verb]
    wire.break_at(word, cut)
    with pytest.raises(StoreUnavailable):
        run(wired, mine)
    done = run(wired, mine)
    assert len(done) == (len(mine) if cut is Cut.BEFORE else len(mine) - _lost(verb, mine))
    assert {shown.state for shown in store.view(mine).values()} == {ENDS[verb]}
    after = everything(store)
    assert run(wired, mine) == ()
    assert everything(store) == after
    assert unbroken(postgres_url) == []


def _lost(verb: str, ids: list[ClaimId]) -> int:
    """Return of how many claims the answer was lost: cancels go one by one."""
    return 1 if verb == "cancel" else len(ids)


def test_a_backend_that_ends_between_the_steps_leaves_nothing(
    store: SqlStore, postgres_url: str
) -> None:
    """What was taken and not committed is open again."""
    found(store)
    mine = taken_in(store, "a", "b")
    victim = open_store(postgres_url, application="victim")
    with victim.take(mine, (Stage.ACCEPTED,)) as unit:
        assert len(unit.rows) == 2
        assert end_backends(postgres_url, "victim") == 1
        with pytest.raises(StoreUnavailable):
            unit.commit(Writes(events=(event(*mine),)))
    assert sorted(issue(mine, press(victim)).issued) == mine
    victim.close()
    assert unbroken(postgres_url) == []


def test_every_way_in_comes_back_after_its_backend_has_ended(
    store: SqlStore, postgres_url: str
) -> None:
    """The first step may fail; the next one has a connection of its own again."""
    found(store)
    (mine,) = taken_in(store, "a")
    victim = open_store(postgres_url, application="victim")
    steps: list[Callable[[], object]] = [
        victim.now,
        lambda: victim.view([mine]),
        lambda: victim.attempt([mine]),
        lambda: victim.lease("keeper", "a", ttl_s=60),
        lambda: ask(victim, request("b")),
        lambda: victim.campaign("festival"),
        victim.modes,
        lambda: victim.add_account("shop", at=START),
    ]
    for step in steps:
        step()
        assert end_backends(postgres_url, "victim") >= 1
        until(partial(_comes_back, step), within_s=5)
    victim.close()


def _comes_back(step: Callable[[], object]) -> bool:
    try:
        step()
    except StoreUnavailable:
        return False
    return True


def test_stores_outlive_a_server_that_is_killed(postgres: Server, store: SqlStore) -> None:
    """While PostgreSQL is away a step says so at once; when it is back, everything goes on."""
    found(store)
    (first,) = taken_in(store, "a")
    postgres.kill()
    # The server's children notice a moment later.
    until(lambda: not _comes_back(store.now))
    assert not _comes_back(store.modes)
    assert not _comes_back(lambda: ask(store, request("b")))
    postgres.restart()
    (second,) = taken_in(store, "b")
    assert sorted(issue([first, second], press(store)).issued) == [first, second]
    assert store.modes()


def test_verbs_in_a_storm_of_ended_backends(store: SqlStore, postgres_url: str) -> None:
    """Backends end at random all the time, and every claim still ends exactly once."""
    found(store)
    people = [f"u{n}" for n in range(60)]
    over = Event()

    def storm() -> None:
        while not over.wait(0.01):
            end_backends(postgres_url, "victim")

    def life(victim: Truth, part: int) -> int:
        assert isinstance(victim, SqlStore)
        mine = people[part::3]
        ids = [_claim_of(persevering(partial(_asked, victim, user))) for user in mine]
        verbs = [verb for _, verb in VERBS.values()]
        for claim_id in ids:
            persevering(partial(verbs[part], victim, [claim_id]))
        return len(ids)

    weather = Thread(target=storm, daemon=True)
    weather.start()
    try:
        works = [partial(life, part=part) for part in range(3)]
        done = together(lambda: open_store(postgres_url, application="victim"), works)
    finally:
        over.set()
        weather.join()
    assert sum(done) == len(people)
    assert total(store.stripes("festival"), Purse.ISSUED) == 20 * VALUE
    assert total(store.stripes("festival"), Purse.RESERVED) == 20 * VALUE
    assert unbroken(postgres_url) == []


def _asked(store: SqlStore, user: str) -> Answer:
    (answer,) = ask(store, request(user))
    return answer


def _claim_of(answer: object) -> ClaimId:
    assert isinstance(answer, Accepted | Repeated)
    return answer.claim.id if isinstance(answer, Accepted) else answer.claim_id
