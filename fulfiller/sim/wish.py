"""What a caller knows of what it wished for, and how it notes what it is told."""

from dataclasses import dataclass
from hashlib import sha256

from fulfiller.chaos.history import Phase
from fulfiller.domain.act import Verb
from fulfiller.domain.claim import ClaimId, Request, State
from fulfiller.domain.code import mint
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.outcome import Accepted, Refused
from fulfiller.service.port import ClaimView
from fulfiller.service.redeem import Handled
from fulfiller.sim.intake import Told
from fulfiller.sim.world import CODES, Call
from fulfiller.store.memory import MemoryStore


@dataclass(slots=True)
class Known:
    """A request that was made, and what is known of its claim."""

    request: Request
    claim_id: ClaimId | None = None
    code: str | None = None
    verb: Verb = Verb.RESERVE


def signed(request: Request) -> Request:
    """Return a request with the digest of its body, as the door makes it."""
    named = {name: getattr(request, name) for name in Request.__struct_fields__}
    body = (request.campaign, request.user, request.grant, request.tier, request.limit_key)
    return Request(**(named | {"fingerprint": sha256(repr(body).encode()).digest()}))


def note(call: Call, known: Known, answer: Told) -> None:
    """Note what was answered."""
    match answer:
        case Accepted():
            known.claim_id = answer.claim.id
            call.end(Phase.OK, claim_id=answer.claim.id, state=answer.state.value)
        case ClaimView():
            known.claim_id = answer.claim.id
            state = answer.state.value
            call.end(Phase.OK, claim_id=answer.claim.id, state=state, repeated=True)
        case Refused():
            call.end(Phase.FAIL, why=answer.why.value)


def note_handled(call: Call, claim_id: ClaimId, done: object) -> None:
    """Note what was done to a coupon, or why nothing was."""
    if isinstance(done, Handled):
        state = done.coupon.state.value
        call.end(Phase.OK, claim_id=claim_id, state=state, repeated=done.replayed)
    else:
        call.end(Phase.FAIL, why=str(getattr(done, "why", done)))


def note_ended(call: Call, claim_id: ClaimId, *, ended: bool) -> None:
    """Note whether a claim was cancelled."""
    if ended:
        call.end(Phase.OK, claim_id=claim_id, state=State.CANCELLED.value)
    else:
        call.end(Phase.FAIL, why="not_cancellable")


def seen(store: MemoryStore, account: str, claim_id: ClaimId) -> ClaimView | None:
    """Return a claim as its account sees it; None to anybody else."""
    if claim_id not in store.of_account(account, (claim_id,)):
        return None
    return store.view((claim_id,)).get(claim_id)


def code_of(coupon: Coupon) -> str:
    """Return a coupon's code."""
    return mint(coupon.claim_id, coupon.salt, CODES).code
