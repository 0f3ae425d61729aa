"""The store port on dictionaries: for tests, for upstream teams, and for the simulator.

It models what matters of a database: units hold row locks until they end, a second taker
waits and then sees what the first one left, and a commit is all or nothing.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from msgspec import structs

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId, OpenClaim, Stage, State
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.identity import Prior
from fulfiller.domain.mode import SERVICE, ModeRow, held
from fulfiller.domain.outcome import Ending
from fulfiller.domain.pace import EVERY_KEY, EVERYWHERE, Pace, Rate, RateScope
from fulfiller.domain.stripe import Stripe
from fulfiller.service.log import Seal, Sealed, Unsealed
from fulfiller.service.port import Ask, ClaimView, Key, Sight, Writes
from fulfiller.store.memory_dispatch import MemoryDispatch
from fulfiller.store.memory_unit import MemoryUnit
from fulfiller.store.shelves import Shelves

ENDED = {Ending.CANCELLED: State.CANCELLED, Ending.DECLINED: State.DECLINED}


class MemoryStore(MemoryDispatch):
    """Every port of ours on dictionaries; share one object between threads if you like.

    `now` is the store's clock; `pause` is called while a row is locked by somebody else
    (the default lets other threads run), so that a simulator can run somebody else instead.
    """

    def __init__(
        self, now: Callable[[], int] = lambda: 0, pause: Callable[[], None] | None = None
    ) -> None:
        """Start empty."""
        super().__init__(Shelves(), now, pause)

    # Accepting

    def look(self, ask: Ask) -> Sight:
        """Read everything that deciding a group of requests takes."""
        with self._latch:
            known = {name: self.shelves.campaigns.get(name) for name in ask.campaigns}
            campaigns = {name: found for name, found in known.items() if found is not None}
            return Sight(
                campaigns=campaigns,
                modes={scope: self.shelves.modes[scope] for scope in (SERVICE, *campaigns)},
                stripes={name: tuple(self.stripes(name)) for name in campaigns},
                keys={key: self.shelves.keys[key] for key in ask.keys if key in self.shelves.keys},
                priors={person: self._priors(person) for person in ask.people},
                rated=frozenset(self.shelves.paces),
            )

    def write(self, writes: Writes) -> None:
        """Write a whole transaction; raise Raced and write nothing when somebody was first."""
        with self._moving(writes):
            self._commit(writes)

    # Moving open claims

    @contextmanager
    def take(
        self, ids: Sequence[ClaimId], stages: Collection[Stage], *, unheld: bool = False
    ) -> Iterator[MemoryUnit[OpenClaim]]:
        """Delete the open rows that stand at one of these stages, and return them."""
        me = object()
        with ExitStack() as held_rows:
            held_rows.enter_context(self._locks.held(me, ids))
            with self._latch:
                rows = [row for row in self._open(ids) if row.stage in stages]
                rows = [row for row in rows if not (unheld and self._is_held(row))]
                rated = {campaign for campaign, _ in self.shelves.paces}
                paced = unheld and bool(rated & {EVERYWHERE, *(row.campaign for row in rows)})

            def pace(
                scopes: Collection[RateScope], /, *, locked: bool
            ) -> tuple[int, Sequence[Pace]]:
                known = sorted(set(scopes) & self.shelves.paces.keys())
                if locked:
                    locks = self._locks.held(me, [("pace", scope) for scope in known])
                    held_rows.enter_context(locks)
                return self.now(), [self.shelves.paces[scope] for scope in known]

            def commit(writes: Writes) -> None:
                with self._moving(writes, me), self._latch:
                    self.shelves.commit(writes, {row.id for row in rows})

            yield MemoryUnit(rows, commit, pace, paced=paced)

    @contextmanager
    def shift(
        self, ids: Sequence[ClaimId], old: Stage, new: Stage, *, ready_at: int | None = None
    ) -> Iterator[MemoryUnit[OpenClaim]]:
        """Move open rows from one stage to another and return them as they are now."""
        with self._locks.held(object(), ids):
            with self._latch:
                found = [row for row in self._open(ids) if row.stage is old]
                rows = [_shifted(row, new, ready_at) for row in found]

            def commit(writes: Writes) -> None:
                with self._moving(writes), self._latch:
                    self.shelves.commit(writes)
                    self.shelves.open.update({row.id: row for row in rows})

            yield MemoryUnit(rows, commit)

    def attempt(self, ids: Sequence[ClaimId], *, fence: int | None = None) -> Mapping[ClaimId, int]:
        """Count one more attempt at these accepted claims, commit, return the counts."""
        with self._locks.held(object(), ids), self._latch:
            self.shelves.commit(Writes(fence=fence))
            rows = [row for row in self._open(ids) if row.stage is Stage.ACCEPTED]
            counted_up = [structs.replace(row, attempts=row.attempts + 1) for row in rows]
            self.shelves.open.update({row.id: row for row in counted_up})
            return {row.id: row.attempts for row in counted_up}

    @contextmanager
    def lock(self, campaign: str) -> Iterator[MemoryUnit[Stripe]]:
        """Lock all stripes of a campaign, ascending, and return them whole."""
        keys = [stripe.key for stripe in self.stripes(campaign)]
        with self._locks.held(object(), keys):
            yield MemoryUnit(self.stripes(campaign), self._commit)

    # Reading

    def campaign(self, campaign_id: str) -> Campaign | None:
        """Return a campaign as it is now."""
        return self.shelves.campaigns.get(campaign_id)

    def terms(self, campaign_id: str) -> Campaign | None:
        """Return a campaign for what never changes of it."""
        return self.shelves.campaigns.get(campaign_id)

    def campaigns(self) -> Sequence[Campaign]:
        """Return all campaigns, by id."""
        with self._latch:
            return sorted(self.shelves.campaigns.values(), key=lambda campaign: campaign.id)

    def modes(self) -> Mapping[str, ModeRow]:
        """Return the modes of the service and of all campaigns, by scope."""
        with self._latch:
            return dict(self.shelves.modes)

    def view(self, ids: Collection[ClaimId]) -> Mapping[ClaimId, ClaimView]:
        """Return these claims as they are now; unknown ids are left out."""
        with self._latch:
            return {i: self._view(i) for i in ids if i in self.shelves.claims}

    def of_account(self, account: str, ids: Collection[ClaimId]) -> Collection[ClaimId]:
        """Return those of these claims that are an account's."""
        with self._latch:
            claims = self.shelves.claims
            return {i for i in ids if i in claims and claims[i].account == account}

    def by_key(self, keys: Collection[Key]) -> Mapping[Key, ClaimId]:
        """Return the claims that these idempotency keys stand for; unbound ones are left out."""
        with self._latch:
            return {k: self.shelves.keys[k].claim_id for k in keys if k in self.shelves.keys}

    # Keeping

    def last_seal(self) -> Seal | None:
        """Return the newest seal."""
        return self.shelves.seals[-1] if self.shelves.seals else None

    def unsealed(self, *, after: tuple[int, int], limit: int) -> Sequence[Unsealed]:
        """Return events behind a position, in the order in which they were committed."""
        with self._latch:
            first = after[1]
            events = self.shelves.events[first : first + limit]
            return [Unsealed((0, first + n), event) for n, event in enumerate(events, start=1)]

    def sealed(self, *, after: int, kinds: Collection[Kind], limit: int) -> Sequence[Sealed]:
        """Return sealed events of these kinds behind a number, in order."""
        with self._latch:
            later = self.shelves.seals[after:]
            found = [Sealed(s.number, self.shelves.events[s.position[1] - 1]) for s in later]
        return [sealed for sealed in found if sealed.event.kind in kinds][:limit]

    def seal(self, seals: Sequence[Seal], *, fence: int) -> None:
        """Append seals; raise Deposed when the lease has another epoch."""
        with self._latch:
            self.shelves.commit(Writes(fence=fence))
            last = self.last_seal()
            if seals and last is not None and seals[0].number <= last.number:
                raise Raced(f"seal {seals[0].number} exists", "seal_pkey")
            self.shelves.seals.extend(seals)

    # Running

    def create_campaign(self, campaign: Campaign, stripes: Sequence[Stripe], event: Event) -> bool:
        """Store a new campaign, its mode row and its stripes; False if the id is taken."""
        with self._latch:
            if campaign.id in self.shelves.campaigns:
                return False
            self.shelves.campaigns[campaign.id] = campaign
            self.shelves.modes[campaign.id] = ModeRow(scope=campaign.id, since=event.at)
            self.shelves.stripes.update({stripe.key: stripe for stripe in stripes})
            self.shelves.events.append(event)
            if campaign.issuing_rate is not None:
                rate = Rate.parse(campaign.issuing_rate)
                scope = (campaign.id, EVERY_KEY)
                self.shelves.paces[scope] = Pace(scope, rate)
            return True

    def close(self) -> None:
        """Nothing to give back."""

    def _open(self, ids: Sequence[ClaimId]) -> list[OpenClaim]:
        return [self.shelves.open[i] for i in dict.fromkeys(ids) if i in self.shelves.open]

    def _is_held(self, row: OpenClaim) -> bool:
        return held(self.shelves.modes, row.campaign)

    def _commit(self, writes: Writes) -> None:
        with self._latch:
            self.shelves.commit(writes)

    def _priors(self, person: tuple[str, str]) -> tuple[Prior, ...]:
        return tuple(
            Prior(
                id=claim.id,
                campaign=claim.campaign,
                user=claim.user,
                account=claim.account,
                grant=claim.grant,
                slot=claim.slot,
                cancelled=self._ending(claim.id) is Ending.CANCELLED,
            )
            for claim in self.shelves.people.get(person, ())
        )

    def _ending(self, claim_id: ClaimId) -> Ending | None:
        outcome = self.shelves.outcomes.get(claim_id)
        return None if outcome is None else outcome.ending

    def _view(self, claim_id: ClaimId) -> ClaimView:
        shelves = self.shelves
        coupon, outcome = shelves.coupons.get(claim_id), shelves.outcomes.get(claim_id)
        if coupon is not None:
            state = State.ISSUED
        elif outcome is not None:
            state = ENDED[outcome.ending]
        else:
            state = State(shelves.open[claim_id].stage)
        return ClaimView(shelves.claims[claim_id], state, coupon, outcome)


def _shifted(row: OpenClaim, stage: Stage, ready_at: int | None) -> OpenClaim:
    if ready_at is None:
        return structs.replace(row, stage=stage)
    return structs.replace(row, stage=stage, ready_at=ready_at, offered_at=None, attempts=0)
