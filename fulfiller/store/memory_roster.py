"""Who leads, who works and who may call: that part of the in-memory store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from threading import RLock

from fulfiller.domain.error import StoreError
from fulfiller.domain.key import KeyRecord
from fulfiller.store.shelves import Lease, Shelves

MICRO = 1_000_000


class MemoryRoster:
    """Leases, workers, accounts and keys of the in-memory store."""

    def __init__(self, shelves: Shelves, now: Callable[[], int]) -> None:
        """Keep them on these shelves, by this clock."""
        self.shelves = shelves
        self.now = now
        self._latch = RLock()

    def lease(self, name: str, holder: str, *, ttl_s: float) -> int | None:
        """Acquire or renew a lease and return its epoch, or None while another holds it."""
        with self._latch:
            now, lease = self.now(), self.shelves.leases.get(name)
            if lease is not None and lease.holder != holder and lease.expires_at > now:
                return None
            same = lease is not None and lease.holder == holder and lease.expires_at > now
            epoch = (0 if lease is None else lease.epoch) + (not same)
            self.shelves.leases[name] = Lease(holder, epoch, now + int(ttl_s * MICRO))
            return epoch

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back, if this holder has it."""
        with self._latch:
            lease = self.shelves.leases.get(name)
            if lease is not None and lease.holder == holder:
                lease.expires_at = 0

    def leader(self, name: str) -> str | None:
        """Return who holds a lease, or None while nobody does."""
        with self._latch:
            lease = self.shelves.leases.get(name)
            return None if lease is None or lease.expires_at <= self.now() else lease.holder

    def announce(self, worker: str, slots: int, *, ttl_s: float) -> None:
        """Say how many tasks a worker runs at once, for a while."""
        with self._latch:
            self.shelves.workers[worker] = (slots, self.now() + int(ttl_s * MICRO))

    def slots(self) -> int:
        """Return the sum of the announced slots that have not run out; 0 when unknown."""
        return sum(self.workers().values())

    def workers(self) -> Mapping[str, int]:
        """Return the announced slots that have not run out, by worker."""
        with self._latch:
            now, announced = self.now(), sorted(self.shelves.workers.items())
            return {worker: slots for worker, (slots, until) in announced if until > now}

    def add_account(self, account: str, *, at: int) -> bool:
        """Store an account; False if it exists."""
        with self._latch:
            if account in self.shelves.accounts:
                return False
            self.shelves.accounts[account] = at
            return True

    def add_key(self, record: KeyRecord) -> None:
        """Store a key; raise StoreError if its account does not exist, or its id does."""
        with self._latch:
            if record.account not in self.shelves.accounts:
                raise StoreError(f"account {record.account} does not exist")
            if record.id in self.shelves.api_keys:
                raise StoreError(f"key {record.id} exists")
            self.shelves.api_keys[record.id] = record

    def find_key(self, key_id: str) -> KeyRecord | None:
        """Return a key by its id."""
        return self.shelves.api_keys.get(key_id)

    def keys(self) -> Sequence[KeyRecord]:
        """Return all keys, newest first."""
        return sorted(self.shelves.api_keys.values(), key=lambda key: -key.created_at)

    def expire_key(self, key_id: str, *, at: int) -> bool:
        """Let a key end at an instant, unless it ends sooner; False if unknown or revoked."""
        with self._latch:
            record = self.shelves.api_keys.get(key_id)
            if record is None or record.revoked_at is not None:
                return False
            sooner = at if record.expires_at is None else min(at, record.expires_at)
            self.shelves.api_keys[key_id] = replace(record, expires_at=sooner)
            return True

    def revoke_key(self, key_id: str, *, at: int) -> bool:
        """Revoke a key; False if it is unknown or revoked already."""
        record = self.shelves.api_keys.get(key_id)
        if record is None or record.revoked_at is not None:
            return False
        self.shelves.api_keys[key_id] = replace(record, revoked_at=at)
        return True
