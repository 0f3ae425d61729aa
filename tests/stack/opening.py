"""Opening a campaign on a whole stack, and asking its store how the story went."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.key import Scope
from fulfiller.domain.money import Money
from fulfiller.domain.validity import DAY, Validity
from fulfiller.ops.keys import add_key, new_key
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.create import create
from fulfiller.wiring import Truth, pepper
from tests.stack.rush import Rush

MODES = (Kind.MODE_PAUSED, Kind.MODE_RAMPING, Kind.MODE_FLOWING)
PAGE = 5_000


def opened(truth: Truth, name: str, **terms: object) -> Campaign:
    """Create a campaign that is open, with these terms."""
    now = truth.now()
    usual = Campaign(
        id=name,
        owner="owner",
        value=Money(2500, "CNY"),
        budget=2500 * 200_000,
        opens_at=now,
        closes_at=now + DAY,
        zone="Asia/Shanghai",
        validity=Validity(days=30),
    )
    campaign = replace(usual, **terms)  # type: ignore[arg-type]
    assert create(campaign, store=truth, now=now, actor="test")
    return campaign


def caller(stack: Stack, truth: Truth, name: str) -> str:
    """Return a fresh key of an account that claims."""
    scopes = (Scope.CLAIM_WRITE, Scope.CLAIM_READ)
    fresh = new_key(name, scopes, pepper=pepper(stack.settings), now=truth.now())
    return add_key(fresh, store=truth)


def rush(stack: Stack, truth: Truth, name: str) -> Rush:
    """Return a rush at a campaign, not yet begun."""
    return Rush(stack.urls.intake, caller(stack, truth, f"caller-{name}"), name)


def events(truth: Truth, campaign: str) -> list[Event]:
    """Return a campaign's events in the order of their instants."""
    found: list[Event] = []
    position = (0, 0)
    while page := truth.unsealed(after=position, limit=PAGE):
        position = page[-1].position
        found += [entry.event for entry in page if entry.event.campaign == campaign]
    return sorted(found, key=lambda event: event.at)


def spans(log: Sequence[Event], kind: Kind) -> Iterator[tuple[int, int]]:
    """Yield from when until when a mode lasted; the last one until for ever."""
    moves = [event for event in log if event.kind in MODES]
    ends = [event.at for event in moves[1:]] + [2**62]
    for event, end in zip(moves, ends, strict=True):
        if event.kind is kind:
            yield event.at, end
