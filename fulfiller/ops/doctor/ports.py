"""Whether the doors' ports are free, ours already, or somebody else's, and then whose."""

import socket
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

from fulfiller.ops.doctor.finding import Finding, failed, ok
from fulfiller.ops.embedded.ports import free_port

ANSWER_S = 1.0
ANY = 0
LISTENING = "0A"
PROC = Path("/proc")
RUNBOOKS = {"intake": "intake-down"}
SIGNS = {"intake": ("/livez", b'"alive"'), "flower": ("/healthcheck", b"OK")}
"""Where each door says that it is itself, and in which words."""


def port(name: str, host: str, number: int) -> Finding:
    """Check that a door can open at its port, or stands open there already."""
    check, where = f"{name} port", f"{host}:{number}"
    if number == ANY:
        return ok(check, "any free one")
    if _is_free(host, number):
        return ok(check, f"{where} is free")
    if _answers(name, host, number):
        return ok(check, f"{name} answers on {where}")
    mend = f"export FULFILLER_{name.upper()}_PORT={free_port()}"
    return failed(check, f"{where} is taken by {holder(number)}", mend, RUNBOOKS.get(name))


def holder(number: int) -> str:
    """Return which process listens on a port, as far as this user may know."""
    sockets = {f"socket:[{inode}]" for inode in _inodes(number)}
    for link in PROC.glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) in sockets:
                process = link.parents[1]
                return f"process {process.name} ({(process / 'comm').read_text().strip()})"
        except OSError:
            continue  # it has ended, or is somebody else's
    return "another process"


def _inodes(number: int) -> list[str]:
    """Return the sockets that listen on a port, by the kernel's own table."""
    tables = [table for table in (PROC / "net/tcp", PROC / "net/tcp6") if table.exists()]
    rows = [line.split() for table in tables for line in table.read_text().splitlines()[1:]]
    local = f":{number:04X}"
    return [row[9] for row in rows if row[3] == LISTENING and row[1].endswith(local)]


def _is_free(host: str, number: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        # As servers do: a port whose last owner has just gone is not taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, number))
        except OSError:
            return False
    return True


def _answers(name: str, host: str, number: int) -> bool:
    path, words = SIGNS[name]
    shown = f"[{host}]" if ":" in host else host
    try:
        with urlopen(f"http://{shown}:{number}{path}", timeout=ANSWER_S) as answer:  # nosec B310 # ours, http
            return words in answer.read(1_024)
    except (OSError, ValueError):
        return False
