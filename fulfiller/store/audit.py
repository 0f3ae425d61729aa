"""An audit: everything that says what became of claims, read in one snapshot, as nouns.

For checkers that judge in Python what clients were told; `proof` judges in SQL what the
tables tell alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fulfiller.domain.act import Act
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import Claim, OpenClaim
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.event import Event
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.outcome import Outcome
from fulfiller.domain.stripe import Stripe
from fulfiller.service.log import Seal
from fulfiller.service.port import KeyBinding
from fulfiller.store import hot, rows
from fulfiller.store.memory import MemoryStore
from fulfiller.store.snapshot import ISOLATED, Snapshot, seen_through
from fulfiller.store.sqlstore import SqlStore
from fulfiller.store.statement import listed

T = TypeVar("T")

# As they were sealed, then what has no seal yet in the order in which it will get one.
EVENTS = f"""
  select e.xid, e.id, {listed(hot.EVENT, "e")}
  from event e left join seal s on s.event_id = e.id
  order by s.number is null, s.number, e.xid, e.id"""
SEALS = "select number, xid, event_id, digest from seal order by number"
TERMS = "select id, terms from campaign order by id"
MODES = f"select {listed(hot.MODE)} from mode order by scope"
STRIPES = f"select {listed(hot.STRIPE)} from stripe order by campaign, number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The tables at the store's time `at`; rows stand in the order of their ids.

    `events` stand in the order of their seals, those without one behind; `places` are their
    positions. `in_commit_order`: that is exactly the order in which they were committed.
    """

    at: int
    campaigns: Mapping[str, Campaign]
    claims: Sequence[Claim]
    opened: Sequence[OpenClaim]
    coupons: Sequence[Coupon]
    outcomes: Sequence[Outcome]
    bindings: Sequence[KeyBinding]
    acts: Sequence[Act]
    stripes: Sequence[Stripe]
    events: Sequence[Event]
    places: Sequence[tuple[int, int]]
    seals: Sequence[Seal]
    modes: Mapping[str, ModeRow]
    in_commit_order: bool


def audit(store: MemoryStore | SqlStore) -> Audit:
    """Read everything as at one moment."""
    return _of_memory(store) if isinstance(store, MemoryStore) else _of_database(store)


def _of_memory(store: MemoryStore) -> Audit:
    shelves = store.shelves
    return Audit(
        at=store.now(),
        campaigns=dict(sorted(shelves.campaigns.items())),
        claims=[shelves.claims[key] for key in sorted(shelves.claims)],
        opened=[shelves.open[key] for key in sorted(shelves.open)],
        coupons=[shelves.coupons[key] for key in sorted(shelves.coupons)],
        outcomes=[shelves.outcomes[key] for key in sorted(shelves.outcomes)],
        bindings=[shelves.keys[key] for key in sorted(shelves.keys)],
        acts=[shelves.acts[key] for key in sorted(shelves.acts)],
        stripes=[shelves.stripes[key] for key in sorted(shelves.stripes)],
        events=list(shelves.events),
        places=[(0, number) for number in range(1, len(shelves.events) + 1)],
        seals=list(shelves.seals),
        modes=dict(sorted(shelves.modes.items())),
        in_commit_order=True,
    )


def _of_database(store: SqlStore) -> Audit:
    with store.link.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(**ISOLATED)
        return _seen(seen_through(connection), store.now())


def _seen(seen: Snapshot, at: int) -> Audit:
    events = [_cells(row) for row in seen.stream(EVENTS)]
    seals = [_cells(row) for row in seen.stream(SEALS)]
    terms = {row["id"]: rows.campaign(row["terms"]) for row in seen.rows(TERMS)}
    modes = [rows.mode(_cells(row)) for row in seen.rows(MODES)]
    stripes = [rows.stripe(hot.STRIPE, _cells(row)) for row in seen.rows(STRIPES)]
    return Audit(
        at=at,
        campaigns=terms,
        claims=_all(seen, "claim", hot.CLAIM, "claim_id", rows.claim),
        opened=_all(seen, "open_claim", hot.OPEN_CLAIM, "claim_id", rows.open_claim),
        coupons=_all(seen, "coupon", hot.COUPON, "claim_id", rows.coupon),
        outcomes=_all(seen, "outcome", hot.OUTCOME, "claim_id", rows.outcome),
        bindings=_all(seen, "caller_key", hot.CALLER_KEY, "account, key", _binding),
        acts=_all(seen, "coupon_act", hot.ACT, "account, key, verb", rows.act),
        stripes=stripes,
        events=[rows.event(cells[2:]) for cells in events],
        places=[(cells[0], cells[1]) for cells in events],
        seals=[Seal(number, (xid, event), bytes(digest)) for number, xid, event, digest in seals],
        modes={mode.scope: mode for mode in modes},
        # One writer after the other: each transaction's events come after those before it.
        in_commit_order=seen.dialect == "sqlite",
    )


def _all(
    seen: Snapshot,
    table: str,
    names: tuple[str, ...],
    order: str,
    read: Callable[[tuple[Any, ...]], T],
) -> list[T]:
    # Ids as text, whatever a driver makes of them.
    columns = ("cast(claim_id as text)" if name == "claim_id" else f'"{name}"' for name in names)
    query = f"select {', '.join(columns)} from {table} order by {order}"
    return [read(_cells(row)) for row in seen.stream(query)]


def _binding(cells: tuple[Any, ...]) -> KeyBinding:
    account, key, claim_id, fingerprint, at = cells
    return KeyBinding(account, key, claim_id, bytes(fingerprint), at)


def _cells(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.values())
