"""What store and broker say at one moment: claims, money, modes, queues. No user is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fulfiller.domain.error import StoreError
from fulfiller.domain.stripe import Count, Stripe, counted
from fulfiller.domain.tier import Tier
from fulfiller.domain.waits import Waits
from fulfiller.intake.parts import Broker
from fulfiller.service.dispatch import Lane
from fulfiller.service.helm import Survey
from fulfiller.service.keep import LEASE
from fulfiller.service.port import Store
from fulfiller.service.serving import FRONT

MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the store says."""

    survey: Survey
    stripes: Mapping[str, Sequence[Stripe]]
    oldest_s: Mapping[Lane, float]
    workers: Mapping[str, int]
    leading: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    """What the broker says."""

    lengths: Mapping[str, int]
    quarantined: Mapping[str, int] = field(default_factory=dict)
    submitted: Mapping[str, int] = field(default_factory=dict)
    waits: Mapping[Tier, Waits] = field(default_factory=dict)


def read_store(store: Store) -> Books | None:
    """Return what the store says, or None if it does not answer."""
    try:
        survey = store.survey()
        stripes = {name: store.stripes(name) for name in survey.campaigns}
        return Books(
            survey=survey,
            stripes=stripes,
            oldest_s=_oldest(store, stripes, survey.now),
            workers=store.workers(),
            leading=store.leader(LEASE) is not None,
        )
    except StoreError:
        return None


def read_broker(broker: Broker) -> Queues | None:
    """Return what the broker says, or None if it does not answer."""
    lengths = broker.lengths()
    if lengths is None:
        return None
    return Queues(
        lengths=lengths,
        quarantined=broker.quarantined() or {},
        submitted=broker.submitted() or {},
        waits=broker.waits() or {},
    )


def _oldest(store: Store, stripes: Mapping[str, Sequence[Stripe]], now: int) -> dict[Lane, float]:
    """Return for each lane with a backlog how long its first claim has been ready."""
    lanes = [
        Lane(campaign, tier)
        for campaign, rows in stripes.items()
        for tier in Tier
        if counted(rows, Count.ACCEPTED, tier)
    ]
    heads = {lane: store.ready(lane, after=FRONT, limit=1) for lane in lanes}
    return {lane: max(0, now - head[0].ready_at) / MICRO for lane, head in heads.items() if head}
