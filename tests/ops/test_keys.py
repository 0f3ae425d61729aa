"""Keys on the command line: made, rotated and revoked, each shown once."""

import json
from datetime import datetime, timedelta

import pytest

from tests.ops.test_cli import Run


def test_a_key_is_shown_once(run: Run) -> None:
    """The key itself goes to stdout at creation; the list and the store have no trace of it."""
    made = run("key", "create", "shop", "--scope", "ops", "--days", "3")
    key = made.stdout.strip()
    assert key.startswith("ful_")
    assert "can't be shown again" in made.stderr
    listed = run("key", "list", "--json")
    (record,) = json.loads(listed.stdout)
    assert (record["account"], record["scopes"]) == ("shop", ["ops"])
    assert record["id"] == key.split("_")[1]
    assert key.partition("_")[2].partition("_")[2] not in listed.stdout


def test_a_key_is_rotated_with_an_overlap(run: Run) -> None:
    """The new key has account and scopes of the old one, which ends after the overlap."""
    old = json.loads(run("key", "create", "shop", "--scope", "ops", "--json").stdout)
    made = run("key", "rotate", old["id"], "--overlap", "2h", "--days", "3", "--json")
    new = json.loads(made.stdout)
    assert new["key"] not in (old["key"], "")
    assert (new["account"], new["scopes"]) == ("shop", ["ops"])
    listed = {row["id"]: row for row in json.loads(run("key", "list", "--json").stdout)}
    ends = [datetime.fromisoformat(listed[row["id"]]["expires_at"]) for row in (old, new)]
    began = datetime.fromisoformat(listed[new["id"]]["created_at"])
    assert [end - began for end in ends] == [timedelta(hours=2), timedelta(days=3)]
    assert ends[0].isoformat().replace("+00:00", "Z") in made.stderr


def test_what_is_over_or_unknown_is_not_rotated(run: Run) -> None:
    """With no overlap the old key is over at once; then there is nothing left to rotate."""
    key_id = json.loads(run("key", "create", "shop", "--json").stdout)["id"]
    assert run("key", "rotate", key_id, "--overlap", "soon").exit_code == 2
    assert run("key", "rotate", key_id, "--overlap", "0s").exit_code == 0
    assert run("key", "rotate", key_id).exit_code == 1
    assert run("key", "rotate", "nobody").exit_code == 1
    assert len(json.loads(run("key", "list", "--json").stdout)) == 2


@pytest.mark.parametrize("target", ["spring-festival", "spring-festival/shop-7"])
def test_a_key_can_be_bound_to_a_campaign_and_a_merchant(run: Run, target: str) -> None:
    """What it is for is stored, listed, and kept when the key is rotated."""
    scope = ("--scope", "pressure:write")
    made = run("key", "create", "shop", *scope, "--for", target, "--json")
    first = json.loads(made.stdout)
    assert (made.exit_code, first["for"]) == (0, target)
    assert "no campaign 'spring-festival' yet" in made.stderr
    second = json.loads(run("key", "rotate", first["id"], "--json").stdout)
    listed = {row["id"]: row["for"] for row in json.loads(run("key", "list", "--json").stdout)}
    assert listed == {first["id"]: target, second["id"]: target}
    assert target in run("key", "list").stdout


@pytest.mark.parametrize("target", ["", "/shop-7", "spring-festival/"])
def test_a_binding_names_its_campaign(run: Run, target: str) -> None:
    """Half a binding is refused before any key is made."""
    made = run("key", "create", "shop", "--scope", "limit:write", "--for", target)
    assert (made.exit_code, "CAMPAIGN/KEY" in made.stderr) == (2, True)
    assert json.loads(run("key", "list", "--json").stdout) == []


def test_only_scopes_that_can_be_bound_are(run: Run) -> None:
    """Claims are not bound to anything: saying so would promise what nobody keeps."""
    made = run("key", "create", "shop", "--for", "spring-festival")
    assert (made.exit_code, "--scope pressure:write" in made.stderr) == (2, True)
    assert json.loads(run("key", "list", "--json").stdout) == []


def test_a_key_is_revoked_once(run: Run) -> None:
    """Revoking works, is seen in the list, and a second time there is nothing to revoke."""
    record = json.loads(run("key", "create", "shop", "--json").stdout)
    assert record["key"].startswith("ful_")
    assert run("key", "revoke", record["id"]).exit_code == 0
    assert run("key", "revoke", record["id"]).exit_code == 1
    (listed,) = json.loads(run("key", "list", "--json").stdout)
    assert listed["revoked_at"] is not None
