"""The story of a claim: what happened to it, in the order in which it happened; pure.

What the log names goes with what the rows say, which know the essential even where the log was
not found: clocks were set, or it is not the log of this store. What was answered to somebody who
asked is in no log.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fulfiller.domain.claim import State
from fulfiller.domain.coupon import CouponState
from fulfiller.domain.event import Event, Kind
from fulfiller.ops.because import Scene
from fulfiller.ops.modes import length
from fulfiller.ops.moments import stamp
from fulfiller.service.archive import Noted

NOTED_MAX = 200
"""Events of one claim that are told."""
WORDS = {
    Kind.CLAIM_ACCEPTED: ("accepted", "a coupon is promised, its money is reserved"),
    Kind.CLAIM_WAITLISTED: ("waitlisted", "told to wait; its place and its money are kept"),
    Kind.CLAIM_ADMITTED: ("admitted", "its turn in line came, and it became work"),
    Kind.CLAIM_ISSUED: ("issued", "it has its coupon"),
    Kind.CLAIM_DECLINED: ("declined", "it gets no coupon"),
    Kind.CLAIM_CANCELLED: ("cancelled", "it gets no coupon, and its user may claim again"),
    Kind.CLAIM_PARKED: ("parked", "set aside for an operator; its money stays reserved"),
    Kind.CLAIM_REPLAYED: ("replayed", "it is work again, from the start"),
    Kind.COUPON_RESERVED: ("coupon reserved", "a checkout holds it"),
    Kind.COUPON_RELEASED: ("coupon released", "the checkout let go of it"),
    Kind.COUPON_REDEEMED: ("coupon redeemed", "it is spent"),
    Kind.COUPON_ROLLED_BACK: ("coupon rolled back", "it is as if it had not been spent"),
    Kind.COUPON_REVOKED: ("coupon revoked", "it is worth nothing; its money went back"),
}
ENTERING = (Kind.CLAIM_ACCEPTED, Kind.CLAIM_WAITLISTED)
ENDINGS = {
    State.ISSUED: Kind.CLAIM_ISSUED,
    State.DECLINED: Kind.CLAIM_DECLINED,
    State.CANCELLED: Kind.CLAIM_CANCELLED,
}
LEFT_AT = {
    CouponState.RESERVED: Kind.COUPON_RESERVED,
    CouponState.REDEEMED: Kind.COUPON_REDEEMED,
    CouponState.REVOKED: Kind.COUPON_REVOKED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened; `at` is None where nobody knows when, `number` is its seal's.

    `others` are the claims to which the same happened in the same transaction.
    """

    at: int | None
    title: str
    meaning: str
    by: str = ""
    reason: str = ""
    number: int | None = None
    others: int = 0
    after: str = ""

    def as_json(self) -> dict[str, object]:
        """Return it for programs."""
        return {
            "at": None if self.at is None else stamp(self.at),
            "what": self.title,
            "meaning": self.meaning,
            "by": self.by,
            "reason": self.reason,
            "number": self.number,
            "others": self.others,
        }

    @property
    def line(self) -> str:
        """Return it in a line."""
        when = "some time" if self.at is None else stamp(self.at)
        parts = [
            f"{self.title}: {self.meaning}",
            *([f"by {self.by}{f', {self.reason}' if self.reason else ''}"] if self.by else ()),
            *([f"with {self.others:,} others"] if self.others else ()),
            *([self.after] if self.after else ()),
        ]
        return f"{when}  {' · '.join(parts)}"


def story(scene: Scene, noted: Sequence[Noted]) -> list[Step]:
    """Return what happened to a claim, from the log and from what the rows say."""
    steps = sorted(_steps(scene, noted), key=lambda each: (each.at is None, each.at or 0))
    came = scene.view.claim.accepted_at
    return [_timed(step, came) if step.at is not None else step for step in steps]


def _steps(scene: Scene, noted: Sequence[Noted]) -> Iterator[Step]:
    kinds = {each.event.kind for each in noted}
    if not kinds.intersection(ENTERING):
        yield Step(at=scene.view.claim.accepted_at, title="came in", meaning="its place was kept")
    for each in noted:
        if each.event.kind in WORDS:
            yield _told(each.event, each.number)
    yield from _offered(scene)
    yield from _ended(scene, kinds)


def _told(event: Event, number: int | None) -> Step:
    title, meaning = WORDS[event.kind]
    return Step(
        at=event.at,
        title=title,
        meaning=meaning,
        by=event.actor,
        reason=event.detail,
        number=number,
        others=len(event.ids) - 1,
    )


def _offered(scene: Scene) -> Iterator[Step]:
    """Yield what only the open row knows: releases by the keeper are remembered by nobody."""
    row = scene.row
    if row is not None and row.unsure_since is not None:
        yield _plain(row.unsure_since, "held back", "its eligibility hook is unsure of it")
    elif row is not None and row.offered_at is not None:
        yield _plain(row.offered_at, "offered", "its intake gave a hint to the workers")


def _ended(scene: Scene, kinds: set[Kind]) -> Iterator[Step]:
    """Yield what the rows say and the log was not found to say."""
    view = scene.view
    ending = ENDINGS.get(view.state)
    if ending is not None and ending not in kinds:
        at = view.coupon.issued_at if view.coupon else view.outcome.at if view.outcome else None
        yield _plain(at, *WORDS[ending])
    moved = None if view.coupon is None else LEFT_AT.get(view.coupon.state)
    if moved is not None and moved not in kinds:
        yield _plain(None, *WORDS[moved])


def _plain(at: int | None, title: str, meaning: str) -> Step:
    return Step(at=at, title=title, meaning=meaning)


def _timed(step: Step, came: int) -> Step:
    passed = (step.at or came) - came
    return replace(step, after=f"{length(passed)} after it came in") if passed > 0 else step
