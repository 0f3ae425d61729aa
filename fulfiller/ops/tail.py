"""The command that follows what happens: a line for each event, or sums when it is too much."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

import click

from fulfiller.clock import monotonic
from fulfiller.domain.claim import public_id
from fulfiller.domain.error import StoreUnavailable
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.ops.acts import COURSE, NAMED_MAX, said
from fulfiller.ops.deeds import UNKNOWN
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.group import examples
from fulfiller.ops.halt import Halt
from fulfiller.ops.moments import earlier, stamp
from fulfiller.ops.pulse import NO_KEEPER
from fulfiller.ops.show import json_option, remark
from fulfiller.service.keep import LEASE
from fulfiller.service.log import Sealed
from fulfiller.service.port import Store
from fulfiller.settings import load
from fulfiller.wiring import open_truth

EVERY_S = 1.0
PAGE = 1_000
"""Events read at a time, and told at a time where programs listen."""
LINES = 20
"""Lines for one look; what happens more often is told in sums."""
ALL = tuple(Kind)
SECOND = 1_000_000
AWAY = "the store does not answer; waiting for it"
What = tuple[str, str, str]
"""Campaign, tier and kind of what is summed up."""


@examples(
    "fulfiller claim tail",
    "fulfiller claim tail spring-festival --since 10m",
    "fulfiller claim tail --json | jq -c 'select(.kind == \"claim.parked\")'",
)
@click.command()
@click.argument("campaign", required=False)
@click.option("--since", help="Begin before now: 10m, 2h, or RFC 3339.")
@json_option
def tail(campaign: str | None, since: str | None, *, as_json: bool) -> None:
    """Follow what happens to claims, of CAMPAIGN or of all, as it is sealed, until Ctrl-C.

    A line for each event; where there are too many for that, what happened of each kind since
    the look a second before. With --json each event is a line, however many there are.
    """
    with closing(open_truth(load(), application="cli")) as store:
        if campaign is not None and store.campaign(campaign) is None:
            raise Failed(UNKNOWN.format(campaign))
        after = newest(store) if since is None else before(since, store)
        halt = Halt()
        remark(f"Following the log behind event {after:,}; Ctrl-C ends.")
        if store.leader(LEASE) is None:
            remark(NO_KEEPER.reason)
        _follow(store, after, campaign, halt, as_json=as_json)


@dataclass(slots=True)
class Look:
    """What came in one look: the first events, those that are rare, and sums of all the rest."""

    first: list[Sealed] = field(default_factory=list)
    rare: list[Sealed] = field(default_factory=list)
    claims: Counter[What] = field(default_factory=Counter)
    hidden: int = 0
    began: int = 0
    ended: int = 0

    def add(self, sealed: Sealed) -> None:
        """Add an event; what is kept of it does not grow with their number."""
        event = sealed.event
        self.began = self.began or event.at
        self.ended = event.at
        if len(self.first) <= LINES:
            self.first.append(sealed)
        if not event.kind.startswith(COURSE):
            self.hidden += len(self.rare) == LINES
            self.rare += [sealed] * (len(self.rare) < LINES)
        tier = "" if event.tier is None else str(event.tier)
        self.claims[event.campaign, tier, event.kind.value] += len(event.ids)

    def lines(self) -> Iterator[str]:
        """Yield it in lines, of which there are a few at most."""
        if len(self.first) <= LINES:
            yield from map(line, self.first)
            return
        yield from map(line, self.rare)
        sums = [(what, claims) for what, claims in self.claims.most_common() if claims]
        for (campaign, tier, kind), claims in sums[:LINES]:
            yield f"{_span(self.began, self.ended)} {campaign} {tier} {kind} {claims:,} claims"
        if (hidden := max(0, len(sums) - LINES) + self.hidden) > 0:
            yield f"… and {hidden} lines more: --json"


def line(sealed: Sealed) -> str:
    """Return an event in a line: when, its number, of what, to how many, by whom, why."""
    event = sealed.event
    after, reason = said(event)
    parts = (
        *(_clock(event.at), f"#{sealed.number}"),
        "the service" if event.campaign == SERVICE else event.campaign,
        *(("",) if event.tier is None else (str(event.tier),)),
        event.kind.value,
        _named(event),
        *(after or "", f"by {event.actor}{f': {reason}' if reason else ''}"),
    )
    return " ".join(filter(None, parts))


def as_told(sealed: Sealed) -> dict[str, object]:
    """Return an event for programs, with all of its claims."""
    event = sealed.event
    return {
        "number": sealed.number,
        "at": stamp(event.at),
        "campaign": event.campaign,
        "tier": None if event.tier is None else str(event.tier),
        "kind": event.kind.value,
        "claim_ids": list(map(public_id, event.ids)),
        "amount": event.amount,
        "actor": event.actor,
        "detail": event.detail,
    }


def _follow(store: Store, after: int, campaign: str | None, halt: Halt, *, as_json: bool) -> None:
    is_away = False
    while not halt.asked:
        try:
            after = _look(store, after, campaign, halt, as_json=as_json)
            is_away = False
        except StoreUnavailable:
            if not is_away:
                remark(AWAY)
            is_away = True
        halt.wait(EVERY_S)


def _look(store: Store, after: int, campaign: str | None, halt: Halt, *, as_json: bool) -> int:
    """Tell what came since, at most a second's reading of it; return how far that went."""
    look, begun, page = Look(), monotonic(), PAGE
    while page == PAGE and not halt.asked and monotonic() < begun + EVERY_S:
        found = store.sealed(after=after, kinds=ALL, limit=PAGE)
        page, after = len(found), found[-1].number if found else after
        for sealed in found:
            if campaign not in (None, sealed.event.campaign) and sealed.event.campaign != SERVICE:
                continue
            if as_json:
                click.echo(json.dumps(as_told(sealed), ensure_ascii=False))
            else:
                look.add(sealed)
    for each in look.lines():
        click.echo(each)
    return after


def newest(store: Store) -> int:
    """Return the number of the newest seal."""
    last = store.last_seal()
    return 0 if last is None else last.number


def before(since: str, store: Store) -> int:
    """Return the number behind which events are of an instant or later: seals follow time."""
    try:
        instant = earlier(since, now=store.now())
    except ValueError as wrong:
        raise Misused(f"--since: {wrong}") from None
    low, high = 0, newest(store)
    while low < high:
        middle = (low + high) // 2
        found = store.sealed(after=middle, kinds=ALL, limit=1)
        if found and found[0].event.at < instant:
            low = middle + 1
        else:
            high = middle
    return low


def _named(event: Event) -> str:
    if not event.ids:
        return ""
    if len(event.ids) > NAMED_MAX:
        return f"{len(event.ids):,} claims"
    return " ".join(map(public_id, event.ids))


def _span(began: int, ended: int) -> str:
    first, last = _clock(began), _clock(ended)
    return first if first == last else f"{first}-{last}"


def _clock(instant: int) -> str:
    return stamp(instant // SECOND * SECOND)
