"""Bugs of accepting: identity, slots, keys, money and modes without their guards."""

from dataclasses import replace
from typing import Any

from msgspec import structs

from fulfiller.domain.claim import Claim, Stage
from fulfiller.domain.identity import Seat, seat
from fulfiller.domain.outcome import Refused, Repeated, Why
from fulfiller.domain.stripe import Stripe
from fulfiller.service import accept, decide, takings
from fulfiller.service.entry import new_claim
from fulfiller.service.takings import Line, Wallet
from fulfiller.store import shelves
from fulfiller.store.shelves import Shelves
from tests.sim.mutant import Patch, both, mutant


def without(patch: Patch, *constraints: str) -> None:
    """Drop unique constraints of the store."""
    free = shelves._free

    def lax(constraint: str, taken: Any, wanted: Any) -> None:
        if constraint not in constraints:
            free(constraint, taken, wanted)

    patch.setattr(shelves, "_free", lax)


@mutant("identity is not looked up")
def no_holder(patch: Patch) -> None:
    """A person who holds a claim is taken for a new one; the store's unique key still objects."""
    patch.setattr(decide, "holder", lambda _priors, _grant: None)


@mutant("identity is not unique in the store")
def no_identity_key(patch: Patch) -> None:
    """Two groups that decide at once may both give a person their claim."""
    without(patch, "claim_identity", "claim_slot")


@mutant("identity is guarded nowhere")
def no_identity(patch: Patch) -> None:
    """Neither looked up nor unique."""
    no_holder.apply(patch)
    patch.setattr(decide, "seat", _any_seat)
    no_identity_key.apply(patch)


def _any_seat(priors: Any, _grant: str, _limit: int) -> Seat:
    return Seat(turn=len(list(priors)), slot=1, slot_turn=len(list(priors)))


@mutant("one slot too many")
def one_more_slot(patch: Patch) -> None:
    """Users get one claim more than the campaign allows."""
    patch.setattr(decide, "seat", lambda priors, grant, limit: seat(priors, grant, limit + 1))


@mutant("one slot too few")
def one_slot_less(patch: Patch) -> None:
    """Users are refused the last claim that the campaign allows."""
    patch.setattr(decide, "seat", lambda priors, grant, limit: seat(priors, grant, limit - 1))


@mutant("slots are not unique in the store")
def no_slot_key(patch: Patch) -> None:
    """Two groups that decide at once may both give a user the same slot."""
    without(patch, "claim_slot")


@mutant("a cancelled claim keeps its place in the past")
def turn_forgotten(patch: Patch) -> None:
    """Who cancelled can never claim again: the turn of identity and slot is not counted."""

    def first(priors: Any, grant: str, limit: int) -> Seat | None:
        found = seat(priors, grant, limit)
        return None if found is None else Seat(turn=0, slot=found.slot, slot_turn=0)

    patch.setattr(decide, "seat", first)


@mutant("keys are not looked up")
def no_key_look(patch: Patch) -> None:
    """A repeated key is taken for a new one; the store's unique key still objects."""
    look = decide._Draft.answer

    def blind(draft: Any, request: Any) -> Any:
        draft.keys.pop((request.account, request.key), None)
        return look(draft, request)

    patch.setattr(decide._Draft, "answer", blind)


@mutant("keys are guarded nowhere")
def no_keys(patch: Patch) -> None:
    """Neither looked up nor unique: another body under the same key gets another claim."""
    no_key_look.apply(patch)
    without(patch, "caller_key_pkey")


@mutant("a key's body is not compared")
def no_fingerprint(patch: Patch) -> None:
    """Another body under the same key is answered with the claim of the first."""
    patch.setattr(decide, "_replay", lambda known, _request: Repeated(known.claim_id))


@mutant("a foreign claim is told")
def foreign_told(patch: Patch) -> None:
    """Another account's claim for the same person is answered as one's own."""

    def told(_draft: Any, _request: Any, prior: Any) -> Any:
        return Repeated(prior.id)

    patch.setattr(decide._Draft, "_again", told)


@mutant("everybody is refused")
def refuses_all(patch: Patch) -> None:
    """It is all sold out, always."""
    patch.setattr(
        decide._Draft, "_fresh", lambda _draft, _request, _campaign: Refused(Why.SOLD_OUT)
    )


