"""The coupon routes: see one by its code, reserve, release, redeem, roll back, revoke.

A code whose check symbols are wrong is refused without a look into the store. That tells
nobody anything about coupons that exist; whatever passes takes the same one look, whether
the coupon is unknown or somebody else's, and gets the same answer.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from fulfiller.domain.act import Verb
from fulfiller.domain.code import BODY_SYMBOLS, lookup, parse
from fulfiller.domain.error import InvalidCode, Raced
from fulfiller.domain.key import Scope
from fulfiller.intake.desk import Desk
from fulfiller.intake.exchange import Asked, Handler, Receive, Reply, encode, json_body
from fulfiller.intake.keys import Keys
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import KINDS, Code, Flaw, Problem, unavailable
from fulfiller.intake.reading import Reason, check_texts, decoded, idempotency_key
from fulfiller.intake.sighting import Viewer
from fulfiller.service.redeem import Denied, Order, handle, see
from fulfiller.service.view import PublicCouponNow, coupon_now

PATH = "/v1/coupons"
HOLD_S, HOLD_MAX_S = 300, 3_600
REPLAYED = (b"idempotency-replayed", b"true")
PRIVATE = (b"cache-control", b"no-store")
SCOPES = dict.fromkeys(Verb, Scope.COUPON_REDEEM) | {Verb.REVOKE: Scope.OPS}


class ReserveIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long a coupon is to be held; never beyond its validity."""

    # To JSON 600.0 is as whole as 600.
    ttl_s: Annotated[float, Meta(ge=1, le=HOLD_MAX_S, multiple_of=1)] = HOLD_S


class RevokeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a coupon is revoked; kept in the event log."""

    reason: Reason


_reserve = msgspec.json.Decoder(ReserveIn)
_revoke = msgspec.json.Decoder(RevokeIn)


class Coupons:
    """Handlers of everything below `/v1/coupons`."""

    def __init__(self, parts: IntakeParts, keys: Keys, reads: Desk, writes: Desk) -> None:
        """Keep the parts."""
        self._parts = parts
        self._keys = keys
        self._reads = reads
        self._writes = writes

    async def show(self, asked: Asked, _receive: Receive) -> Reply:
        """Return a coupon as it is now."""
        account = await self._keys.account(asked.headers.get(b"authorization"), Scope.CLAIM_READ)
        mark = self._mark(asked.path)
        seen = await self._reads.do(lambda viewer: self._seen(viewer, mark, account))
        if seen is None:
            raise Problem(Code.UNKNOWN_COUPON)
        return Reply(200, encode(seen), (PRIVATE,))

    def handler(self, verb: Verb) -> Handler:
        """Return the handler of one verb."""

        async def act(asked: Asked, receive: Receive) -> Reply:
            account = await self._keys.account(asked.headers.get(b"authorization"), SCOPES[verb])
            key = idempotency_key(asked.headers.get(b"idempotency-key"))
            hold_s, reason = await self._said(verb, asked, receive)
            order = Order(
                verb=verb,
                lookup=self._mark(asked.path),
                account=account,
                key=key,
                actor=f"account:{account}",
                reason=reason,
                hold_s=hold_s,
            )
            coupon, replayed = await self._writes.do(lambda viewer: self._done(viewer, order))
            return Reply(200, encode(coupon), (PRIVATE, REPLAYED) if replayed else (PRIVATE,))

        return act

    async def _said(self, verb: Verb, asked: Asked, receive: Receive) -> tuple[int, str]:
        """Return what the body of a verb says, if it has one: the seconds and the reason."""
        if verb not in (Verb.RESERVE, Verb.REVOKE):
            return 0, ""
        body = await json_body(asked, receive, limit=self._parts.limits.body_max)
        if verb is Verb.RESERVE:
            return int(decoded(_reserve, body).ttl_s), ""
        revoked = decoded(_revoke, body)
        check_texts(revoked, ("reason",))
        return 0, revoked.reason

    def _mark(self, path: str) -> bytes:
        """Return the lookup hash of the code in a path; one that can't be a code is unknown."""
        text = path.removeprefix(PATH + "/").partition("/")[0]
        try:
            code = parse(text, self._parts.code_key)
        except InvalidCode:
            raise Problem(Code.UNKNOWN_COUPON) from None
        return lookup(code[:BODY_SYMBOLS], self._parts.code_key)

    def _seen(self, viewer: Viewer, mark: bytes, account: str) -> PublicCouponNow | None:
        # Before the look: a pause that lasts is credited up to now, and may be over right after.
        now = self._parts.now()
        sight = see(mark, account, store=viewer.store)
        return None if sight is None else coupon_now(sight, key=self._parts.code_key, now=now)

    def _done(self, viewer: Viewer, order: Order) -> tuple[PublicCouponNow, bool]:
        now = self._parts.now()
        try:
            done = handle(order, store=viewer.store, now=now)
        except Raced:
            raise unavailable("others were faster, again and again") from None
        if isinstance(done, Denied):
            raise _denied(done)
        return coupon_now(done.sight, key=self._parts.code_key, now=now), done.replayed


def _denied(done: Denied) -> Problem:
    code = Code(done.why.value)
    if code is Code.KEY_REUSED:
        return Problem(code, "", Flaw(KINDS[code].remedy, header="Idempotency-Key"))
    return Problem(code)
