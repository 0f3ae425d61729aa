"""The claim routes: submit one or many, look, cancel. The edge translates, the core decides."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from urllib.parse import parse_qs

import msgspec

from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId, Request, State
from fulfiller.domain.key import Scope
from fulfiller.domain.outcome import Accepted
from fulfiller.intake.committer import Committer, Taken
from fulfiller.intake.concierge import Concierge, Ears, ears_of
from fulfiller.intake.desk import Desk
from fulfiller.intake.doorman import Doorman
from fulfiller.intake.exchange import Asked, Receive, Reply, encode, json_body
from fulfiller.intake.keys import Keys
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import Code, Flaw, Problem, ProblemBody, unavailable
from fulfiller.intake.reading import (
    REMEDIES,
    batch_bodies,
    batch_request,
    claim_request,
    idempotency_key,
)
from fulfiller.intake.sighting import Sighting, Viewer
from fulfiller.intake.watch import Watch
from fulfiller.service.move import cancel
from fulfiller.service.view import PublicClaim, fresh_claim

PATH = "/v1/claims"
REPLAYED = (b"idempotency-replayed", b"true")
NOT_HERE = "no claim has this key: it was refused or is still on its way; send it again to know"
_uuid = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


Result = tuple[int, bool, PublicClaim]
"""A status, whether it is a repeat, and the claim."""
TURNED_AWAY = (Code.WAITLIST_FULL, Code.UNAVAILABLE)
"""Problems that are about waiting, and are told as such."""


class BatchResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one claim of a batch: a claim, or the problem with it."""

    status: int
    replayed: bool = False
    claim: PublicClaim | None = None
    problem: ProblemBody | None = None


class BatchOut(msgspec.Struct, frozen=True):
    """One result per claim, in the order in which they were sent."""

    results: list[BatchResult]


@dataclass(frozen=True, slots=True)
class Staff:
    """Who does the work behind the claim routes; `desk` is where claims are cancelled."""

    committer: Committer
    watch: Watch
    desk: Desk
    concierge: Concierge
    doorman: Doorman


