"""API keys of a service that lives as long as a test."""

from collections.abc import Collection
from secrets import token_bytes, token_hex

from fulfiller.domain.key import (
    ID_BYTES,
    SECRET_BYTES,
    KeyRecord,
    Scope,
    key_hash,
    key_text,
    split_key,
)
from fulfiller.store.memory import MemoryStore

UPSTREAM = frozenset(Scope) - {Scope.OPS, Scope.AUDIT_READ}
"""What an upstream may do; what operators and auditors may is asked for by name."""
SECOND = 1_000_000
Bound = tuple[str, str | None]
"""A campaign, and maybe one merchant of it."""


class Keys:
    """Makes keys and takes them back."""

    def __init__(self, store: MemoryStore, pepper: bytes) -> None:
        """Keep them in this store."""
        self._store = store
        self._pepper = pepper

    def new(
        self,
        account: str,
        scopes: Collection[Scope],
        bound: Bound | None,
        lasts_s: float | None,
    ) -> str:
        """Return a fresh key of an account, which is there from now on."""
        now, secret = self._store.now(), token_bytes(SECRET_BYTES)
        campaign, limit_key = bound or (None, None)
        record = KeyRecord(
            id=token_hex(ID_BYTES),
            account=account,
            hash=key_hash(secret, self._pepper),
            scopes=frozenset(scopes),
            created_at=now,
            expires_at=None if lasts_s is None else now + int(lasts_s * SECOND),
            bound_campaign=campaign,
            bound_limit_key=limit_key,
        )
        self._store.add_account(account, at=now)
        self._store.add_key(record)
        return key_text(record.id, secret)

    def revoke(self, key: str) -> None:
        """Let a key open nothing from now on."""
        parted = split_key(key)
        if parted is None or not self._store.revoke_key(parted[0], at=self._store.now()):
            raise ValueError("there is no such key, or it is revoked already")
