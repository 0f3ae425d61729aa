"""Flower's logins: the first is made at first use; their file is for its owner alone to read."""

from pathlib import Path
from secrets import token_urlsafe
from stat import S_IMODE

from fulfiller.domain.error import SettingError
from fulfiller.settings import Settings, kept

FLOWER_LOGIN = "flower-credentials"
"""The file in the home with Flower's users and their passwords."""
USER = "fulfiller"
PASSWORD_BYTES = 24
OTHERS = 0o077
"""The rights of everybody but the owner."""


def login(settings: Settings) -> str:
    """Return Flower's first `user:password`; refuse a file that others can read."""
    return logins(settings)[0]


def logins(settings: Settings) -> list[str]:
    """Return every `user:password` of Flower; refuse a file that others can read."""
    file = login_file(settings)
    said = kept(file, lambda: f"{USER}:{token_urlsafe(PASSWORD_BYTES)}")
    if S_IMODE(file.stat().st_mode) & OTHERS:
        raise SettingError(f"others can read Flower's password: chmod 600 {file}")
    return [line.strip() for line in said.splitlines() if line.strip()]


def login_file(settings: Settings) -> Path:
    """Return where the login lies."""
    return settings.home / FLOWER_LOGIN
