"""The route that tells an account its outcomes in sealed order, without polling each claim."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from fulfiller.domain.event import Kind
from fulfiller.domain.key import Scope
from fulfiller.domain.validity import moment
from fulfiller.intake.desk import Desk
from fulfiller.intake.exchange import Asked, Receive, Reply, encode
from fulfiller.intake.keys import Keys
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import Code, Flaw, Problem
from fulfiller.intake.sighting import Viewer
from fulfiller.service.outcomes import Ended, outcomes
from fulfiller.service.view import PublicClaim

POLL_AFTER_S = 1.0
"""The log is sealed once a second."""
AFTER_DIGITS_MAX = 18
PRIVATE = (b"cache-control", b"no-store")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicOutcome:
    """How a claim ended; go on behind `after` once it is dealt with."""

    number: int
    after: int
    at: datetime
    kind: Kind
    claim: PublicClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicOutcomes:
    """A page of outcomes; ask behind `after` for the next, at once or in `poll_after_s`."""

    outcomes: list[PublicOutcome]
    after: int
    poll_after_s: float


class Outcomes:
    """The handler of `/v1/events`."""

    def __init__(self, parts: IntakeParts, keys: Keys, reads: Desk) -> None:
        """Keep the parts."""
        self._parts = parts
        self._keys = keys
        self._reads = reads

    async def show(self, asked: Asked, _receive: Receive) -> Reply:
        """Return the next outcomes of the account's claims."""
        account = await self._keys.account(asked.headers.get(b"authorization"), Scope.CLAIM_READ)
        after = _after(asked.query)
        page = await self._reads.do(lambda viewer: self._page(viewer, account, after))
        return Reply(200, encode(page), (PRIVATE,))

    def _page(self, viewer: Viewer, account: str, after: int) -> PublicOutcomes:
        page = outcomes(account, after, store=viewer.store)
        now = self._parts.now()
        return PublicOutcomes(
            outcomes=[_shown(ended, viewer, now) for ended in page.outcomes],
            after=page.after,
            poll_after_s=0.0 if page.more else POLL_AFTER_S,
        )


def _shown(ended: Ended, viewer: Viewer, now: int) -> PublicOutcome:
    return PublicOutcome(
        number=ended.number,
        after=ended.after,
        at=moment(ended.at),
        kind=ended.kind,
        claim=viewer.sighting(ended.view, now).shown,
    )


def _after(query: bytes) -> int:
    said = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("after", ["0"])[-1]
    if not (said.isascii() and said.isdigit() and len(said) <= AFTER_DIGITS_MAX):
        flaw = Flaw("write the number to go on behind, 0 for the beginning", parameter="after")
        raise Problem(Code.INVALID, "", flaw)
    return int(said)