class Claims:
    """Handlers of everything below `/v1/claims`."""

    def __init__(self, parts: IntakeParts, keys: Keys, staff: Staff) -> None:
        """Keep the parts."""
        self._parts = parts
        self._limits = parts.limits
        self._trail = parts.trail
        self._keys = keys
        self._committer = staff.committer
        self._watch = staff.watch
        self._desk = staff.desk
        self._concierge = staff.concierge
        self._doorman = staff.doorman

    async def submit(self, asked: Asked, receive: Receive) -> Reply:
        """Take a claim in: 202 with a place that is kept, or 200 with the claim it repeats."""
        began = self._parts.monotonic()
        headers = asked.headers
        account = await self._keys.account(headers.get(b"authorization"), Scope.CLAIM_WRITE)
        body = await json_body(asked, receive, limit=self._limits.body_max)
        key = idempotency_key(headers.get(b"idempotency-key"))
        request = claim_request(body, account, key)
        result = await self._admitted(request, account, asked)
        if isinstance(result, Problem):
            self._parts.tally.turn_away(request.campaign, result.code)
            raise result
        status, replayed, claim = result
        if self._trail.on:
            self._trail.entered((claim,), asked, began, repeated=replayed)
        location = (b"location", f"{PATH}/{claim.claim_id}".encode())
        return Reply(status, encode(claim), (location, REPLAYED) if replayed else (location,))

    async def submit_batch(self, asked: Asked, receive: Receive) -> Reply:
        """Take many claims in; 207 with a result of its own for each."""
        began = self._parts.monotonic()
        header = asked.headers.get(b"authorization")
        account = await self._keys.account(header, Scope.CLAIM_WRITE)
        body = await json_body(asked, receive, limit=self._limits.batch_body_max)
        read = [
            batch_request(raw, account, number=number)
            for number, raw in enumerate(batch_bodies(body, limit=self._limits.batch_max))
        ]
        wanted = [each.campaign if isinstance(each, Request) else None for each in read]
        read = self._doorman.admit_each(account, read, asked)
        requests = [each for each in read if isinstance(each, Request)]
        answers = await self._take(requests)
        paused = {r.campaign for r, a in zip(requests, answers, strict=True) if _waits(a)}
        for campaign in paused:
            await self._concierge.prepare(campaign)
        taken = iter(answers)
        results = [_batch_result(self._batched(each, taken, asked), asked) for each in read]
        self._count(wanted, results)
        if all(r.problem is not None and r.problem.code is Code.UNAVAILABLE for r in results):
            raise unavailable()
        if self._trail.on:
            self._follow(results, asked, began)
        return Reply(207, encode(BatchOut(results)))

    async def see(self, asked: Asked, _receive: Receive) -> Reply:
        """Return a claim as it is now, or with `wait_s` once it changes."""
        header = asked.headers.get(b"authorization")
        account = await self._keys.account(header, Scope.CLAIM_READ)
        claim_id = _claim_id(asked.path)
        sighting = await self._watch.see(claim_id, _wait_s(asked.query))
        return await self._seen(_visible(sighting, account), asked)

    async def find(self, asked: Asked, _receive: Receive) -> Reply:
        """Return the claim that one of the account's idempotency keys stands for."""
        header = asked.headers.get(b"authorization")
        account = await self._keys.account(header, Scope.CLAIM_READ)
        sighting = await self._watch.find((account, _key(asked.query)))
        if sighting is None:
            raise Problem(Code.UNKNOWN_CLAIM, NOT_HERE)
        return await self._seen(sighting, asked)

    async def cancel(self, asked: Asked, _receive: Receive) -> Reply:
        """Cancel a claim that is waitlisted or accepted; again and again if you like."""
        header = asked.headers.get(b"authorization")
        account = await self._keys.account(header, Scope.CLAIM_WRITE)
        claim_id = _claim_id(asked.path)
        seen = await self._desk.do(lambda viewer: self._cancelled(viewer, claim_id, account))
        sighting = _visible(seen, account)
        if sighting.account != account:
            raise Problem(Code.FORBIDDEN, "only the account that submitted a claim may cancel it")
        if sighting.shown.state is not State.CANCELLED:
            raise Problem(Code.NOT_CANCELLABLE, f"the claim is {sighting.shown.state}")
        return Reply(200, encode(sighting.shown))

    async def _admitted(self, request: Request, account: str, asked: Asked) -> "Result | Problem":
        try:
            self._doorman.admit(account, request.user, asked)
        except Problem as limited:
            return limited
        return await self._one(request, ears_of(asked.headers, request.locale))

    async def _one(self, request: Request, ears: Ears) -> "Result | Problem":
        try:
            (taken,) = await self._committer.submit((request,))
        except Problem as away:
            taken = away
        if _waits(taken):
            await self._concierge.prepare(request.campaign)
        return self._result(taken, request, ears)

    def _batched(
        self, read: Request | Problem, taken: Iterator[Taken], asked: Asked
    ) -> "Result | Problem":
        if isinstance(read, Problem):
            return read
        return self._result(next(taken), read, ears_of(asked.headers, read.locale))

    def _result(self, taken: Taken, request: Request, ears: Ears) -> "Result | Problem":
        """Return status, whether it is a repeat, and the claim; or the problem."""
        if isinstance(taken, Accepted):
            shown = fresh_claim(taken.claim, taken.state)
            return 202, False, self._concierge.claim(shown, taken.ahead, ears)
        if isinstance(taken, Sighting):
            return 200, True, self._concierge.claim(taken.shown, taken.ahead, ears)
        if taken.code in TURNED_AWAY:
            return self._concierge.turned_away(taken, request.campaign, request.user, ears)
        return taken

    def _count(self, wanted: Sequence[str | None], results: Sequence[BatchResult]) -> None:
        tally = self._parts.tally
        for campaign, result in zip(wanted, results, strict=True):
            if result.problem is not None:
                tally.refused[result.problem.code] += 1
                if campaign is not None:
                    tally.turn_away(campaign, result.problem.code)

    def _follow(self, results: Sequence[BatchResult], asked: Asked, began: float) -> None:
        for repeated in (False, True):
            claims = [r.claim for r in results if r.claim is not None and r.replayed is repeated]
            if claims:
                self._trail.entered(claims, asked, began, repeated=repeated)

    async def _seen(self, sighting: Sighting, asked: Asked) -> Reply:
        if _waits(sighting):
            await self._concierge.prepare(sighting.shown.campaign)
        ears = ears_of(asked.headers, sighting.locale)
        return Reply(200, encode(self._concierge.claim(sighting.shown, sighting.ahead, ears)))

    def _cancelled(self, viewer: Viewer, claim_id: ClaimId, account: str) -> Sighting | None:
        now = self._parts.now()
        cancel(claim_id, store=viewer.store, now=now, account=account, actor=f"account:{account}")
        return viewer.see((claim_id,)).get(claim_id)

    async def _take(self, requests: Sequence[Request]) -> list[Taken]:
        """Hand requests to the committer in full groups, and put the answers together."""
        size = self._limits.group_max
        groups = [requests[start : start + size] for start in range(0, len(requests), size)]
        done = await asyncio.gather(*map(self._submitted, groups), return_exceptions=True)
        taken: list[Taken] = []
        for group, answers in zip(groups, done, strict=True):
            taken += [unavailable()] * len(group) if isinstance(answers, BaseException) else answers
        return taken

    async def _submitted(self, group: Sequence[Request]) -> Sequence[Taken]:
        """Hand a group over: if there is no room for it, that is no matter of those before it."""
        return await self._committer.submit(group)


