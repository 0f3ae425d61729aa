"""A signed order: what an operator wants done to a mode, good for minutes and for one use.

Workers take orders through a broker that anybody in the network may reach, so an order
carries all that it means under a keyed digest; nothing of it can be altered or made up
without the root secret.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import asdict, dataclass
from enum import StrEnum
from hmac import compare_digest
from hmac import digest as mac

from fulfiller.domain.validity import SECOND
from fulfiller.service.steer import Act

GOOD_FOR = 300 * SECOND
"""Microseconds from an order to its end."""
PREFIX = "ful-order-1"
TEXT_MAX = 4_096


class Flaw(StrEnum):
    """Why a text is no order that may be obeyed."""

    UNREADABLE = "this is no token: print one with `fulfiller token`"
    FORGED = "this token was altered, or signed with another root secret"
    EXPIRED = "this token is too old: print a new one with `fulfiller token`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who wants what done to which scope, why, and until when that lasts; `id` names the request.

    Instants are microseconds by the store's clock. `rate` is what to set, in Celery's syntax.
    """

    id: str
    verb: str
    scope: str
    reason: str
    actor: str
    issued_at: int
    expires_at: int
    until: int | None = None
    rate: str | None = None

    def act(self, now: int) -> Act:
        """Return it as steering takes it, done at this instant."""
        return Act(reason=self.reason, actor=self.actor, now=now, until=self.until)


def signed(order: Order, key: bytes) -> str:
    """Return an order as a token."""
    said = _encoded(json.dumps(asdict(order), separators=(",", ":")).encode())
    return f"{PREFIX}.{said}.{_encoded(_digest(said, key))}"


def read(token: str, key: bytes, *, now: int) -> Order | Flaw:
    """Return the order that a token carries, or what is wrong with the token."""
    prefix, _, rest = token.strip().partition(".")
    said, _, digest = rest.partition(".")
    if prefix != PREFIX or not digest or not token.isascii() or len(token) > TEXT_MAX:
        return Flaw.UNREADABLE
    if not compare_digest(digest, _encoded(_digest(said, key))):
        return Flaw.FORGED
    try:
        order = Order(**json.loads(_decoded(said)))
    except (Error, TypeError, ValueError):
        # Signed, but by a release that says other things.
        return Flaw.UNREADABLE
    # Whoever signs can't make a token last for longer than any may.
    ends = min(order.expires_at, order.issued_at + GOOD_FOR)
    return order if now < ends else Flaw.EXPIRED


def _digest(said: str, key: bytes) -> bytes:
    return mac(key, f"{PREFIX}.{said}".encode(), "sha256")


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
