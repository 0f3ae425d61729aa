"""Settings: environment over file over defaults, each checked at birth, typos refused.

A name is `FULFILLER_` and the field, such as `FULFILLER_STORE_URL`; `__` may stand between
a group and its member (`FULFILLER_INTAKE__PORT`), as tables do in `fulfiller.toml`. Secrets
may lie in a file of their own, named by `..._FILE`. This module alone reads the environment.
"""

import os
import tomllib
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fulfiller.checks import checks
from fulfiller.domain.error import SettingError

PREFIX = "FULFILLER_"
FILE = "_file"
"""What a name ends in when its value is the path of a file that holds the secret."""
CONFIG = "config"
"""`FULFILLER_CONFIG` is the path of the settings file."""
HOME = "home"
SECRETS = ("api_key", "broker_url", "secret", "store_url")
TRACES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
SECRET_BYTES = 32


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

    `log_claims_per_s`: lines about single claims that one process writes in a second, of each step.
    `trace_endpoint`: where spans go, by default where OpenTelemetry's own variables say.
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
    log_format: str = "text"
    log_claims_per_s: int = 20
    trace_endpoint: str = ""
    trace_one_in: int = 1_000
    api_url: str = "http://127.0.0.1:8080"
    api_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Refuse values out of range, naming the setting and what would do."""
        for name, fine, remedy in checks(self):
            if not fine:
                raise SettingError(f"{_variable(name)} won't do: {remedy}")


def load(environ: Mapping[str, str] | None = None, *, client: bool = False) -> Settings:
    """Return the settings; `environ` stands in for the process's own environment.

    A missing `secret` is read from FULFILLER_HOME, and made there at first use. A `client`
    only talks to a server and gets along with an empty one.
    """
    environ = os.environ if environ is None else environ
    named = _named(environ)
    home = Path(named.pop(HOME, "") or Path.home() / ".fulfiller").expanduser().absolute()
    given = _from_file(named.pop(CONFIG, None), home) | dict(_opened(named))
    given.setdefault("store_url", f"sqlite:///{home / 'fulfiller.db'}")
    given.setdefault("trace_endpoint", _traces(environ))
    if "secret" not in given:
        given["secret"] = "" if client else kept(home / "secret", root_secret)
    typed: dict[str, Any] = {name: _typed(name, value) for name, value in given.items()}
    return Settings(home=home, **typed)


def _traces(environ: Mapping[str, str]) -> str:
    """Return where OpenTelemetry's own variables send traces: the second one names all of OTLP."""
    whole, base = (environ.get(name, "") for name in TRACES)
    return whole or (base and base.rstrip("/") + "/v1/traces")


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
