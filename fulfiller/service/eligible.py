"""Ask the eligibility hook about claims before they are issued, and let the unsure ones wait.

The hook is asked outside of any transaction. What it said is applied by the transaction that
takes the open rows: a claim that was cancelled meanwhile stays cancelled. An unsure claim is
ready again later, which wipes its attempts: a hook that is slow, down or wrong makes no claim
look like poison. In the place of its offer the row keeps when the hook was first asked.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from msgspec import structs

from fulfiller.domain.claim import Claim, ClaimId, OpenClaim, Stage, State
from fulfiller.domain.eligibility import Applicant, Ineligible, Unsure, Verdict
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Kind
from fulfiller.domain.outcome import Ending, Issued
from fulfiller.service.book import events
from fulfiller.service.move import outcome, parking
from fulfiller.service.port import Store, Writes

SOON = 2_000_000
"""Microseconds that an unsure claim waits at least before the hook is asked again."""
LATE = 30_000_000
"""Microseconds that it waits at most."""
PATIENCE = 86_400_000_000
"""Microseconds after the first question at which a claim is parked if the hook is still unsure."""
ACTOR = "eligibility"
"""Who declined a claim, as the event log has it."""
TOO_LONG = "the eligibility hook has been unsure of it for too long"

Ask = Callable[[Sequence[Applicant]], Sequence[Verdict] | None]
"""The hook behind its guard: None when it gave no answer, or none that can be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of claims before the hook; `answered` says whether it said anything at all.

    Those in `going` go on, to be issued or, if `refused` has a reason, to be declined.
    """

    going: tuple[ClaimId, ...] = ()
    refused: Mapping[ClaimId, str] = field(default_factory=dict)
    unsure: tuple[Claim, ...] = ()
    answered: bool = True


def judge(ids: Sequence[ClaimId], ask: Ask, store: Store) -> Judged:
    """Ask the hook about those of these claims that are accepted; the others are left out."""
    claims = waiting(ids, store)
    said = ask([_applicant(claim) for claim in claims]) if claims else ()
    if said is None:
        return Judged(unsure=claims, answered=False)
    pairs = tuple(zip(claims, said, strict=True))
    return Judged(
        going=tuple(claim.id for claim, verdict in pairs if not isinstance(verdict, Unsure)),
        refused={c.id: verdict.reason for c, verdict in pairs if isinstance(verdict, Ineligible)},
        unsure=tuple(claim for claim, verdict in pairs if isinstance(verdict, Unsure)),
    )


def waiting(ids: Sequence[ClaimId], store: Store) -> tuple[Claim, ...]:
    """Return those of these claims that are accepted, each once."""
    views = store.view(ids)
    known = [views[claim_id] for claim_id in dict.fromkeys(ids) if claim_id in views]
    return tuple(view.claim for view in known if view.state is State.ACCEPTED)


def defer(claims: Sequence[Claim], *, store: Store, now: int, actor: str) -> Issued:
    """Let claims wait as long again as the hook has been unsure of the youngest of them.

    Those it has been unsure of for too long are parked; how long they waited before, in a line
    or for a worker, is not its doing.
    """
    ids = tuple(claim.id for claim in claims)
    # Whoever is faster moves them, and else the sweep offers them again all the same.
    with suppress(Raced), store.take(ids, (Stage.ACCEPTED,)) as unit:
        asked = {row.id: _first_asked(row, now) for row in unit.rows}
        old = [row for row in unit.rows if now - asked[row.id] >= PATIENCE]
        young = [row for row in unit.rows if now - asked[row.id] < PATIENCE]
        wait = min(max(now - max((asked[row.id] for row in young), default=now), SOON), LATE)
        later = [
            structs.replace(row, ready_at=now + wait, offered_at=asked[row.id], attempts=0)
            for row in young
        ]
        aside = [structs.replace(row, stage=Stage.PARKED) for row in old]
        parked = parking(old, TOO_LONG, now=now, actor=actor)
        unit.commit(replace(parked, opened=(*later, *aside)))
        return Issued(left=tuple(r.id for r in young), parked=tuple(r.id for r in old))
    return Issued(left=ids)


def _first_asked(row: OpenClaim, now: int) -> int:
    return now if row.unsure_since is None else row.unsure_since


def declines(claims: Sequence[OpenClaim], refused: Mapping[ClaimId, str], now: int) -> Writes:
    """Return what declining these claims writes, all but the stripes."""
    reasons: defaultdict[str, list[OpenClaim]] = defaultdict(list)
    for claim in claims:
        reasons[refused[claim.id]].append(claim)
    return Writes(
        outcomes=tuple(
            outcome(claim, Ending.DECLINED, refused[claim.id], now=now, actor=ACTOR)
            for claim in claims
        ),
        events=tuple(
            event
            for reason, members in reasons.items()
            for event in events(members, Kind.CLAIM_DECLINED, now=now, actor=ACTOR, detail=reason)
        ),
        woken=tuple(sorted({claim.campaign for claim in claims})),
    )


def _applicant(claim: Claim) -> Applicant:
    return Applicant(
        claim_id=claim.id,
        campaign=claim.campaign,
        account=claim.account,
        user=claim.user,
        grant=claim.grant,
        tier=claim.tier,
        amount=claim.amount,
        limit_key=claim.limit_key,
        locale=claim.locale,
        accepted_at=claim.accepted_at,
    )
