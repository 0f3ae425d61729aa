"""The store port over a link to PostgreSQL or SQLite.

Hot paths go over the link in batches; what is not hot is a mixin of SQLModel sessions.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, OpenClaim, Stage, State
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.outcome import Ending, Outcome
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE
from fulfiller.domain.stripe import Stripe
from fulfiller.service.helm import Survey
from fulfiller.service.log import Seal, Sealed, Unsealed
from fulfiller.service.port import Ask, ClaimView, Key, KeyBinding, Sight, Writes
from fulfiller.store import hot, rows
from fulfiller.store.dispatch import Dispatch
from fulfiller.store.link import Link
from fulfiller.store.statement import Call, Fill
from fulfiller.store.unit import Foresight, SqlUnit
from fulfiller.store.writing import steps

MICRO = 1_000_000
OPEN_WIDTH = len(hot.OPEN_CLAIM)
PACED = (True,)
"""What follows an open row that was taken, if its campaign has a rate."""
ENDED = {Ending.CANCELLED: State.CANCELLED, Ending.DECLINED: State.DECLINED}


class SqlStore(Dispatch):
    """Every port of ours on one database; one object per thread of use."""

    def __init__(self, link: Link) -> None:
        """Use this link, which opens and renews its connection by itself."""
        super().__init__(link)
        self._terms: dict[str, Campaign] = {}
        self._foresight = Foresight()

    # Accepting

    def look(self, ask: Ask) -> Sight:
        """Read everything that deciding a group of requests takes, in one round trip."""
        campaigns = {"campaigns": ask.campaigns}
        accounts, keys = zip(*ask.keys, strict=True)
        users = {user: None for _, user in ask.people}
        limits = {SERVICE_RATE, *product(ask.campaigns, (EVERY_KEY, *ask.limit_keys))}
        modes, terms, stripes, bound, priors, rated = self.link.read(
            (
                Call(hot.LOOK_MODES, {"scopes": (SERVICE, *ask.campaigns)}),
                Call(hot.LOOK_CAMPAIGNS, campaigns),
                Call(hot.LOOK_STRIPES, campaigns),
                Call(hot.LOOK_KEYS, {"accounts": tuple(dict.fromkeys(accounts)), "keys": keys}),
                Call(hot.LOOK_PRIORS, campaigns | {"users": tuple(users)}),
                Call(hot.LOOK_PACES, rows.scopes(limits)),
            )
        )
        return Sight(
            campaigns={str(cells[0]): rows.campaign(str(cells[1])) for cells in terms},
            modes={row.scope: row for row in map(rows.mode, modes)},
            stripes=rows.grouped(stripes, hot.STRIPE_SIGHT),
            keys={(key.account, key.key): key for key in map(_binding, bound)},
            priors=rows.by_person(map(rows.prior, priors)),
            rated=frozenset(rows.pace(cells[:4]).scope for cells in rated),
        )

    def write(self, writes: Writes) -> None:
        """Write a whole transaction in one round trip."""
        self.link.write(steps(writes))

    # Moving open claims

    @contextmanager
    def take(
        self, ids: Sequence[ClaimId], stages: Collection[Stage], *, unheld: bool = False
    ) -> Iterator[SqlUnit[OpenClaim]]:
        """Delete the open rows that stand at one of these stages, and return them."""
        statement = hot.TAKE_UNHELD if unheld else hot.TAKE
        args = {"ids": ids, "stages": [stage.value for stage in stages]}
        ahead = self._foresight if unheld else Foresight()
        with self.link.begin((Call(statement, args), *ahead.calls())) as opened:
            found = [rows.open_claim(cells[:OPEN_WIDTH]) for cells in opened.results[0]]
            paced = any(cells[OPEN_WIDTH:] == PACED for cells in opened.results[0])
            yield SqlUnit(opened, found, paced=paced, foresight=ahead)

    @contextmanager
    def shift(
        self, ids: Sequence[ClaimId], old: Stage, new: Stage, *, ready_at: int | None = None
    ) -> Iterator[SqlUnit[OpenClaim]]:
        """Move open rows from one stage to another and return them as they are now."""
        statement = hot.SHIFT if ready_at is None else hot.SHIFT_READY
        args: dict[str, object] = {"ids": ids, "old": old.value, "new": new.value}
        args |= {} if ready_at is None else {"ready_at": ready_at}
        with self.link.begin((Call(statement, args),)) as opened:
            yield SqlUnit(opened, list(map(rows.open_claim, opened.results[0])))

    def attempt(self, ids: Sequence[ClaimId], *, fence: int | None = None) -> Mapping[ClaimId, int]:
        """Count one more attempt at these accepted claims, commit, return the counts."""
        fenced = steps(Writes(fence=fence))
        found = self.link.write((Call(hot.ATTEMPT, {"ids": ids}), *fenced))[0]
        return {ClaimId(str(cells[0])): int(str(cells[1])) for cells in found}

    @contextmanager
    def lock(self, campaign: str) -> Iterator[SqlUnit[Stripe]]:
        """Lock all stripes of a campaign, ascending, and return them whole."""
        with self.link.begin((Call(hot.LOCK_STRIPES, {"campaign": campaign}),)) as opened:
            yield SqlUnit(opened, [rows.stripe(hot.STRIPE, c) for c in opened.results[0]])

    # Reading

    def terms(self, campaign_id: str) -> Campaign | None:
        """Return a campaign for what never changes of it, read once, or with each survey."""
        known = self._terms.get(campaign_id)
        if known is None and (known := self.campaign(campaign_id)) is not None:
            self._terms[campaign_id] = known
        return known

    def survey(self) -> Survey:
        """Read everything that governing takes, in one round trip."""
        found = super().survey()
        # The keeper serves tiers by the weights that its campaigns have now.
        self._terms.update(found.campaigns)
        return found

    def stripes(self, campaign: str) -> Sequence[Stripe]:
        """Return a campaign's stripes whole, in one snapshot."""
        found = self._one(hot.READ_STRIPES, campaign=campaign)
        return [rows.stripe(hot.STRIPE, cells) for cells in found]

    def view(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, ClaimView]:
        """Return these claims as they are now, in one round trip.

        The open rows are read first: a claim that leaves its stage meanwhile has its coupon
        or outcome in the later reads, and one that has neither is still where it was.
        """
        args = {"ids": tuple(ids)}
        reads = (hot.VIEW_CLAIMS, hot.VIEW_STAGES, hot.VIEW_COUPONS, hot.VIEW_OUTCOMES)
        claims, stages, coupons, outcomes = self.link.read([Call(r, args) for r in reads])
        open_at = {str(cells[0]): State(str(cells[1])) for cells in stages}
        coupon = {one.claim_id: one for one in map(rows.coupon, coupons)}
        outcome = {one.claim_id: one for one in map(rows.outcome, outcomes)}
        return {
            one.id: _view(ClaimView(one, State.ACCEPTED), open_at, coupon, outcome)
            for one in map(rows.claim, claims)
        }

    def of_account(self, account: str, ids: Collection[ClaimId]) -> Collection[ClaimId]:
        """Return those of these claims that are an account's."""
        found = self._one(hot.OF_ACCOUNT, ids=tuple(ids), account=account)
        return {ClaimId(str(claim_id)) for (claim_id,) in found}

    def by_key(self, keys: Collection[Key]) -> Mapping[Key, ClaimId]:
        """Return the claims that these idempotency keys stand for; unbound ones are left out."""
        accounts = tuple({account: None for account, _ in keys})
        found = self._one(hot.LOOK_KEYS, accounts=accounts, keys=tuple(name for _, name in keys))
        bound = {(row.account, row.key): row.claim_id for row in map(_binding, found)}
        return {key: bound[key] for key in keys if key in bound}

    # Keeping

    def last_seal(self) -> Seal | None:
        """Return the newest seal."""
        for number, xid, event_id, digest in self._one(hot.LAST_SEAL):
            return Seal(number, (xid, event_id), bytes(digest))
        return None

    def unsealed(self, *, after: tuple[int, int], limit: int) -> Sequence[Unsealed]:
        """Return events behind a position that no running transaction can still precede."""
        found = self._one(hot.UNSEALED, xid=after[0], id=after[1], limit=limit)
        return [Unsealed((cells[0], cells[1]), rows.event(cells[2:])) for cells in found]

    def sealed(self, *, after: int, kinds: Collection[Kind], limit: int) -> Sequence[Sealed]:
        """Return sealed events of these kinds behind a number, in order."""
        wanted = [kind.value for kind in kinds]
        found = self._one(hot.SEALED, number=after, kinds=wanted, limit=limit)
        return [Sealed(cells[0], rows.event(cells[1:])) for cells in found]

    def seal(self, seals: Sequence[Seal], *, fence: int) -> None:
        """Append seals; raise Deposed when the lease has another epoch."""
        cells = [(seal.number, *seal.position, seal.digest) for seal in seals]
        self.link.write((Call(hot.FENCE, {"fence": fence}), Fill(hot.ADD_SEALS, cells)))

    def lease(self, name: str, holder: str, *, ttl_s: float) -> int | None:
        """Acquire or renew a lease and return its epoch, or None while another holds it."""
        args = {"name": name, "holder": holder, "ttl_us": int(ttl_s * MICRO)}
        found = self.link.write((Call(hot.LEASE, args),))[0]
        return int(str(found[0][0])) if found else None

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back, if this holder has it."""
        self.link.write((Call(hot.RELEASE_LEASE, {"name": name, "holder": holder}),))

    def leader(self, name: str) -> str | None:
        """Return who holds a lease, or None while nobody does."""
        found = self._one(hot.LEADER, name=name)
        return str(found[0][0]) if found else None

    def announce(self, worker: str, slots: int, *, ttl_s: float) -> None:
        """Say how many tasks a worker runs at once, for a while."""
        args = {"name": worker, "slots": slots, "ttl_us": int(ttl_s * MICRO)}
        self.link.write((Call(hot.ANNOUNCE, args),))

    def slots(self) -> int:
        """Return the sum of the announced slots that have not run out; 0 when unknown."""
        return int(self._one(hot.SLOTS)[0][0])

    def workers(self) -> Mapping[str, int]:
        """Return the announced slots that have not run out, by worker."""
        return {str(name): int(slots) for name, slots in self._one(hot.WORKERS)}


def _binding(cells: rows.Cells) -> KeyBinding:
    account, key, claim_id, fingerprint, at = cells
    return KeyBinding(account, key, claim_id, bytes(fingerprint), at)


def _view(
    bare: ClaimView,
    open_at: Mapping[str, State],
    coupons: Mapping[ClaimId, Coupon],
    outcomes: Mapping[ClaimId, Outcome],
) -> ClaimView:
    claim = bare.claim
    if (coupon := coupons.get(claim.id)) is not None:
        return ClaimView(claim, State.ISSUED, coupon=coupon)
    if (outcome := outcomes.get(claim.id)) is not None:
        return ClaimView(claim, ENDED[outcome.ending], outcome=outcome)
    return ClaimView(claim, open_at.get(claim.id, State.ACCEPTED))
