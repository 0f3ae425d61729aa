"""Door limits from settings to the command line: what is set is kept, and a refusal says when."""

from pathlib import Path

import pytest

from fulfiller.domain.bucket import SECOND
from fulfiller.intake.parts import DoorLimits
from fulfiller.ops.intake import intake_parts
from fulfiller.settings import load
from tests.intake.door import NAME, opened
from tests.intake.limited import limits
from tests.ops.test_cli import runner


def door_of(home: Path, **environ: str) -> DoorLimits:
    """Return the limits of an intake with these settings."""
    return intake_parts(load({"FULFILLER_HOME": str(home), **environ})).door


def test_a_user_is_limited_from_the_start_and_nobody_else(tmp_path: Path) -> None:
    """Five claims a second and twenty at once, of one user of one account."""
    usual = door_of(tmp_path)
    assert usual.user is not None
    assert (usual.user.burst, usual.user.each) == (20, SECOND // 5)
    assert (usual.account, usual.address) == (None, None)


def test_each_limit_is_set_by_its_settings(tmp_path: Path) -> None:
    """Rate and burst of account and address, and none of the user where it is left empty."""
    door = door_of(
        tmp_path,
        FULFILLER_DOOR_USER_RATE="",
        FULFILLER_DOOR_ACCOUNT_RATE="90/m",
        FULFILLER_DOOR_ACCOUNT_BURST="7",
        FULFILLER_DOOR_ADDRESS_RATE="3600/h",
        FULFILLER_DOOR_ADDRESS_BURST="9",
    )
    assert door.user is None
    assert door.account is not None
    assert (door.account.burst, door.account.each) == (7, SECOND * 2 // 3 + 1)
    assert door.address is not None
    assert (door.address.burst, door.address.each) == (9, SECOND)


def test_intakes_of_one_deployment_know_people_by_the_same_digests(tmp_path: Path) -> None:
    """The key comes from the root secret, and is of no other use."""
    first, second = (door_of(tmp_path / name, FULFILLER_SECRET="x" * 20).key for name in "ab")
    assert first == second
    assert len(first) == 32
    assert first != door_of(tmp_path, FULFILLER_SECRET="y" * 20).key
    assert first != intake_parts(load({"FULFILLER_SECRET": "x" * 20, "FULFILLER_HOME": "/"})).pepper


@pytest.mark.parametrize("said", [(), ("--json",)])
def test_a_limit_that_is_used_up_is_no_outage(
    said: tuple[str, ...], sqlite_url: str, tmp_path: Path
) -> None:
    """`claim submit` ends with 1, not with "can't reach", and says when to come back."""
    with opened(sqlite_url, door=limits(user=("1/h", 1))) as door:
        door.campaign()
        environ = {"HOME": str(tmp_path), "API_URL": door.url, "API_KEY": door.key("teahouse")}
        run = runner(**{f"FULFILLER_{name}": value for name, value in environ.items()})
        assert run("claim", "submit", NAME, "li", *said).exit_code == 0
        done = run("claim", "submit", NAME, "li", *said)
    assert done.exit_code == 1, done.output
    assert "rate_limited" in done.stderr
    assert "come back in 3600 s" in done.stderr
