"""What can be wrong with the servers: the store, its schema and clock, and the broker."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from fulfiller.broker.checkup import UNTESTED, VERSION_MIN, Checkup
from fulfiller.broker.queue import CeleryQueue
from fulfiller.clock import wall_clock
from fulfiller.domain.error import StoreError, StoreUnavailable
from fulfiller.ops.doctor.finding import Finding, away, failed, ok, warning
from fulfiller.service.port import Store
from fulfiller.store import checkup
from fulfiller.store.discretion import DISCREET, indiscreet
from fulfiller.store.endurance import ENDURING, unprepared

SQLITE = "sqlite:///"
SECOND = 1_000_000
SKEW_MAX = 1 * SECOND
"""Microseconds by which this machine's clock may differ from the store's."""
KEEP = "noeviction"
LOOKS, LOOK_EVERY_S = 12, 0.2
"""Two keepers that fight over a broker each leave their mark once a second."""
START = "fulfiller up  # or start what your settings name"
UPGRADE = "fulfiller store upgrade"
SLOW, LOST = "store-slow", "broker-lost"
"""Pages about the store and the broker."""
DIRECT = "export FULFILLER_STORE_URL=postgresql://user:password@host:5432/database"


def store(url: str) -> list[Finding]:
    """Check that the store answers, directly, with the schema that this version needs."""
    file = Path(url.removeprefix(SQLITE))
    if url.startswith(SQLITE) and not file.exists():
        return [failed("store", f"there is no {file} yet", UPGRADE)]
    try:
        before = checkup.pooler(url)
        if before is not None:
            return [pooled(before)]
        found = [ok("store", checkup.server(url)), schema(checkup.schema(url))]
        if not url.startswith("postgresql"):
            return found
        return [*found, log(indiscreet(url)), endurance(unprepared(url))]
    except StoreUnavailable as fault:
        kind = "PostgreSQL" if url.startswith("postgresql") else "the SQLite file"
        return [away("store", f"{kind} does not answer: {_first(fault)}", START, SLOW)]


def pooled(before: str) -> Finding:
    """Judge what stands between us and the store."""
    return failed("store", f"behind {before}: connect to PostgreSQL itself", DIRECT)


def schema(found: checkup.Schema) -> Finding:
    """Judge a schema."""
    if found.revision == found.head:
        return ok("schema", found.head)
    was = "there are no tables yet" if found.revision is None else f"it is {found.revision}"
    return failed("schema", f"{was}, {found.head} is needed", UPGRADE, "bad-deploy")


def log(loud: dict[str, str]) -> Finding:
    """Judge the settings by which the store's own log names people."""
    if not loud:
        return ok("store log", "what it says of a failure names nobody")
    return failed(
        "store log", f"{_told(loud)}: the store's log shows who lost a race", _set(loud, DISCREET)
    )


def endurance(short: dict[str, str]) -> Finding:
    """Judge the settings by which millions of claims get dear."""
    if not short:
        return ok("store size", "it is set for millions of claims")
    detail = f"{_told(short)}: among millions a claim costs up to 1.7 times as much"
    return warning("store size", detail, _set(short, ENDURING), SLOW)


def _told(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name} is {value}" for name, value in settings.items())


def _set(names: Iterable[str], wanted: Mapping[str, str]) -> str:
    """Return the command that sets them as wanted, without a restart."""
    each = " ".join(f"-c \"alter system set {name} = '{wanted[name]}'\"" for name in names)
    return f'psql "$FULFILLER_STORE_URL" {each} -c "select pg_reload_conf()"'


def clock(reading: Store) -> Finding:
    """Check that this machine and the store agree on the time."""
    before = wall_clock()
    try:
        stored = reading.now()
    except StoreError as fault:
        return away("clock", f"the store does not tell the time: {_first(fault)}", START, SLOW)
    return skew(stored - (before + wall_clock()) // 2)


def skew(difference: int) -> Finding:
    """Judge how far the store's clock is ahead of this machine's."""
    said = f"the store's is {abs(difference) / SECOND:.1f} s"
    side = "ahead of" if difference > 0 else "behind"
    if abs(difference) > SKEW_MAX:
        return warning("clock", f"{said} {side} this machine's", "timedatectl set-ntp true")
    return ok("clock", "this machine and the store agree")


def broker(queue: CeleryQueue, url: str, deployment: str) -> list[Finding]:
    """Check that the broker answers, is new enough, forgets nothing and is ours alone."""
    found = queue.checkup()
    if found is None:
        detail = f"it does not answer, claims wait in the store: {queue.fault}"
        return [away("broker", detail, START, LOST)]
    return [kind(found), eviction(found, url), *_owner(queue, found, deployment)]


def kind(found: Checkup) -> Finding:
    """Judge what serves as a broker."""
    if found.speaks is None:
        return warning("broker", f"{found.server}; {UNTESTED}", "valkey-server --port 6379", LOST)
    if found.speaks < VERSION_MIN:
        needed = ".".join(map(str, VERSION_MIN))
        return failed(
            "broker", f"{found.server} is older than {needed}", "apt-get install valkey", LOST
        )
    return ok("broker", found.server)


def eviction(found: Checkup, url: str) -> Finding:
    """Judge what the broker does when its memory is full."""
    if found.eviction in (None, KEEP):
        return ok("eviction", "it throws nothing away when its memory is full")
    place = urlsplit(url)
    mend = f"redis-cli -h {place.hostname or '127.0.0.1'} -p {place.port or 6379}"
    return failed(
        "eviction",
        f"{found.eviction}: full, it throws tasks away, and the keeper must offer them again",
        f"{mend} config set maxmemory-policy {KEEP}",
        LOST,
    )


def owner(mark: str | None, deployment: str) -> Finding | None:
    """Judge whose mark the broker bears; None if it is ours, or nobody's."""
    whose, dot, _ = (mark or "").partition(".")
    if not dot or whose == deployment:
        return None
    return failed(
        "key prefix",
        "another deployment uses this broker: its workers take our tasks and we take theirs",
        "export FULFILLER_BROKER_URL=redis://host:6379/1  # a database number of its own",
        LOST,
    )


def _owner(queue: CeleryQueue, first: Checkup, deployment: str) -> list[Finding]:
    found: Checkup | None = first
    looks = LOOKS if first.mark else 1
    for _ in range(looks):
        foreign = owner(found.mark if found else None, deployment)
        if foreign is not None:
            return [foreign]
        if looks > 1:
            Event().wait(LOOK_EVERY_S)
            found = queue.checkup()
    return [ok("key prefix", "the broker bears no other deployment's mark")]


def _first(fault: Exception) -> str:
    """Return the first line of what went wrong, without what may be a password."""
    return str(fault).splitlines()[0][:200]
