"""Commands for parked claims: nothing is moved unasked, and every end says what was done."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fulfiller.domain.claim import ClaimId, State, public_id
from fulfiller.ops.cli import cli
from fulfiller.ops.person import operator
from fulfiller.service.move import park
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import START, found, taken_in

Run = Callable[..., Result]
SECRET = "a secret for tests that is long enough"


@pytest.fixture
def run(tmp_path: Path, sqlite_url: str) -> Run:
    """Run a command on the test's store, with nobody at the keyboard."""
    env = {
        "FULFILLER_STORE_URL": sqlite_url,
        "FULFILLER_HOME": str(tmp_path),
        "FULFILLER_SECRET": SECRET,
    }

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, ("parked", *words), env=env, prog_name="fulfiller")

    return invoke


@pytest.fixture
def store(sqlite_url: str) -> Iterator[SqlStore]:
    """The same store, with a campaign in it."""
    with closing(open_store(sqlite_url, application="test")) as opened:
        found(opened)
        yield opened


def parked(store: SqlStore, *users: str, why: str = "it is bad") -> list[ClaimId]:
    """Have claims of these users accepted and parked."""
    ids = taken_in(store, *users)
    assert len(park(ids, why, store=store, now=START, actor="worker")) == len(ids)
    return ids


def states(store: SqlStore, ids: list[ClaimId]) -> set[State]:
    """Return where these claims stand."""
    return {view.state for view in store.view(ids).values()}


def test_an_empty_list_says_so(run: Run, store: SqlStore) -> None:
    """In words for people, as an empty list for programs."""
    assert store.campaigns()
    assert run("list").stdout == "Nothing is parked.\n"
    assert json.loads(run("list", "--json").stdout) == []


def test_the_list_says_who_waits_since_when_and_why(run: Run, store: SqlStore) -> None:
    """Operators may see the user; a limit that cuts the list off says so."""
    ids = parked(store, "li", "wang")
    lines = run("list").stdout.splitlines()
    assert lines[1].split()[:4] == [public_id(ids[0]), "festival", "p2", "li"]
    assert lines[1].endswith("it is bad")
    cut = run("list", "--limit", "1")
    assert len(cut.stdout.splitlines()) == 2
    assert "--limit" in cut.stderr


@pytest.mark.parametrize("verb", [("replay",), ("abandon", "--reason", "over")])
def test_a_dry_run_moves_nothing(run: Run, store: SqlStore, verb: tuple[str, ...]) -> None:
    """It shows which claims are meant and what they are worth."""
    ids = parked(store, "li", "wang")
    done = run(*verb, "--campaign", "festival", "--dry-run")
    assert done.exit_code == 0
    assert all(public_id(i) in done.stdout for i in ids)
    assert done.stderr.startswith(f"Would {verb[0]} 2 parked claims, worth 50.00 CNY")
    assert states(store, ids) == {State.PARKED}


def test_many_are_moved_only_when_somebody_says_yes(run: Run, store: SqlStore) -> None:
    """Where nobody can be asked, `--yes` is the answer."""
    ids = parked(store, "li", "wang")
    unasked = run("replay", "--campaign", "festival")
    assert (unasked.exit_code, unasked.stdout) == (2, "")
    assert "--yes" in unasked.stderr
    assert states(store, ids) == {State.PARKED}
    done = run("replay", "--campaign", "festival", "--yes")
    assert done.stdout.split() == [public_id(i) for i in ids]
    assert done.stderr == "Replayed 2 parked claims, worth 50.00 CNY.\n"
    assert states(store, ids) == {State.ACCEPTED}


def test_a_filter_moves_what_it_means_and_no_more(run: Run, store: SqlStore) -> None:
    """A part of the reason is enough, and so is an age."""
    bad, late = parked(store, "li"), parked(store, "wang", why="it was offered too often")
    assert run("replay", "--reason", "OFFERED").exit_code == 0
    assert (states(store, bad), states(store, late)) == ({State.PARKED}, {State.ACCEPTED})
    assert run("replay", "--older-than", "9999d").stderr.startswith("Replayed nothing")
    assert run("replay", "--older-than", "1s").exit_code == 0
    assert states(store, bad) == {State.ACCEPTED}


def test_a_limit_bounds_what_is_moved(run: Run, store: SqlStore) -> None:
    """The oldest come first."""
    ids = parked(store, "li", "wang", "zhao")
    done = run("abandon", "--campaign", "festival", "--reason", "over", "--limit", "2", "--yes")
    assert done.stdout.split() == [public_id(i) for i in ids[:2]]
    assert states(store, ids[2:]) == {State.PARKED}


def test_a_named_claim_that_is_not_parked_is_a_failure(run: Run, store: SqlStore) -> None:
    """The others are moved all the same, and a script sees the difference."""
    ids = parked(store, "li")
    (waiting,) = taken_in(store, "wang")
    done = run("replay", public_id(ids[0]), public_id(waiting))
    assert done.exit_code == 1
    assert f"not parked: {public_id(waiting)}" in done.stderr
    assert states(store, ids) == {State.ACCEPTED}


@pytest.mark.parametrize(
    "words",
    [
        ("replay",),
        ("replay", "clm_7"),
        ("replay", "--older-than", "soon"),
        ("replay", public_id(ClaimId("0" * 8)), "--campaign", "festival"),
        ("replay", "--tier", "p9"),
        ("abandon", "--campaign", "festival"),
        ("abandon", "--campaign", "festival", "--reason", " "),
        ("show", "clm_7"),
    ],
)
def test_what_is_not_clear_is_a_usage_error(run: Run, store: SqlStore, words: list[str]) -> None:
    """Nothing is moved by a command that could mean something else."""
    ids = parked(store, "li")
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert states(store, ids) == {State.PARKED}


def test_a_claim_shows_who_did_what_to_it(run: Run, store: SqlStore) -> None:
    """Parked, replayed, parked again, abandoned: each with actor and reason."""
    (claim,) = ids = parked(store, "li")
    run("replay", public_id(claim))
    park(ids, "bad again", store=store, now=START + 1, actor="keeper")
    run("abandon", claim, "--reason", "it is a robot")
    lines = run("show", public_id(claim)).stdout.splitlines()
    became = [line.split("  ", 1)[1] for line in lines if line.startswith("20")]
    assert became == [
        "accepted by shop",
        "parked by worker  it is bad",
        f"replayed by {operator()}",
        "parked by keeper  bad again",
        f"declined by {operator()}  it is a robot",
    ]
    assert "state      declined" in lines
    assert run("show", public_id(ClaimId(claim[:-4] + "ffff"))).exit_code == 1
