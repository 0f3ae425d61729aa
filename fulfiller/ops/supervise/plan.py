"""What a stack consists of: where its state lies, its store and broker, how many of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fulfiller.ops.supervise.ports import ANY, wanted_port
from fulfiller.settings import PREFIX, Settings, defaults, load, variables

SQLITE = "sqlite"
POSTGRES = "postgres"
EMBEDDED = "embedded"
LOOPBACK = "127.0.0.1"
Detour = Callable[[str, Settings], Mapping[str, str]]
"""What a process gets beside the settings that all share, by its name."""


def no_detour(_name: str, _settings: Settings) -> Mapping[str, str]:
    """Send no process another way than the others."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The shape of a stack. Port 0 is any free one.

    `store` is `sqlite`, `postgres` (both embedded, below the home) or a URL; `broker` is
    `embedded` or a URL. `variables` are settings for all its processes besides. `detour` says
    what else the environment of a process holds, by its name, once the servers are open.
    """

    store: str = SQLITE
    broker: str = EMBEDDED
    workers: int = 1
    slots: int = 2
    keepers: int = 1
    flower: bool = True
    intake_port: int = ANY
    flower_port: int = ANY
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    detour: Detour = no_detour


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """Where the doors of a running stack are, all of them on loopback."""

    intake: str
    docs: str
    flower: str


def from_settings(settings: Settings, *, postgres: bool, workers: int) -> Plan:
    """Return the plan that follows from a user's settings: fixed ports, embedded by default."""
    known = defaults()
    theirs = settings.broker_url if settings.broker_url != known["broker_url"] else EMBEDDED
    return Plan(
        store=POSTGRES if postgres else settings.store_url,
        broker=theirs,
        workers=workers,
        slots=settings.worker_slots,
        intake_port=settings.intake_port,
        flower_port=settings.flower_port,
        variables=variables(settings),
    )


def settled(home: Path, plan: Plan, *, store_url: str, broker_url: str) -> Settings:
    """Return the settings of a stack, its ports chosen; raise CannotStart if one is taken."""
    intake_port = wanted_port(
        plan.variables.get(f"{PREFIX}INTAKE_HOST", LOOPBACK),
        plan.intake_port,
        name="intake",
        remedy=f"set {PREFIX}INTAKE_PORT, or end what listens there",
    )
    flower_port = wanted_port(
        plan.variables.get(f"{PREFIX}FLOWER_HOST", LOOPBACK),
        plan.flower_port,
        name="Flower",
        remedy=f"set {PREFIX}FLOWER_PORT, or end what listens there",
    )
    return load(
        {
            **plan.variables,
            f"{PREFIX}HOME": str(home),
            f"{PREFIX}STORE_URL": store_url,
            f"{PREFIX}BROKER_URL": broker_url,
            f"{PREFIX}INTAKE_PORT": str(intake_port),
            f"{PREFIX}FLOWER_PORT": str(flower_port),
            f"{PREFIX}WORKER_SLOTS": str(plan.slots),
            f"{PREFIX}API_URL": f"http://{LOOPBACK}:{intake_port}",
        }
    )


def urls(settings: Settings) -> Urls:
    """Return the doors that these settings describe."""
    intake = f"http://{settings.intake_host}:{settings.intake_port}"
    flower = f"http://{settings.flower_host}:{settings.flower_port}"
    return Urls(intake=intake, docs=f"{intake}/docs", flower=flower)
