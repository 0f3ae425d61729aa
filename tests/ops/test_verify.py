"""The proof as a command: silent laws end with 0, a broken one with 1 and its name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fulfiller.ops.cli import cli
from fulfiller.store.opening import open_store
from tests.processes import ROOT

FESTIVAL = str(ROOT / "config/campaigns/spring-festival.toml")
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, sqlite_url: str) -> Run:
    """Run a command on a store of this test's own."""
    environ = {"FULFILLER_HOME": str(tmp_path), "FULFILLER_STORE_URL": sqlite_url}
    return lambda *words: CliRunner().invoke(cli, words, env=environ)


def test_verify_proves_an_untouched_store(run: Run) -> None:
    """Every law holds where nothing happened, and exit 0 says so."""
    run("campaign", "create", FESTIVAL)
    done = run("verify")
    assert done.exit_code == 0, done.output
    assert "Every law holds." in done.stdout
    assert all(finding["ok"] for finding in json.loads(run("verify", "--json").stdout))


def test_verify_names_what_is_broken(run: Run, sqlite_url: str) -> None:
    """Money that appears from nowhere breaks a law: exit 1, and the law is named."""
    run("campaign", "create", FESTIVAL)
    _forge_money(sqlite_url)
    done = run("verify")
    assert done.exit_code == 1
    assert "BROKEN" in done.stdout


def _forge_money(url: str) -> None:
    _execute(url, 'update stripe set available = available + 2500, "limit" = "limit" + 2500')


def _execute(url: str, statement: str) -> None:
    """Change a row behind everybody's back."""
    from sqlalchemy import text

    store = open_store(url)
    with store.link.engine.begin() as connection:
        connection.execute(text(statement))
    store.close()
