"""A campaign in figures: phase, mode, backlog, money; what `status` and `campaign` show."""

from collections.abc import Sequence
from dataclasses import dataclass

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import Campaign, Phase, phase
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.money import Money
from fulfiller.domain.stripe import Count, Purse, backlog, counted, total
from fulfiller.service.port import Store

HELD = "held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What an operator wants to know about a campaign at a glance."""

    campaign: str
    phase: Phase
    mode: Mode
    held: bool
    entered: int
    backlog: int
    waitlisted: int
    parked: int
    issued: int
    declined: int
    cancelled: int
    budget: Money
    reserved: Money
    left: Money

    @property
    def word(self) -> str:
        """Return the mode in a word; a held campaign issues nothing, whatever its mode."""
        return word(self.mode, held=self.held)

    def as_json(self) -> dict[str, object]:
        """Return the figures for programs: money in minor units."""
        counts = ("entered", "backlog", "waitlisted", "parked", "issued", "declined", "cancelled")
        return {
            "campaign": self.campaign,
            "phase": self.phase.value,
            "mode": self.mode.value,
            "held": self.held,
            **{name: getattr(self, name) for name in counts},
            "currency": self.budget.currency,
            "budget": self.budget.amount,
            "reserved": self.reserved.amount,
            "left": self.left.amount,
        }


def word(mode: Mode, *, held: bool) -> str:
    """Return mode and switch in one word or two."""
    if not held:
        return mode.value
    return HELD if mode is Mode.FLOWING else f"{mode.value}, {HELD}"


def figures(
    store: Store, *, now: int, campaigns: Sequence[Campaign] | None = None
) -> tuple[Figures, ...]:
    """Return the figures of these campaigns, or of all."""
    modes = store.modes()
    chosen = store.campaigns() if campaigns is None else campaigns
    return tuple(_figures(each, modes[each.id], store, now) for each in chosen)


def _figures(campaign: Campaign, mode: ModeRow, store: Store, now: int) -> Figures:
    stripes = store.stripes(campaign.id)
    currency = campaign.value.currency
    return Figures(
        campaign=campaign.id,
        phase=phase(campaign, now=now, exhausted=mode.exhausted),
        mode=mode.mode,
        held=mode.held,
        entered=counted(stripes, Count.ENTERED),
        backlog=backlog(stripes),
        waitlisted=counted(stripes, Count.WAITLISTED),
        parked=counted(stripes, Count.PARKED),
        issued=counted(stripes, Count.ISSUED),
        declined=counted(stripes, Count.DECLINED),
        cancelled=counted(stripes, Count.CANCELLED),
        budget=Money(total(stripes, Purse.LIMIT), currency),
        reserved=Money(total(stripes, Purse.RESERVED), currency),
        left=Money(total(stripes, Purse.AVAILABLE), currency),
    )
