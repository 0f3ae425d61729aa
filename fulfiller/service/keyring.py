"""The port to accounts and their API keys; every store implements it beside its own."""

from collections.abc import Sequence
from typing import Protocol

from fulfiller.domain.key import KeyRecord


class Keyring(Protocol):
    """Accounts and the API keys below them."""

    def add_account(self, account: str, *, at: int) -> bool:
        """Store an account; False if it exists."""

    def add_key(self, record: KeyRecord) -> None:
        """Store a key; raise StoreError if its account does not exist, or its id does."""

    def find_key(self, key_id: str) -> KeyRecord | None:
        """Return a key by its id."""

    def keys(self) -> Sequence[KeyRecord]:
        """Return all keys, newest first."""

    def expire_key(self, key_id: str, *, at: int) -> bool:
        """Let a key end at an instant, unless it ends sooner; False if unknown or revoked."""

    def revoke_key(self, key_id: str, *, at: int) -> bool:
        """Revoke a key; False if it is unknown or revoked already."""
