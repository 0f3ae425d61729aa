"""A scenario: what is believed, what is asked of the service, and what is done to it meanwhile."""

import tomllib
from typing import Literal

import msgspec

from fulfiller.chaos.fault.every import AnyFault
from fulfiller.domain.campaign import HOLD_S, RAMP_S
from fulfiller.domain.error import SettingError


class Load(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is asked of the door, open loop: the clock decides when, not the answers.

    `rate` claims a second for `seconds`; `batch` of them go in one request. `again` is the share
    of claims that are sent a second time under their key. `burst` claims come at once at
    `burst_at_s`.
    """

    rate: float = 200.0
    seconds: float = 12.0
    batch: int = 1
    again: float = 0.05
    burst: int = 0
    burst_at_s: float = 3.0


class Terms(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The campaign: how many coupons there are, and what its breaker goes by.

    Without `coupons` there is one for everybody. `backlog_threshold` is by default high enough
    that the breaker stays out of it; `hold_s` and `ramp_s` are the breaker's own.
    """

    coupons: int | None = None
    issuing_rate: str | None = None
    backlog_threshold: int = 1_000_000
    resume_threshold: int = 500_000
    hold_s: int = HOLD_S
    ramp_s: int = RAMP_S


class Asked(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is asked beyond the invariants; None asks nothing.

    `settle_s`: every promise is kept so soon after the last fault is healed. `p99_ms`: of the
    door's answers, without the worst second of the run. `pauses`: the breaker moved to paused at
    least once. `parked`: that many claims end parked.
    """

    settle_s: float = 60.0
    p99_ms: float | None = None
    pauses: bool = False
    parked: int = 0


class Abort(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """When a run is given up: the share of unanswered claims, or seconds that it has taken."""

    unanswered: float = 0.9
    after_s: float = 240.0


class Scenario(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A scenario, as `config/chaos/NAME.toml` has it.

    `name` is that of its file. `control` names the arm that shows what the same faults do
    without us. `workers` of `slots` each.
    """

    name: str = ""
    title: str
    hypothesis: str
    store: Literal["sqlite", "postgres"] = "postgres"
    workers: int = 2
    slots: int = 2
    keepers: int = 1
    load: Load = Load()
    campaign: Terms = Terms()
    asked: Asked = Asked()
    abort: Abort = Abort()
    control: Literal["none", "plain-celery"] = "none"
    faults: tuple[AnyFault, ...] = ()
    tags: tuple[str, ...] = ()


def read_scenario(name: str, text: str) -> Scenario:
    """Return a scenario from TOML; raise SettingError naming the field that is wrong."""
    try:
        return msgspec.convert({**tomllib.loads(text), "name": name}, Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as flaw:
        raise SettingError(f"scenario {name}: {flaw}") from flaw