@mutant("every tenth is refused")
def refuses_some(patch: Patch) -> None:
    """Users whose name ends in 7 have reached their limit, it says."""
    fresh = decide._Draft._fresh

    def unfair(draft: Any, request: Any, campaign: Any) -> Any:
        if request.user.endswith("7"):
            return Refused(Why.USER_LIMIT)
        return fresh(draft, request, campaign)

    patch.setattr(decide._Draft, "_fresh", unfair)


@mutant("money is not checked when it is taken")
def no_money_check(patch: Patch) -> None:
    """A group takes from stripes that have nothing left; the CHECK still objects."""
    patch.setattr(Wallet, "take", lambda self: self.stripe)


@mutant("the ledger has no CHECK", masked=True)
def no_check(patch: Patch) -> None:
    """Stripes may go below zero; decisions are right but for races."""
    patch.setattr(Stripe, "broken", lambda _self: None)


@mutant("money is guarded nowhere")
def no_money(patch: Patch) -> None:
    """Neither counted nor checked: the budget is overspent."""
    both(patch, no_money_check, no_check)


@mutant("money is not reserved")
def not_reserved(patch: Patch) -> None:
    """A claim comes in and no money moves, and the CHECK is gone that would object."""
    no_check.apply(patch)
    entered = {stage: replace(found, purses=None) for stage, found in decide.ENTERED.items()}
    patch.setattr(decide, "ENTERED", entered)


@mutant("answered before it is written")
def unwritten(patch: Patch) -> None:
    """Whoever loses a race is told that the claim is accepted."""
    written = accept._written

    def hopeful(decision: Any, store: Any) -> bool:
        written(decision, store)
        return True

    patch.setattr(accept, "_written", hopeful)


@mutant("a mode's move is not noticed", rare=37)
def no_guard(patch: Patch) -> None:
    """The write does not check that the mode is still the one that was read."""
    moved = Shelves._moved
    patch.setattr(Shelves, "_moved", lambda self, move: moved(self, replace(move, guard=None)))


@mutant("a pause is ignored")
def no_mode(patch: Patch) -> None:
    """Newcomers are accepted whatever the mode."""
    patch.setattr(takings.Opening, "stage", lambda *_: Stage.ACCEPTED)


@mutant("sold out for ever")
def never_woken(patch: Patch) -> None:
    """Money comes back and nobody is told: the campaign stays exhausted."""
    patch.setattr(Shelves, "_wake", lambda _self, _campaign: None)


@mutant("sold out without gathering")
def not_gathered(patch: Patch) -> None:
    """Who finds no stripe with enough money sends people away at once."""
    patch.setattr(accept, "_gather", lambda *_: None)
    placed = decide._Draft._placed

    def hasty(draft: Any, request: Any, opening: Any, place: Any) -> Any:
        answer = placed(draft, request, opening, place)
        dry = answer is None and opening.campaign.id in draft.dry
        return Refused(Why.SOLD_OUT) if dry else answer

    patch.setattr(decide._Draft, "_placed", hasty)


@mutant("the waitlist has no end")
def no_cap(patch: Patch) -> None:
    """The cap of the waitlist is not looked at."""
    patch.setattr(Line, "full", property(lambda _self: False))


@mutant("the waitlist is full at once")
def full_at_once(patch: Patch) -> None:
    """Who comes while it is paused is told that no place is left."""
    patch.setattr(Line, "full", property(lambda _self: True))


@mutant("newcomers overtake")
def overtaking(patch: Patch) -> None:
    """Who comes while others of the tier wait is accepted before them."""
    lines = Line.__init__

    def short(self: Line, stripes: Any, cap: Any) -> None:
        lines(self, stripes, cap)
        self.waiting = dict.fromkeys(self.waiting, 0)

    patch.setattr(Line, "__init__", short)


@mutant("a claim forgets its account")
def wrong_account(patch: Patch) -> None:
    """The claim is stored under another account than the one that asked."""

    def misplaced(*args: Any, **named: Any) -> Claim:
        return structs.replace(new_claim(*args, **named), account="nobody")

    patch.setattr("fulfiller.service.decide.new_claim", misplaced)
