"""Bugs of issuing and of the small moves: rows, rates, codes, poison and coupons in hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from fulfiller.domain.act import Verb
from fulfiller.domain.claim import Stage
from fulfiller.domain.outcome import Issued
from fulfiller.service import issue, move, redeem
from fulfiller.service.book import ending, moves, shifting
from fulfiller.service.pacing import Portion, within_rate
from fulfiller.service.port import Writes
from fulfiller.store.locks import RowLocks
from fulfiller.store.memory import MemoryStore
from fulfiller.store.memory_till import MemoryTill
from fulfiller.store.shelves import Shelves
from tests.sim.mutant import Patch, mutant
from tests.sim.mutants_accepting import no_check, without


@mutant("open rows are not locked", masked=True)
def no_locks(patch: Patch) -> None:
    """Two may take the same rows at once; the coupon's unique key still objects."""

    @contextmanager
    def free(_self: Any, _holder: Any, _rows: Any) -> Iterator[None]:
        yield

    patch.setattr(RowLocks, "held", free)


@mutant("coupons are not unique in the store", masked=True)
def no_coupon_key(patch: Patch) -> None:
    """A claim may have two coupons, but only one can take its open row."""
    without(patch, "coupon_pkey", "coupon_lookup")


@mutant("coupons are guarded nowhere")
def no_coupon_guard(patch: Patch) -> None:
    """Neither locked nor unique: whoever comes twice issues twice."""
    no_locks.apply(patch)
    no_coupon_key.apply(patch)


@mutant("open rows stay")
def rows_stay(patch: Patch) -> None:
    """The coupon is written and the open row is not taken; nothing is unique that would object."""
    no_coupon_key.apply(patch)
    no_check.apply(patch)
    commit = Shelves.commit
    patch.setattr(Shelves, "commit", lambda self, writes, _taken=(): commit(self, writes))


@mutant("issued in two transactions")
def two_transactions(patch: Patch) -> None:
    """The open rows are taken in one transaction and the coupons written in the next."""
    once = issue._once

    def torn(ids: Any, press: Any, salt: int) -> Issued:
        with press.store.take(ids, (Stage.ACCEPTED,), unheld=True) as unit:
            rows = tuple(unit.rows)
            unit.commit(Writes())
        press.store.write(Writes(opened=rows))
        return once(ids, press, salt)

    patch.setattr(issue, "_once", torn)


@mutant("held claims are issued", rare=65)
def hold_ignored(patch: Patch) -> None:
    """Workers don't look whether the campaign is held."""
    patch.setattr(MemoryStore, "_is_held", lambda _self, _row: False)


@mutant("rates are not kept")
def no_rate(patch: Patch) -> None:
    """Everything that was offered is issued, and counts against no rate."""
    patch.setattr(issue, "within_rate", lambda unit, _refused: Portion(tuple(unit.rows)))


@mutant("rates are read and not guarded", rare=203)
def no_pace_check(patch: Patch) -> None:
    """What was read of a rate is taken for true when it is written; nobody locks it."""
    paced = Shelves._paced

    def trusting(self: Shelves, pacing: Any) -> Any:
        pace = self.paces.get(pacing.scope)
        if pace is None or pace.rate != pacing.rate:
            return paced(self, pacing)
        return pace.after(pacing.claims, pacing.at)

    patch.setattr(Shelves, "_paced", trusting)
    patch.setattr("fulfiller.service.pacing.AMPLE", 0)


@mutant("a taken code is tried again")
def same_salt(patch: Patch) -> None:
    """The salt is not counted up when another coupon has the code, and nothing is unique."""
    without(patch, "coupon_lookup")


@mutant("a taken code is poison")
def salt_forgotten(patch: Patch) -> None:
    """The salt is not counted up when another coupon has the code: the claim never ends."""
    once = issue._once
    patch.setattr(issue, "_once", lambda ids, press, _salt: once(ids, press, 0))


@mutant("one bad claim fails all", masked=True)
def no_halves(patch: Patch) -> None:
    """A task is not halved when it fails; the sweep offers its claims alone in the end."""

    def together(ids: Any, press: Any) -> Issued:
        try:
            return issue._pressed(ids, press)
        except ValueError:
            return Issued(left=tuple(ids))

    patch.setattr(issue, "_together", together)


@mutant("one bad claim fails all, for ever")
def never_alone(patch: Patch) -> None:
    """A task is not halved, and the sweep offers nothing alone."""
    no_halves.apply(patch)
    patch.setattr("fulfiller.service.sweep.ALONE_FROM", 10**9)


