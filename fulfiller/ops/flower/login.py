"""Flower's login: made at first use, in a file of the home that its owner alone can read."""

from pathlib import Path
from secrets import token_urlsafe
from stat import S_IMODE

from fulfiller.domain.error import SettingError
from fulfiller.settings import Settings, kept

FLOWER_LOGIN = "flower-credentials"
"""The file in the home with Flower's user and password."""
USER = "fulfiller"
PASSWORD_BYTES = 24
OTHERS = 0o077
"""The rights of everybody but the owner."""


def login(settings: Settings) -> str:
    """Return Flower's `user:password`; refuse a file that others can read."""
    file = login_file(settings)
    said = kept(file, lambda: f"{USER}:{token_urlsafe(PASSWORD_BYTES)}")
    if S_IMODE(file.stat().st_mode) & OTHERS:
        raise SettingError(f"others can read Flower's password: chmod 600 {file}")
    return said


def login_file(settings: Settings) -> Path:
    """Return where the login lies."""
    return settings.home / FLOWER_LOGIN
