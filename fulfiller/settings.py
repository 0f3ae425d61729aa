"""Settings: environment over file over defaults, each checked at birth, typos refused.

A name is `FULFILLER_` and the field, such as `FULFILLER_STORE_URL`; `__` may stand between
a group and its member (`FULFILLER_INTAKE__PORT`), as tables do in `fulfiller.toml`. Secrets
may lie in a file of their own, named by `..._FILE`. This module alone reads the environment.
"""

import os
import re
import tomllib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from fulfiller.domain.error import SettingError

PREFIX = "FULFILLER_"
FILE = "_file"
"""What a name ends in when its value is the path of a file that holds the secret."""
CONFIG = "config"
"""`FULFILLER_CONFIG` is the path of the settings file."""
HOME = "home"
SECRETS = ("api_key", "broker_url", "secret", "store_url")
STORES = ("sqlite:////", "postgresql://")
BROKERS = ("redis://", "rediss://", "redis+socket://", "sentinel://", "amqp://", "amqps://")
LEVELS = ("debug", "info", "warning", "error")
RATE = re.compile(r"(?=.*[1-9])\d{1,9}(\.\d{1,3})?(/[smh])?")
HOOK = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")
SECRET_BYTES = 32
SECRET_LENGTH_MIN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ between two places where this runs.

    `secret` is the root of the coupon codes and of the stored hashes of API keys; without it
    no code can be told again. `group_max`: claims committed together at most;
    `worker_slots`: tasks that one worker runs at a time. `intake_nice`: how far an intake gives
    way to workers, so that issuing comes first where processors are short. `eligibility`: a hook as
    `package.module:function`; without it an entry point of that group, if there is one.

    `door_user_rate`: claims of one user through one account, by Celery's syntax for rates, and
    `door_user_burst` how many of them at once after a rest; likewise the claims of an account
    and the requests of an address, which is one IPv4 address or one /64 network of IPv6. Empty is
    no limit. `intake_proxies`: addresses and networks of the proxies in front of the intake,
    with commas between; theirs alone is the word for whom they asked (X-Forwarded-For), and
    unnamed they count as one caller.
    """

    home: Path
    store_url: str = field(repr=False)
    secret: str = field(repr=False)
    broker_url: str = field(default="redis://127.0.0.1:6379/0", repr=False)
    intake_host: str = "127.0.0.1"
    intake_port: int = 8080
    intake_nice: int = 0
    intake_proxies: str = ""
    door_user_rate: str = "5/s"
    door_user_burst: int = 20
    door_account_rate: str = ""
    door_account_burst: int = 1_000
    door_address_rate: str = ""
    door_address_burst: int = 100
    flower_host: str = "127.0.0.1"
    flower_port: int = 5555
    group_max: int = 500
    worker_slots: int = 2
    eligibility: str = ""
    eligibility_deadline_s: int = 2
    log_level: str = "info"
    api_url: str = "http://127.0.0.1:8080"
    api_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse values out of range, naming the setting and what would do."""
        for name, fine, remedy in _checks(self):
            if not fine:
                raise SettingError(f"{_variable(name)} won't do: {remedy}")


def load(environ: Mapping[str, str] | None = None, *, client: bool = False) -> Settings:
    """Return the settings; `environ` stands in for the process's own environment.

    A missing `secret` is read from FULFILLER_HOME, and made there at first use. A `client`
    only talks to a server and gets along with an empty one.
    """
    named = _named(os.environ if environ is None else environ)
    home = Path(named.pop(HOME, "") or Path.home() / ".fulfiller").expanduser().absolute()
    given = _from_file(named.pop(CONFIG, None), home) | dict(_opened(named))
    given.setdefault("store_url", f"sqlite:///{home / 'fulfiller.db'}")
    if "secret" not in given:
        given["secret"] = "" if client else kept(home / "secret", root_secret)
    typed: dict[str, Any] = {name: _typed(name, value) for name, value in given.items()}
    return Settings(home=home, **typed)


def kept(path: Path, fresh: Callable[[], str]) -> str:
    """Return the secret in a file; create it, readable by its owner alone, if there is none."""
    try:
        if not path.exists():
            _create(path, fresh() + "\n")
    except OSError as fault:
        raise SettingError(
            f"{path} can't be written ({fault.strerror}): set {PREFIX}HOME to a folder of yours"
        ) from fault
    return _read(path, PREFIX + "HOME")


def root_secret() -> str:
    """Return a fresh root secret of 256 bits."""
    return b64encode(os.urandom(SECRET_BYTES)).decode()


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment and some more, for a program that takes its place."""
    return os.environ | more


def defaults() -> dict[str, object]:
    """Return the settings that have a default, by name."""
    return {known.name: known.default for known in fields(Settings) if known.name not in _UNFIXED}


def variables(settings: Settings) -> dict[str, str]:
    """Return the environment variables that say these settings to another process."""
    said = {known.name: getattr(settings, known.name) for known in fields(Settings)}
    return {_variable(name): str(value) for name, value in said.items() if value is not None}


def surroundings() -> dict[str, str]:
    """Return what a process started by us inherits: our environment without our settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


