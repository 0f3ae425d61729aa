"""Whom a server runs as that refuses to run as root, and what that one can reach."""

import os
import pwd
from dataclasses import dataclass
from hashlib import sha256
from logging import getLogger
from pathlib import Path
from stat import S_IXOTH
from typing import TypedDict

CANDIDATES = ("postgres", "nobody")
"""Present on their own: no user is ever added to a machine."""
FALLBACK = Path("/var/lib/fulfiller")
"""Where root's servers keep their data when nobody else can enter root's own folders."""

log = getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine without privileges."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """Return whom to run as in place of root, or None when we are not root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in CANDIDATES if name in known)
    log.info("postgres.account name=%s: PostgreSQL refuses to run as root", entry.pw_name)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def open_folder(folder: Path, account: Account | None) -> Path:
    """Create a folder that this account can enter, elsewhere if it can't come that far."""
    if account is not None and not can_enter(_nearest(folder)):
        closed = folder.resolve()
        folder = FALLBACK / sha256(str(closed).encode()).hexdigest()[:12]
        log.info("postgres.moved to=%s: %s can't enter %s", folder, account.name, closed)
    folder.mkdir(parents=True, exist_ok=True)
    if account is not None:
        folder.chmod(0o711)
    return folder


def can_enter(folder: Path) -> bool:
    """Return whether everybody may pass through this folder and all above it."""
    whole = folder.resolve()
    return all(step.stat().st_mode & S_IXOTH for step in (whole, *whole.parents))


def give(path: Path, account: Account | None) -> None:
    """Make a path the account's own; without an account it stays ours."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


class Identity(TypedDict, total=False):
    """The arguments that make a new process run as somebody else."""

    user: int
    group: int
    extra_groups: tuple[int, ...]


def identity(account: Account | None) -> Identity:
    """Return what to hand to Popen; without an account, nothing."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": ()}


def _nearest(folder: Path) -> Path:
    """Return the lowest folder above this one that exists already."""
    return next(parent for parent in folder.absolute().parents if parent.exists())
