"""Who is calling: an API key is looked up once and then trusted, or refused, for a moment.

What is remembered is a digest of the whole header, so that no secret stays in memory, and
so that an unknown key and a wrong secret take the same path and the same time.
"""

import asyncio
from dataclasses import dataclass
from hashlib import sha256

from fulfiller.domain.key import KeyRecord, Scope, split_key
from fulfiller.intake.desk import Desk
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import Code, Problem
from fulfiller.intake.sighting import Viewer

TOKEN_MAX = 200
NOBODY = KeyRecord(id="", account="", hash=bytes(32), scopes=frozenset(), created_at=0)
"""Stands in for an unknown key, so that its secret is hashed and compared all the same."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a key opens, until it is looked up again; nothing if it is NOBODY's."""

    key: KeyRecord
    until: float


class Keys:
    """The door's memory of API keys; used on the event loop alone."""

    def __init__(self, parts: IntakeParts, desk: Desk) -> None:
        """Remember nothing yet."""
        self._parts = parts
        self._desk = desk
        self._good: dict[bytes, Pass] = {}
        self._bad: dict[bytes, Pass] = {}
        self._asking: dict[bytes, asyncio.Task[Pass]] = {}

    async def account(self, authorization: bytes | None, scope: Scope) -> str:
        """Return the caller's account; raise 401 or 403 unless its key has the scope."""
        return (await self.record(authorization, scope)).account

    async def record(self, authorization: bytes | None, scope: Scope) -> KeyRecord:
        """Return the caller's key, with what it is bound to; raise like `account`."""
        header = authorization or b""
        name = sha256(header).digest()
        known = self._good.get(name) or self._bad.get(name)
        if known is None or known.until <= self._parts.monotonic():
            known = await self._together(name, header)
        if known.key is NOBODY:
            raise Problem(Code.UNAUTHORIZED)
        if scope not in known.key.scopes:
            raise Problem(Code.FORBIDDEN, f"the key lacks the scope {scope}")
        return known.key

    async def _together(self, name: bytes, header: bytes) -> Pass:
        """Look a key up once for all who ask at the same time."""
        task = self._asking.get(name)
        if task is None:
            task = asyncio.create_task(self._look_up(name, header))
            self._asking[name] = task
            task.add_done_callback(lambda _: self._asking.pop(name, None))
        return await asyncio.shield(task)

    async def _look_up(self, name: bytes, header: bytes) -> Pass:
        token = _token(header)
        parted = split_key(token) if token else None
        if parted is None:
            return Pass(NOBODY, 0)
        key_id, secret = parted
        found = await self._desk.do(lambda viewer: self._checked(viewer, key_id, secret))
        self._good.pop(name, None)
        self._bad.pop(name, None)
        memory = self._bad if found.key is NOBODY else self._good
        if len(memory) >= self._parts.limits.keys_max:
            del memory[next(iter(memory))]
        memory[name] = found
        return found

    def _checked(self, viewer: Viewer, key_id: str, secret: bytes) -> Pass:
        """Return what a key opens; runs in the desk's thread, where the store's time is known."""
        # From before the look, so that a key revoked since is not trusted for longer.
        began = self._parts.monotonic()
        record = viewer.store.find_key(key_id) or NOBODY
        now = self._parts.now()
        opens = record.opens(secret, pepper=self._parts.pepper, now=now)
        left_s = self._parts.limits.key_ttl_s
        if record.expires_at is not None:
            left_s = min(left_s, max(0, record.expires_at - now) / 1_000_000)
        return Pass(record if opens else NOBODY, began + left_s)


def _token(header: bytes) -> str | None:
    scheme, _, token = header.partition(b" ")
    if scheme.lower() != b"bearer" or not token.isascii() or len(token) > TOKEN_MAX:
        return None
    return token.strip().decode("ascii")
