"""Roles: who may steer and who looks on, by a file in the home that is read at each request.

A line of it reads `alice = operator` or `bob = viewer`; with OAuth the name is the address.
Whoever is not named there looks on. Without the file Flower's own switch decides for all.
"""

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from stat import S_IMODE
from typing import Any

from fulfiller.domain.error import SettingError

FLOWER_ROLES = "flower-roles"
"""The file in the home with a role per login."""
WRITING = 0o022
"""The rights to write of everybody but the owner."""
NAME_MAX = 64
"""Characters of a name in the event log."""
LOOK_ON = "You look on: this takes an operator. "
Handler = Any
"""One of Flower's request handlers, of which there are no types."""


class Role(StrEnum):
    """What somebody may do: a viewer looks on, an operator steers, too."""

    VIEWER = "viewer"
    OPERATOR = "operator"


class Roles:
    """The roles of a Flower, as they are at each moment."""

    def __init__(self, home: Path) -> None:
        """Nothing is read before somebody asks."""
        self.file = home / FLOWER_ROLES

    def check(self) -> None:
        """End this process rather than start with roles that make no sense."""
        try:
            read_roles(self.file)
        except SettingError as flaw:
            raise SystemExit(f"Flower stays closed: {flaw}") from flaw

    def of(self, handler: Handler) -> Role:
        """Return the role of whoever asks; raise SettingError if the file makes no sense."""
        named = read_roles(self.file)
        if named is None:
            read_only = handler.application.options.read_only
            return Role.VIEWER if read_only else Role.OPERATOR
        return named.get(visitor(handler), Role.VIEWER)

    def why_not(self, handler: Handler) -> str | None:
        """Return why somebody who has logged in may not steer, None if they may."""
        try:
            if self.of(handler) is Role.OPERATOR:
                return None
        except SettingError as flaw:
            return f"Nobody steers: {flaw}"
        if self.file.exists():
            return f"{LOOK_ON}FULFILLER_HOME/{FLOWER_ROLES} names them."
        return f"{LOOK_ON}Start fulfiller flower --control, or name them in a file {FLOWER_ROLES}."


def read_roles(file: Path) -> Mapping[str, Role] | None:
    """Return the roles by login, None without a file; raise SettingError, naming the line."""
    try:
        lines = file.read_text("utf-8").splitlines()
        mode = S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingError(f"{file} can't be read: {fault}") from fault
    if mode & WRITING:
        raise SettingError(f"others can write Flower's roles: chmod 644 {file}")
    stated = [(at, line.strip()) for at, line in enumerate(lines, start=1)]
    return dict(_role(f"{file}:{at}", line) for at, line in stated if line and line[0] != "#")


def visitor(handler: Handler) -> str:
    """Return the name by which whoever asks has logged in: a user's, or an address with OAuth.

    Flower itself has checked the password or the cookie before.
    """
    known = handler.current_user
    if isinstance(known, str):
        return known
    _, _, credentials = handler.request.headers.get("Authorization", "").partition(" ")
    try:
        return b64decode(credentials).decode().partition(":")[0]
    except (Error, UnicodeDecodeError):
        return ""


def actor(handler: Handler) -> str:
    """Return whoever asks as the event log names them: `flower:alice`."""
    name = "".join(letter for letter in visitor(handler) if letter.isprintable())
    return f"flower:{name[:NAME_MAX]}"


def _role(place: str, line: str) -> tuple[str, Role]:
    name, _, role = (part.strip() for part in line.rpartition("="))
    if not name or role not in list(Role):
        raise SettingError(f"{place}: write a line as alice = operator, or bob = viewer")
    return name, Role(role)
