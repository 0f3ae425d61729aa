"""Where and with what was measured: a figure without that says little."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from subprocess import run

from fulfiller.clock import monotonic
from fulfiller.ops.bench.stage import Stage
from fulfiller.ops.embedded import postgres, valkey

PACKAGES = ("fulfiller", "celery", "kombu", "redis", "psycopg", "sqlmodel", "uvicorn", "uvloop")
PAGE = bytes(8_192)
SYNCS = 25


def described(stage: Stage) -> dict[str, object]:
    """Return machine and versions, with how long the disk takes to sync a page."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "load_average": round(os.getloadavg()[0], 2),
        "sync_ms": round(1_000 * _sync_s(stage.home / "sync"), 2),
        "system": platform.platform(),
        "python": platform.python_version(),
        "servers": [_said(valkey.find()), _said(postgres.find() / "postgres")],
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _cpu() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def _sync_s(file: Path) -> float:
    """Return the median time in which a page gets to the disk."""
    took_s = []
    with file.open("wb") as disk:
        for _ in range(SYNCS):
            began_s = monotonic()
            disk.write(PAGE)
            disk.flush()
            os.fsync(disk.fileno())
            took_s.append(monotonic() - began_s)
    return median(took_s)


def _said(program: Path) -> str:
    done = run(  # nosec B603 # noqa: S603 - the server that was found
        [program, "--version"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
