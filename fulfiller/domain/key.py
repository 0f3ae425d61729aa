"""API keys: a caller is an account, and keys rotate below it.

A key reads `ful_<id>_<secret>`: the id finds the record, the secret (192 random bits) is
shown once and stored only as a keyed hash.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from hmac import digest as mac

PREFIX = "ful"
ID_BYTES = 9
SECRET_BYTES = 24
"""192 bits."""


class Scope(StrEnum):
    """What a key may do."""

    CLAIM_WRITE = "claim:write"
    CLAIM_READ = "claim:read"
    COUPON_REDEEM = "coupon:redeem"
    OPS = "ops"
    AUDIT_READ = "audit:read"
    PRESSURE_WRITE = "pressure:write"
    LIMIT_WRITE = "limit:write"


BOUND = (Scope.PRESSURE_WRITE, Scope.LIMIT_WRITE)
"""Scopes that are meant for one campaign, and may be for one merchant of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key as stored: everything but its secret.

    `bound_campaign` is the one campaign that the scopes in BOUND are good for, and
    `bound_limit_key` the one merchant there; without them, all campaigns of the key's account.
    """

    id: str
    account: str
    hash: bytes
    scopes: frozenset[Scope]
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    bound_campaign: str | None = None
    bound_limit_key: str | None = None

    def opens(self, secret: bytes, *, pepper: bytes, now: int) -> bool:
        """Return whether this secret is the key's and the key is alive."""
        return compare_digest(key_hash(secret, pepper), self.hash) and self.alive(now=now)

    def alive(self, *, now: int) -> bool:
        """Return whether the key is neither over nor revoked."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def reaches(key: KeyRecord, campaign: str, limit_key: str | None, *, owner: str) -> bool:
    """Return whether a key may speak for a merchant of a campaign, or (None) for all of it.

    A key that is bound reaches what it is bound to and no more, whoever's it is; any other
    one reaches what its account owns.
    """
    if key.bound_campaign is None:
        return key.account == owner
    return key.bound_campaign == campaign and key.bound_limit_key in (None, limit_key)


def key_hash(secret: bytes, pepper: bytes) -> bytes:
    """Return the keyed hash under which a secret is stored."""
    return mac(pepper, secret, "sha256")


def key_text(key_id: str, secret: bytes) -> str:
    """Return the key as its owner keeps it."""
    return f"{PREFIX}_{key_id}_{urlsafe_b64encode(secret).decode()}"


def split_key(text: str) -> tuple[str, bytes] | None:
    """Return the id and the secret of a key, or None when the text is no key of ours.

    Decoding forgives what writing never produces, so the key is written again to compare.
    """
    _, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    if not (key_id.isascii() and key_id.isalnum()):
        return None
    try:
        raw = urlsafe_b64decode(secret)
    except (Base64Error, ValueError):
        return None
    ours = len(raw) == SECRET_BYTES and key_text(key_id, raw) == text
    return (key_id, raw) if ours else None
