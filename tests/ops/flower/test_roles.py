"""Roles from a file: who is named steers, everybody else looks on, and nonsense is refused."""

from pathlib import Path

import pytest

from fulfiller.domain.error import SettingError
from fulfiller.ops.flower.login import logins
from fulfiller.ops.flower.roles import Role, Roles, read_roles
from fulfiller.settings import load


def test_a_line_is_a_role(tmp_path: Path) -> None:
    """Comments and empty lines are passed over; an address is a name, too."""
    file = tmp_path / "flower-roles"
    assert read_roles(file) is None
    file.write_text("# who\n\nalice = operator\n li@example.com=viewer \na=b = operator\n")
    assert read_roles(file) == {
        "alice": Role.OPERATOR,
        "li@example.com": Role.VIEWER,
        "a=b": Role.OPERATOR,
    }


@pytest.mark.parametrize("line", ["alice", "alice = admin", "= operator", "alice: operator"])
def test_what_makes_no_sense_is_refused_by_its_line(tmp_path: Path, line: str) -> None:
    """Flower does not start with it either."""
    roles = Roles(tmp_path)
    roles.file.write_text(f"bob = viewer\n{line}\n")
    with pytest.raises(SettingError, match=r"flower-roles:2: write a line as alice = operator"):
        read_roles(roles.file)
    with pytest.raises(SystemExit, match="Flower stays closed"):
        roles.check()


def test_a_file_that_others_can_write_is_refused(tmp_path: Path) -> None:
    """Whoever can write it could make themselves an operator."""
    file = tmp_path / "flower-roles"
    file.write_text("alice = operator\n")
    file.chmod(0o664)
    with pytest.raises(SettingError, match=f"chmod 644 {file}"):
        read_roles(file)


def test_each_line_of_the_credentials_is_a_login(tmp_path: Path) -> None:
    """The first one is made; whoever adds more lines adds more logins."""
    settings = load({"FULFILLER_HOME": str(tmp_path)})
    (made,) = logins(settings)
    with (tmp_path / "flower-credentials").open("a") as file:
        file.write("alice:another password\n\n")
    assert logins(settings) == [made, "alice:another password"]
