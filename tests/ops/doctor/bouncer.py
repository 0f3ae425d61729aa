"""A real PgBouncer before a real PostgreSQL."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psycopg

from fulfiller.ops.embedded.account import give, identity, unprivileged
from fulfiller.ops.embedded.ports import free_port
from tests.waiting import until


@contextmanager
def bouncing(program: str, url: str, *, mode: str, ignoring: str = "") -> Iterator[str]:
    """Run a pooler before a database and yield the URL through it."""
    place = urlsplit(url)
    number = free_port()
    behind = f"host={place.hostname} port={place.port} user={place.username}"
    with TemporaryDirectory(prefix="fulfiller-pooler-") as name:
        file = Path(name) / "pgbouncer.ini"
        file.write_text(
            f"[databases]\n* = {behind} password={place.password}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {number}\nunix_socket_dir =\n"
            f"auth_type = any\npool_mode = {mode}\nignore_startup_parameters = {ignoring}\n"
        )
        account = unprivileged()
        give(file, account)
        give(file.parent, account)
        process = subprocess.Popen([program, "-q", str(file)], **identity(account))
        try:
            through = f"postgresql://{place.username}@127.0.0.1:{number}{place.path}"
            until(lambda: _answers(through), what="the pooler")
            yield through
        finally:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True