def _waits(taken: Taken) -> bool:
    """Return whether somebody has to be told to wait, and why."""
    if isinstance(taken, Problem):
        return taken.code is Code.WAITLIST_FULL
    state = taken.state if isinstance(taken, Accepted) else taken.shown.state
    return state is State.WAITLISTED


def _batch_result(result: Result | Problem, asked: Asked) -> BatchResult:
    if isinstance(result, Problem):
        body = result.body(instance=asked.path, request_id=asked.request_id)
        return BatchResult(body.status, problem=body)
    status, replayed, claim = result
    return BatchResult(status, replayed, claim)


def _claim_id(path: str) -> ClaimId:
    text = path.removeprefix(PATH + "/")
    bare = text.removeprefix(CLAIM_PREFIX)
    if bare == text or not _uuid(bare):
        raise Problem(Code.UNKNOWN_CLAIM)
    return ClaimId(bare)


def _visible(sighting: Sighting | None, account: str) -> Sighting:
    """Return the sighting, unless the account may not know of it: a foreign claim is unknown."""
    if sighting is None or not sighting.visible(account):
        raise Problem(Code.UNKNOWN_CLAIM)
    return sighting


def _key(query: bytes) -> str:
    said = parse_qs(query.decode("latin-1")).get("key", [""])[-1]
    try:
        return idempotency_key(said.encode("latin-1", "replace"))
    except Problem as problem:
        flaw = Flaw(REMEDIES["idempotency_key"], parameter="key")
        raise Problem(Code.INVALID, "", flaw) from problem


def _wait_s(query: bytes) -> float:
    if not query:
        return 0.0
    said = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("wait_s", ["0"])[-1]
    try:
        wait_s = float(said)
    except ValueError:
        wait_s = -1.0
    if not (isfinite(wait_s) and wait_s >= 0):
        flaw = Flaw("write seconds, 0 or more", parameter="wait_s")
        raise Problem(Code.INVALID, "", flaw)
    return wait_s
