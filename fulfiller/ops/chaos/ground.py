"""The ground that a scenario is run on: a stack of its own, made for it and gone after it."""

import re
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from tempfile import mkdtemp

from fulfiller.chaos.experiment.site import Door, Site
from fulfiller.chaos.fault.arena import Need
from fulfiller.chaos.fault.capture import contents
from fulfiller.chaos.scenario import Scenario
from fulfiller.domain.campaign import BreakerTerms, Campaign
from fulfiller.domain.error import SettingError
from fulfiller.domain.key import Scope
from fulfiller.domain.money import Money
from fulfiller.domain.validity import DAY, Validity
from fulfiller.ops.chaos.arena import StackArena
from fulfiller.ops.keys import add_key, new_key
from fulfiller.ops.supervise.plan import Plan
from fulfiller.service.create import create
from fulfiller.settings import Settings
from fulfiller.wiring import code_key, open_truth, pepper

ACCOUNT = "chaos"
VALUE = Money(1_000, "CNY")
SCOPES = (Scope.CLAIM_WRITE, Scope.CLAIM_READ)
AMPLE = 2
"""Coupons for each claim of a load, where a scenario does not say how many there are."""
NAME_MAX = 40
LINES_KEPT = 50_000
"""Lines of the processes that are kept to be looked through for codes."""


@contextmanager
def own_ground(scenario: Scenario, *, store: str | None = None) -> Iterator[Site]:
    """Start a stack for a scenario, open its campaign, and end it all afterwards."""
    home = Path(mkdtemp(prefix="fulfiller-chaos-"))
    # As root the database runs as somebody else, who must be able to come that far.
    home.chmod(0o711)
    lines: deque[bytes] = deque(maxlen=LINES_KEPT)
    plan = Plan(
        store=store or scenario.store,
        workers=scenario.workers,
        slots=scenario.slots,
        keepers=scenario.keepers,
    )
    arena = StackArena(
        home,
        plan,
        campaign=campaign_name(scenario),
        tell=lambda _name, line: lines.append(line.encode()),
        deceived=deceived(scenario),
    )
    try:
        with arena:
            settings = arena.stack.settings
            yield Site(
                arena=arena,
                door=open_door(settings, scenario, arena.campaign),
                open_truth=partial(open_truth, settings, application="chaos"),
                code_key=code_key(settings),
                captured=lambda: [*lines, *contents(settings.broker_url)],
            )
    finally:
        shutil.rmtree(home, ignore_errors=True)


def another_campaign(site: Site, scenario: Scenario) -> Site:
    """Return a site on the same stack with a campaign of its own, opened now."""
    arena = site.arena
    if not isinstance(arena, StackArena):
        raise SettingError("another campaign can be opened on a stack of our own only")
    arena.campaign = campaign_name(scenario)
    door = open_door(arena.stack.settings, scenario, arena.campaign)
    return replace(site, door=door, shared=True)


def open_door(settings: Settings, scenario: Scenario, name: str, *, lasting: int = DAY) -> Door:
    """Open the scenario's campaign for so many microseconds, and make a key for its caller."""
    with closing(open_truth(settings, application="chaos")) as store:
        now = store.now()
        store.add_account(ACCOUNT, at=now)
        create(
            campaign_of(scenario, name, (now, now + lasting)), store=store, now=now, actor=ACCOUNT
        )
        key = add_key(new_key(ACCOUNT, SCOPES, pepper=pepper(settings), now=now), store=store)
    return Door(url=settings.api_url, key=key, account=ACCOUNT, campaign=name)


def campaign_of(scenario: Scenario, name: str, window: tuple[int, int]) -> Campaign:
    """Return the campaign of a scenario, open between two instants of the store's clock."""
    terms, load = scenario.campaign, scenario.load
    claims = round(load.rate * load.seconds) + load.burst
    coupons = AMPLE * claims if terms.coupons is None else terms.coupons
    return Campaign(
        id=name,
        owner=ACCOUNT,
        value=VALUE,
        budget=coupons * VALUE.amount,
        opens_at=window[0],
        closes_at=window[1],
        zone="Asia/Shanghai",
        validity=Validity(days=30),
        issuing_rate=terms.issuing_rate,
        backlog_threshold=terms.backlog_threshold,
        resume_threshold=terms.resume_threshold,
        breaker=BreakerTerms(hold_s=terms.hold_s, ramp_s=terms.ramp_s),
    )


def campaign_name(scenario: Scenario) -> str:
    """Return a name for the campaign that no other run has."""
    plain = re.sub("[^a-z0-9]+", "-", scenario.name.lower()).strip("-")[:NAME_MAX]
    return f"chaos-{plain or 'own'}-{token_hex(3)}"


def deceived(scenario: Scenario) -> Sequence[str]:
    """Return the processes whose clocks the scenario moves."""
    return sorted({str(getattr(fault, "on", "")) for fault in scenario.faults
                   if Need.CLOCKS in fault.needs})  # fmt: skip
