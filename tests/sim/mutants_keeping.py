"""Bugs of keeping: release, sweep, lease, breaker, admissions and the sealed log."""

from dataclasses import replace
from typing import Any

from fulfiller.domain import breaker
from fulfiller.domain.breaker import Mode
from fulfiller.service import admit, govern, keep, release, seal, sweep
from fulfiller.service.log import Seal
from fulfiller.service.memory import Memory
from fulfiller.service.release import Released
from fulfiller.store.memory import MemoryStore
from fulfiller.store.memory_roster import MemoryRoster
from fulfiller.store.memory_wheel import MemoryWheel
from fulfiller.store.shelves import Shelves
from tests.sim.mutant import Patch, mutant


@mutant("nothing is released")
def no_release(patch: Patch) -> None:
    """Only intakes offer, and what the sweep finds lost."""
    patch.setattr(keep, "release", lambda _memory, **_: Released())


@mutant("nothing is swept")
def no_sweep(patch: Patch) -> None:
    """What was lost on the way is never offered again."""
    patch.setattr(keep, "sweep", lambda _memory, **_: 0)


@mutant("late commits are passed over", rare=395)
def late_commits(patch: Patch) -> None:
    """The sweep does not look for claims that committed behind the cursor."""
    is_late = sweep._is_late

    def sure(row: Any, offer: Any, cursor: Any, now: int, overtaken: int) -> bool:
        return offer is not None and is_late(row, offer, cursor, now, overtaken)

    patch.setattr(sweep, "_is_late", sure)


@mutant("an offer is believed for ever")
def believed(patch: Patch) -> None:
    """The sweep offers again only what has been overtaken, in an empty queue as well."""
    patch.setattr(sweep, "PATIENCE", 10**15)
    patch.setattr(sweep, "PATIENCE_MAX", 10**15)


@mutant("the broker's loss is not noticed", masked=True)
def no_epoch(patch: Patch) -> None:
    """A broker that lost everything counts as intact; the sweep finds what is missing."""
    from fulfiller.sim.broker import SimQueue

    intact = SimQueue.intact
    patch.setattr(
        SimQueue, "intact", lambda self, epoch: None if intact(self, epoch) is None else True
    )


@mutant("a new leader remembers", masked=True)
def memory_kept(patch: Patch) -> None:
    """Who leads again goes on with what it remembers from before; the sweep repairs it."""
    patch.setattr(Memory, "forget", lambda _self: None)


@mutant("everybody leads", masked=True)
def all_lead(patch: Patch) -> None:
    """The lease is given to whoever asks; fences and unique keys still hold."""

    def given(self: Any, name: str, holder: str, *, ttl_s: float) -> int:
        from fulfiller.store.shelves import Lease

        lease = self.shelves.leases.get(name)
        epoch = 1 if lease is None else lease.epoch
        self.shelves.leases[name] = Lease(holder, epoch, self.now() + int(ttl_s * 1_000_000))
        return epoch

    patch.setattr(MemoryRoster, "lease", given)


@mutant("a dead leader leads for ever")
def lease_for_ever(patch: Patch) -> None:
    """The lease of a keeper that died is never given to another."""
    lease = MemoryRoster.lease

    def kept(self: Any, name: str, holder: str, *, ttl_s: float) -> int | None:
        return lease(self, name, holder, ttl_s=ttl_s * 10**6)

    patch.setattr(MemoryRoster, "lease", kept)


@mutant("fences are ignored", masked=True)
def no_fence(patch: Patch) -> None:
    """A keeper that was deposed writes all the same."""
    patch.setattr(Shelves, "_check_fence", lambda _self, _fence: None)


@mutant("seals are guarded nowhere")
def no_seal_guard(patch: Patch) -> None:
    """Everybody leads, and a number may be given twice."""
    all_lead.apply(patch)

    def loose(self: Any, seals: Any, *, fence: int) -> None:
        del fence
        self.shelves.seals.extend(seals)

    patch.setattr(MemoryStore, "seal", loose)


@mutant("a seal skips an event")
def skipped_seal(patch: Patch) -> None:
    """The first of every ten events is never numbered."""
    chain = seal.chain
    patch.setattr(seal, "chain", lambda last, waiting: chain(last, waiting[len(waiting) // 10 :]))


@mutant("a seal forgets the one before")
def unchained(patch: Patch) -> None:
    """Each batch begins a chain of its own."""
    chain = seal.chain

    def fresh(last: Seal, waiting: Any) -> Any:
        return chain(replace(last, digest=seal.START.digest), waiting)

    patch.setattr(seal, "chain", fresh)


@mutant("a mode is moved whatever it is")
def no_mode_cas(patch: Patch) -> None:
    """Two who move a mode at once both do; the second undoes what the first did."""
    move_mode = MemoryWheel.move_mode

    def careless(self: Any, old: Any, new: Any, event: Any, *, fence: int | None = None) -> bool:
        return move_mode(self, self.shelves.modes[old.scope], new, event, fence=fence)

    patch.setattr(MemoryWheel, "move_mode", careless)


@mutant("a pause never ends")
def never_resumes(patch: Patch) -> None:
    """No signal ever counts as clear."""
    patch.setattr(breaker, "clear", lambda _reading, _policy: False)


@mutant("a ramp never ends")
def ramps_for_ever(patch: Patch) -> None:
    """Ramping does not become flowing."""
    moved = breaker._moved

    def slow(state: Any, mode: Mode, now: int) -> Any:
        return state if mode is Mode.FLOWING else moved(state, mode, now)

    patch.setattr(breaker, "_moved", slow)


@mutant("a breaker flaps")
def flapping(patch: Patch) -> None:
    """Holds and ramps take no time, however often it moves."""
    patch.setattr(breaker, "_quiet_at", lambda _moves: 0)
    patch.setattr(breaker, "_hold_s", lambda _state, _policy, _now: 0.0)


@mutant("nobody is admitted")
def no_admission(patch: Patch) -> None:
    """Who waits in line waits for ever."""
    patch.setattr(keep, "admit", lambda _usher, **_: 0)


@mutant("admitted in a pause")
def admitted_in_pause(patch: Patch) -> None:
    """The keeper admits whatever the mode, and its write does not check it."""
    patch.setattr(admit, "admitted_share", lambda *_: 1.0)
    patch.setattr(keep.Keeper, "_admit", _always_admit)


def _always_admit(keeper: Any, now: int) -> None:
    if keeper._fence is not None:
        admit.admit(keeper._usher, store=keeper._store, fence=keeper._fence)
        keeper._due["admit"] = now + keep.ADMIT


@mutant("holds are never lifted")
def hold_for_ever(patch: Patch) -> None:
    """A hold that has run out stays, until somebody lifts it by hand."""
    patch.setattr(govern, "_switch_is_over", lambda _row, _now: False)


@mutant("release reads a held campaign's lanes", masked=True)
def held_released(patch: Patch) -> None:
    """Claims of held campaigns are offered; workers leave them open."""
    from fulfiller.store import memory_dispatch

    patch.setattr(memory_dispatch, "held", lambda _modes, _campaign: False)


@mutant("queues are never short")
def never_short(patch: Patch) -> None:
    """Release finds no room in any queue."""
    patch.setattr(release, "short", lambda _depths, _slots: frozenset())
