"""The plan of a run: campaigns, crowds and processes, drawn so that all that matters is close.

Budgets run out, thresholds are passed, holds and ramps end, all within seconds.
"""

from dataclasses import dataclass
from random import Random

from fulfiller.domain.campaign import BreakerTerms, Campaign
from fulfiller.domain.money import Money
from fulfiller.domain.tier import Tier
from fulfiller.domain.validity import DAY, Validity
from fulfiller.sim.fault import Fault
from fulfiller.sim.loop import SECOND
from fulfiller.sim.world import START

VALUE = 2_500
OWNER = "owner"
OF_HOOKS = (Fault.HOOK_SILENT, Fault.HOOK_UNSURE)
SLOW = "1/s"
RATES = ("2/s", "10/s", "50/s", SLOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run begins with; `safety` is how long things go wrong, in microseconds."""

    campaigns: tuple[Campaign, ...]
    intakes: int
    workers: int
    slots: int
    keepers: int
    clients: int
    wishes: int
    people: int
    think: int
    safety: int
    visibility: int
    old_workers: bool
    hook: bool
    cured: bool
    """Whether poison is none any more once all is healed; else it must be set aside for good."""

    @classmethod
    def drawn(cls, dice: Random, focus: Fault) -> "Plan":
        """Draw a plan, in which this fault can happen."""
        first = campaign("festival", dice)
        others = (campaign("other", dice),) if dice.random() < 0.4 else ()
        clients = dice.randint(2, 5)
        return cls(
            campaigns=(first, *others),
            intakes=dice.choice((1, 2, 2, 3)),
            workers=dice.choice((1, 2, 2, 3)),
            slots=dice.choice((1, 2)),
            keepers=dice.choice((1, 2, 2)),
            clients=clients,
            wishes=dice.randint(60, 170) // clients,
            people=dice.choice((8, 30, 200)),
            think=dice.choice((5_000, 50_000, 150_000)),
            safety=dice.randint(5, 10) * SECOND,
            visibility=dice.choice((4, 8, 20)) * SECOND,
            old_workers=dice.random() < 0.2 or focus is Fault.NEWER_HINT,
            hook=dice.random() < 0.25 or focus in OF_HOOKS,
            cured=dice.random() < 0.7,
        )


def campaign(name: str, dice: Random) -> Campaign:
    """Draw a campaign's terms."""
    coupons = dice.choice((3, 8, 20, 200, 200))
    threshold = dice.choice((None, 3, 6, 12, 40))
    rate = dice.choice(RATES) if dice.random() < 0.3 else None
    opens = START - DAY if dice.random() < 0.9 else START + 2 * SECOND
    closes = START + DAY if dice.random() < 0.9 else START + dice.randint(4, 12) * SECOND
    return Campaign(
        id=name,
        owner=OWNER,
        value=Money(VALUE, "CNY"),
        budget=coupons * VALUE + dice.choice((0, 0, VALUE - 1)),
        opens_at=opens,
        closes_at=closes,
        zone="Asia/Shanghai",
        validity=Validity(days=30),
        per_user_limit=dice.choice((1, 1, 2, 3)),
        default_tier=dice.choice((Tier.P1, Tier.P2)),
        # A promise that one claim breaks at this rate is none that anybody could keep.
        promise_s=30 if rate == SLOW else dice.choice((2, 5, 30)),
        backlog_threshold=threshold,
        resume_threshold=None if threshold is None or dice.random() < 0.5 else threshold // 2,
        issuing_rate=rate,
        breaker=BreakerTerms(hold_s=dice.choice((1, 2)), hold_max_s=4, ramp_s=dice.choice((2, 5))),
        waitlist_cap=dice.choice((None, None, 2, 10)),
        pause_credit=dice.random() < 0.3,
        stripes=dice.choice((1, 2, 4)),
    )