@mutant("poison is never set aside")
def never_parked(patch: Patch) -> None:
    """However often a claim fails alone, it is offered again."""
    patch.setattr(issue, "ATTEMPTS_MAX", 10**9)
    patch.setattr("fulfiller.service.sweep.ATTEMPTS_MAX", 10**9)


@mutant("a killer is not seen in what comes again", masked=True)
def redelivery_ignored(patch: Patch) -> None:
    """A task that comes again is run like any other, though it may have killed its worker."""
    together = issue._together
    patch.setattr(issue, "_one_by_one", together)


@mutant("a killer is seen nowhere")
def killers_unseen(patch: Patch) -> None:
    """What comes again is run like any other, and the sweep offers nothing alone."""
    redelivery_ignored.apply(patch)
    patch.setattr("fulfiller.service.sweep.ALONE_FROM", 10**9)


@mutant("parking gives the money back")
def parking_frees(patch: Patch) -> None:
    """A parked claim's money is free again, and a replay issues it all the same."""
    no_check.apply(patch)
    entry = replace(shifting(Stage.ACCEPTED, Stage.PARKED), purses=issue.DECLINED.purses)
    parking = move.parking

    def freeing(claims: Any, reason: str, *, now: int, actor: str) -> Writes:
        writes = parking(claims, reason, now=now, actor=actor)
        stripes = moves((claim, entry) for claim in claims)
        return replace(writes, stripes=stripes)

    patch.setattr(move, "parking", freeing)


@mutant("cancelling forgets the money")
def cancel_keeps(patch: Patch) -> None:
    """A cancelled claim's money stays reserved for nobody."""
    no_check.apply(patch)
    patch.setattr(move, "ending", lambda stage, count: replace(ending(stage, count), purses=None))


@mutant("anybody may cancel")
def cancels_all(patch: Patch) -> None:
    """A cancelled claim leaves no outcome behind."""
    ended = move._ended
    patch.setattr(move, "_ended", lambda *args: replace(ended(*args), outcomes=()))


@mutant("ends leave no event")
def silent_end(patch: Patch) -> None:
    """What ended a claim is in the tables and not in the log."""
    ended = move._ended
    patch.setattr(move, "_ended", lambda *args: replace(ended(*args), events=()))


@mutant("an unsure claim is lost")
def unsure_lost(patch: Patch) -> None:
    """What the eligibility hook is unsure of is not opened again."""
    commit = Shelves.commit

    def forgetful(self: Shelves, writes: Writes, taken: Any = ()) -> None:
        moved = writes.opened and not (writes.claims or writes.coupons or writes.paces)
        kept = () if moved and taken and not writes.outcomes else writes.opened
        commit(self, replace(writes, opened=kept), taken)

    patch.setattr(Shelves, "commit", forgetful)


@mutant("coupons are issued in 1970")
def issued_at_zero(patch: Patch) -> None:
    """The time of issue is 0 where a rate has to be kept, and everything is expired at birth."""
    patch.setattr(
        issue, "within_rate", lambda unit, refused: replace(within_rate(unit, refused), at=0)
    )


@mutant("a coupon is moved from any state")
def no_revision(patch: Patch) -> None:
    """Two who move a coupon at once both do, whatever it has become meanwhile."""

    @contextmanager
    def careless(self: Any, old: Any, new: Any) -> Iterator[Any]:
        from fulfiller.store.memory_unit import MemoryUnit

        def commit(writes: Writes) -> None:
            self.shelves.commit(writes)
            self.shelves.coupons[new.claim_id] = new

        yield MemoryUnit([new] if old.claim_id in self.shelves.coupons else [], commit)

    patch.setattr(MemoryTill, "move_coupon", careless)
    without(patch, "coupon_act_pkey")


@mutant("a till's key is forgotten")
def no_acts(patch: Patch) -> None:
    """What was done under a key is not remembered, so that a repeat does it again."""
    writes = redeem._writes
    patch.setattr(redeem, "_writes", lambda *args: replace(writes(*args), acts=()))


@mutant("revoking forgets the money")
def revoke_keeps(patch: Patch) -> None:
    """A revoked coupon's money is still counted as issued."""
    purses = {verb: moved for verb, moved in redeem._PURSES.items() if verb is not Verb.REVOKE}
    patch.setattr(redeem, "_PURSES", purses)


@mutant("revoking wakes nobody")
def revoke_sleeps(patch: Patch) -> None:
    """Money comes back with a revoked coupon, and the campaign stays sold out."""
    writes = redeem._writes
    patch.setattr(redeem, "_writes", lambda *args: replace(writes(*args), woken=()))
