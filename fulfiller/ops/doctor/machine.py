"""What can be wrong with this machine: Python, disk, the rights of files, the stack's settings."""

import shlex
import shutil
import sys
from pathlib import Path
from stat import S_IMODE

from fulfiller.ops.doctor.finding import Finding, failed, ok, warning
from fulfiller.ops.flower.login import FLOWER_LOGIN, OTHERS
from fulfiller.ops.supervise.home import VARIABLES
from fulfiller.settings import Settings, variables

PYTHON_MIN, PYTHON_MAX = (3, 11), (3, 14)
MIB = 1 << 20
SCARCE, LOW = 200 * MIB, 1024 * MIB
"""Free bytes below which a store may stop any moment, and below which it is time to act."""
PRIVATE = ("secret", FLOWER_LOGIN, VARIABLES)
"""Files of the home that hold secrets."""


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """Check that this Python is one that is tested."""
    said = ".".join(map(str, version))
    if version[:2] < PYTHON_MIN:
        return failed("python", f"{said} is too old", "python3.11 -m venv .venv")
    if version[:2] > PYTHON_MAX:
        return warning("python", f"{said} is newer than what is tested", "python3.14 -m venv .venv")
    return ok("python", said)


def disk(folder: Path) -> Finding:
    """Check that there is room where state is kept."""
    present = next(each for each in (folder, *folder.parents) if each.exists())
    return room(present, shutil.disk_usage(present).free)


def room(folder: Path, free: int) -> Finding:
    """Judge so many free bytes."""
    said = f"{free // MIB:,} MiB free in {folder}"
    mend = f"du -xh {shlex.quote(str(folder))} | sort -h | tail"
    if free < SCARCE:
        return failed("disk", f"only {said}: the store will refuse to write", mend, "store-slow")
    return warning("disk", f"only {said}", mend, "store-slow") if free < LOW else ok("disk", said)


def secrets(home: Path, store_file: Path | None) -> Finding:
    """Check that what is secret, and what names people, is for its owner alone."""
    private = [home / name for name in PRIVATE]
    if store_file is not None and not _is_shut(store_file.parent):
        private.append(store_file)
    bare = [file for file in private if file.exists() and not _is_shut(file)]
    if not bare:
        return ok("secrets", f"nobody else can read those in {home}")
    names = " ".join(shlex.quote(str(file)) for file in bare)
    return failed("secrets", f"others can read {', '.join(map(str, bare))}", f"chmod 600 {names}")


def settings(known: Settings) -> Finding:
    """Check that a stack that runs in this home is the one that these settings speak of."""
    file = known.home / VARIABLES
    if not file.is_file():
        return ok("settings", f"home {known.home}")
    ours = variables(known)
    theirs = [line.partition("=") for line in file.read_text("utf-8").splitlines()]
    other = [name for name, _, value in theirs if ours.get(name) != value.strip("'")]
    if not other:
        return ok("settings", f"those of the stack that runs in {known.home}")
    mend = f"set -a; . {shlex.quote(str(file))}; set +a"
    return failed("settings", f"a stack runs here with another {other[0]}", mend, "bad-deploy")


def _is_shut(path: Path) -> bool:
    return path.exists() and not S_IMODE(path.stat().st_mode) & OTHERS
