"""The keyring port on dictionaries."""

from collections.abc import Sequence
from dataclasses import replace

from fulfiller.domain.key import KeyRecord
from fulfiller.store.shelves import Shelves


class MemoryKeyring:
    """Accounts and keys of the in-memory store."""

    def __init__(self, shelves: Shelves) -> None:
        """Keep them on these shelves."""
        self.shelves = shelves

    def add_account(self, account: str, *, at: int) -> bool:
        """Store an account; False if it exists."""
        return self.shelves.accounts.setdefault(account, at) == at

    def add_key(self, record: KeyRecord) -> None:
        """Store a key of an existing account."""
        self.shelves.api_keys[record.id] = record

    def find_key(self, key_id: str) -> KeyRecord | None:
        """Return a key by its id."""
        return self.shelves.api_keys.get(key_id)

    def keys(self) -> Sequence[KeyRecord]:
        """Return all keys, newest first."""
        return sorted(self.shelves.api_keys.values(), key=lambda key: -key.created_at)

    def revoke_key(self, key_id: str, *, at: int) -> bool:
        """Revoke a key; False if it is unknown or revoked already."""
        record = self.shelves.api_keys.get(key_id)
        if record is None or record.revoked_at is not None:
            return False
        self.shelves.api_keys[key_id] = replace(record, revoked_at=at)
        return True