_UNFIXED = (HOME, "store_url", "secret", "api_key")
_TYPES = {known.name: int if known.type is int else str for known in fields(Settings)}
_NAMES = (*_TYPES, CONFIG, *(secret + FILE for secret in SECRETS))


def _create(path: Path, content: str) -> None:
    """Write a file whole or not at all; of several processes that start at once, one wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(content)
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what carries our prefix, by name; refuse unknown names and doubles."""
    named: dict[str, str] = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower().replace("__", "_")
        _check_known(variable, name, _NAMES, "unset it")
        if name in named:
            raise SettingError(f"{variable} and {_variable(name)} are the same setting: keep one")
        named[name] = environ[variable]
    return named


def _check_known(said: str, name: str, known: Iterable[str], remedy: str) -> None:
    names = tuple(known)
    if name in names:
        return
    nearest = get_close_matches(name, names, n=1, cutoff=0.5)
    meant = f"did you mean {_variable(nearest[0])}? Otherwise " if nearest else ""
    raise SettingError(f"{said} is no setting: {meant}{remedy}")


def _from_file(path: str | None, home: Path) -> dict[str, object]:
    """Return the settings of the named file, or of FULFILLER_HOME/fulfiller.toml if there."""
    file = Path(path).expanduser() if path else home / "fulfiller.toml"
    if path is None and not file.is_file():
        return {}
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingError(f"{file} can't be read as TOML: {fault}") from fault
    given = dict(_flat(tree))
    for name in given:
        _check_known(f"{name!r} in {file}", name, set(_TYPES) - {HOME}, "remove it")
    return given


def _flat(tree: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from ((f"{name}_{member}", inner) for member, inner in value.items())
        else:
            yield name, value


def _opened(named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield settings with the secrets read from the files that `..._FILE` names."""
    for name, value in named.items():
        secret = name.removesuffix(FILE)
        if name == secret:
            yield name, value
        elif secret in named:
            raise SettingError(f"{_variable(secret)} and {_variable(name)} are both set: keep one")
        else:
            yield secret, _read(Path(value), _variable(name))


def _read(path: Path, variable: str) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except OSError as fault:
        raise SettingError(f"{variable}: {path} can't be read ({fault.strerror})") from fault
    if not text:
        raise SettingError(f"{variable}: {path} is empty")
    return text


def _typed(name: str, value: object) -> object:
    if _TYPES[name] is str:
        return str(value)
    try:
        return int(str(value))
    except ValueError:
        raise SettingError(
            f"{_variable(name)} is {value!r}: write a whole number, such as {defaults()[name]}"
        ) from None


def _checks(settings: Settings) -> tuple[tuple[str, bool, str], ...]:
    """Return setting, whether it is fine, and the remedy; a secret's value is never shown."""
    ports = tuple(
        (name, 0 <= port < 65_536, f"{port} is no port, use 1 to 65535, or 0 for any free one")
        for name, port in (
            ("intake_port", settings.intake_port),
            ("flower_port", settings.flower_port),
        )
    )
    secret, hook = settings.secret, settings.eligibility
    return (
        *ports,
        *_door_checks(settings),
        ("store_url", settings.store_url.startswith(STORES), _begins(STORES)),
        ("broker_url", settings.broker_url.startswith(BROKERS), _begins(BROKERS)),
        ("secret", not secret or len(secret) >= SECRET_LENGTH_MIN, "use at least 16 characters"),
        ("group_max", 1 <= settings.group_max <= 1_000, "use 1 to 1000 claims"),
        ("intake_nice", 0 <= settings.intake_nice <= 19, "use 0 to 19, 0 gives way to nobody"),
        ("worker_slots", 1 <= settings.worker_slots <= 256, "use 1 to 256 tasks"),
        ("eligibility", not hook or bool(HOOK.fullmatch(hook)), "write package.module:function"),
        ("eligibility_deadline_s", 1 <= settings.eligibility_deadline_s <= 5, "use 1 to 5 seconds"),
        ("log_level", settings.log_level in LEVELS, f"use one of {', '.join(LEVELS)}"),
        ("api_url", settings.api_url.startswith(("http://", "https://")), "begin with http://"),
    )


def _door_checks(settings: Settings) -> Iterator[tuple[str, bool, str]]:
    for whose in ("user", "account", "address"):
        rate = getattr(settings, f"door_{whose}_rate")
        burst = getattr(settings, f"door_{whose}_burst")
        fine = not rate or bool(RATE.fullmatch(rate))
        yield f"door_{whose}_rate", fine, "write a rate such as 5/s or 200/h, or nothing for none"
        yield f"door_{whose}_burst", 1 <= burst <= 1_000_000, "use 1 to 1000000"
    proxies = [each.strip() for each in settings.intake_proxies.split(",") if each.strip()]
    yield "intake_proxies", all(map(_is_network, proxies)), "write 10.0.0.7, or 10.0.0.0/8, or both"


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _begins(schemes: Iterable[str]) -> str:
    return f"it must begin with {' or '.join(schemes)}"
