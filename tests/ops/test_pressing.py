"""Pressure from the command line: what a partner would say, in an operator's name."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result

from fulfiller.domain.breaker import Mode, Pressure
from fulfiller.domain.event import Kind
from fulfiller.ops.person import operator
from fulfiller.service.govern import Chair, govern
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import found
from tests.ops.test_cli import NOBODY, runner

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, sqlite_url: str) -> Run:
    """Run `campaign pressure` on the test's store, with no broker in sight."""
    invoke = runner(
        FULFILLER_HOME=str(tmp_path),
        FULFILLER_STORE_URL=sqlite_url,
        FULFILLER_BROKER_URL=f"redis://{NOBODY}/0",
    )
    return lambda *words: invoke("campaign", "pressure", *words)


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with a campaign in it."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened)
        yield opened


def test_full_pauses_a_campaign_and_none_lets_it_go(run: Run, store: SqlStore) -> None:
    """The breaker hears it at its next step, and the log says who reported what."""
    done = run("festival", "full", "--reason", "no cups", "--for", "20m", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["pressure"] == "full"
    fence = store.lease("keeper", "test", ttl_s=60)
    assert fence is not None
    govern(Chair(), store=store, fence=fence)
    assert store.modes()["festival"].mode is Mode.PAUSED
    assert run("festival", "none", "--reason", "all is well").exit_code == 0
    assert store.survey().reports == ()
    said = [entry.event for entry in store.unsealed(after=(0, 0), limit=9)]
    reported = [event for event in said if event.kind is Kind.PRESSURE_REPORTED]
    assert [event.actor for event in reported] == [operator()] * 2
    assert reported[0].detail.endswith(": no cups")


def test_one_merchant_speaks_for_itself(run: Run, store: SqlStore) -> None:
    """Its report stands beside those of others."""
    assert run("festival", "slow", "--key", "shop-7", "--reason", "a till down").exit_code == 0
    (report,) = store.survey().reports
    assert (report.limit_key, report.pressure) == ("shop-7", Pressure.SLOW)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nowhere", "full", "--reason", "x"), 1, "no campaign 'nowhere'"),
        (("festival", "busy", "--reason", "x"), 2, "'full'"),
        (("festival", "full"), 2, "--reason"),
        (("festival", "full", "--reason", "x", "--for", "soon"), 2, "--for"),
    ],
)
def test_what_makes_no_sense_is_refused(
    run: Run, store: SqlStore, words: tuple[str, ...], code: int, said: str
) -> None:
    """By name, with the remedy, and nothing is stored."""
    done = run(*words)
    assert (done.exit_code, said in done.output) == (code, True), done.output
    assert store.survey().reports == ()
