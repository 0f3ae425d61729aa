"""Coupons and extensions from the command line: an operator's hands, the store's laws."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fulfiller.domain.claim import Request
from fulfiller.domain.code import grouped, mint
from fulfiller.domain.outcome import Accepted
from fulfiller.ops.cli import cli
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.service.issue import Press, issue
from fulfiller.settings import load
from fulfiller.store.opening import open_store
from fulfiller.wiring import code_key
from tests.contract.world import new_id

FESTIVAL = str(Path(__file__).parents[2] / "config/campaigns/spring-festival.toml")
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, sqlite_url: str) -> Run:
    """Run a command on a store that has the festival, open now."""
    environ = {"FULFILLER_HOME": str(tmp_path), "FULFILLER_STORE_URL": sqlite_url}

    def invoke(*words: str, said: str | None = None) -> Result:
        return CliRunner().invoke(cli, words, input=said, env=environ, prog_name="fulfiller")

    window = ("--opens", "now", "--closes", "+1d", "--valid", "+30d")
    assert invoke("campaign", "create", FESTIVAL, *window).exit_code == 0
    return invoke


@pytest.fixture
def code(run: Run, tmp_path: Path, sqlite_url: str) -> Iterator[str]:
    """The code of a coupon that was issued."""
    assert run("key", "create", "shop").exit_code == 0
    key = code_key(load({"FULFILLER_HOME": str(tmp_path)}))
    with closing(open_store(sqlite_url, application="test")) as store:
        request = Request(
            account="shop", campaign="spring-festival", user="li", key="one", fingerprint=b"one"
        )
        circumstances = Round(now=store.now(), new_id=new_id, start=0)
        (taken,) = accept((request,), store=store, circumstances=circumstances)
        assert isinstance(taken, Accepted)
        now = store.now()
        assert issue((taken.claim.id,), Press(store=store, key=key, now=lambda: now)).issued
        yield grouped(mint(taken.claim.id, 0, key).code)


def _state(run: Run, code: str) -> str:
    return str(json.loads(run("coupon", "show", code, "--json").stdout)["state"])


def test_a_coupon_is_shown_redeemed_rolled_back_and_revoked(run: Run, code: str) -> None:
    """Each command does it, says so, and leaves books that balance."""
    assert "25.00 CNY" in run("coupon", "show", code).stdout
    assert run("coupon", "redeem", code).exit_code == 0
    assert _state(run, code) == "redeemed"
    assert run("coupon", "revoke", code, "--reason", "fraud").exit_code == 1
    assert run("coupon", "rollback", code, "--reason", "power cut").exit_code == 0
    assert _state(run, code) == "issued"
    assert run("coupon", "revoke", code, "--reason", "fraud").exit_code == 0
    assert _state(run, code) == "revoked"
    verified = run("verify")
    assert verified.exit_code == 0, verified.output


def test_a_repeated_command_does_it_once(run: Run, code: str) -> None:
    """With its key a redemption may be repeated; without, it is refused with the remedy."""
    words = ("coupon", "redeem", code, "--idempotency-key", "till-4")
    first, again, other = run(*words), run(*words), run("coupon", "redeem", code)
    assert (first.exit_code, again.exit_code, other.exit_code) == (0, 0, 1)
    assert first.stdout == again.stdout
    assert "coupon rollback" in other.stderr


def test_a_code_can_be_kept_out_of_the_command_line(run: Run, code: str) -> None:
    """Where others can read what runs, `-` takes the code from the input."""
    assert "issued" in run("coupon", "show", "-", said=f"{code}\n").stdout


@pytest.mark.parametrize("verb", ["show", "redeem", "rollback"])
def test_an_unknown_coupon_fails(run: Run, verb: str) -> None:
    """Wrong check symbols or none of ours: exit 1 and one line."""
    done = run("coupon", verb, "0000-0000-0000-0000")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no such coupon" in done.stderr


def test_a_campaign_is_extended_to_the_end_of_a_day_in_its_zone(run: Run, code: str) -> None:
    """The 28th is valid all day in Shanghai; to say so twice changes nothing."""
    words = ("campaign", "extend", "spring-festival", "--until", "2096-02-28", "--json")
    first, again = (json.loads(run(*words).stdout) for _ in range(2))
    assert first["floor"] == "2096-02-28T16:00:00Z"
    assert first["rows_written"] == {"campaign": 1, "event": 1, "coupon": 0}
    assert again["rows_written"] == {"campaign": 0, "event": 0, "coupon": 0}
    shown = json.loads(run("coupon", "show", code, "--json").stdout)
    assert shown["valid_until"] == "2096-02-28T16:00:00Z"
    assert "2096-02-29 00:00 in Asia/Shanghai" in run(*words[:-1]).stdout
    assert run("verify").exit_code == 0


def test_a_campaign_that_was_extended_may_be_created_again(run: Run) -> None:
    """Whoever creates it at each deployment is not stopped by an extension in between."""
    words = ("campaign", "create", FESTIVAL, "--id", "trial")
    assert run(*words).exit_code == 0
    assert run("campaign", "extend", "trial", "--until", "2096-02-28").exit_code == 0
    assert run(*words).exit_code == 0
    assert run(*words, "--budget", "5000").exit_code == 1
    shown = json.loads(run("campaign", "show", "trial", "--json").stdout)
    assert shown["terms"]["floor"] == "2096-02-28T16:00:00Z"


@pytest.mark.parametrize(
    ("name", "until", "exit_code", "words"),
    [
        ("spring-festival", "2096-02-27", 1, "valid until 2096-02-29 00:00"),
        ("spring-festival", "2020-02-28", 1, "past"),
        ("spring-festival", "2096-02-30", 2, "--until"),
        ("spring-festival", "soon", 2, "--until"),
        ("nowhere", "2096-02-28", 1, "campaign list"),
    ],
)
def test_an_extension_that_would_be_none_is_refused(
    run: Run, name: str, until: str, exit_code: int, words: str
) -> None:
    """Nothing that was promised is taken back, and nothing is written."""
    assert run("campaign", "extend", "spring-festival", "--until", "2096-02-28").exit_code == 0
    done = run("campaign", "extend", name, "--until", until)
    assert (done.exit_code, done.stdout) == (exit_code, ""), done.output
    assert words in done.stderr
