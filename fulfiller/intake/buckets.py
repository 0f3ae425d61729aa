"""The buckets of one door limit, by a digest of whose they are: never many, never a name.

A bucket that is full again is as good as none. So the oldest half is forgotten when a new half
is full, and a caller gains a burst by that only if half of `kept_max` others came before its
bucket had filled. 100,000 buckets of one kind take 14 MB.
"""

from collections import deque
from hashlib import blake2b

from fulfiller.domain.bucket import SECOND, Bucket

DIGEST_BYTES = 16
Key = bytes


class Buckets:
    """What this intake let in under one limit; used on the event loop alone, but for `say`."""

    def __init__(self, name: str, bucket: Bucket, *, key: bytes, kept_max: int) -> None:
        """Have let nobody in yet."""
        self.name = name
        self.bucket = bucket
        window_s = -(-bucket.span // SECOND)
        self.policy = b'"%s";q=%d;w=%d' % (name.encode(), bucket.burst, window_s)
        self._standing = b'"%s";r=%%d;t=%%d' % name.encode()
        self._half = kept_max // 2
        self._young: dict[Key, int] = {}
        self._old: dict[Key, int] = {}
        self._unsaid: deque[Key] = deque()
        self._digest = blake2b(name.encode() + b"\0", digest_size=DIGEST_BYTES, key=key)

    def __len__(self) -> int:
        """Return how many buckets are remembered, some of them twice."""
        return len(self._young) + len(self._old)

    def whose(self, name: str) -> Key:
        """Return the digest that stands for somebody."""
        digest = self._digest.copy()
        digest.update(name.encode())
        return digest.digest()

    def look(self, whose: Key, now: int) -> "Look":
        """Return how somebody's bucket stands, and how it would once more was let in."""
        tat = self._young.get(whose) or self._old.get(whose, 0)
        return self, whose, tat, self.bucket.taken(tat, now)

    def tat(self, whose: Key) -> int:
        """Return when somebody's bucket is full again."""
        return self._young.get(whose) or self._old.get(whose, 0)

    def let_in(self, whose: Key, tat: int) -> None:
        """Remember that somebody was let in, and that the others are to hear of it."""
        self._keep(whose, tat)
        self._unsaid.append(whose)

    def standing(self, tat: int, now: int) -> bytes:
        """Return what somebody has left, as the field RateLimit tells it."""
        left, next_in = self.bucket.standing(tat, now)
        return self._standing % (left, -(-next_in // SECOND))

    def say(self) -> bytes:
        """Return the digests of whom was let in since last time; any thread may ask.

        If it gets lost on its way it is not said again: whoever came would pay twice.
        """
        return b"".join([self._unsaid.popleft() for _ in range(len(self._unsaid))])

    def hear(self, digests: bytes, at: int) -> None:
        """Count whom another intake let in at about this instant."""
        for start in range(0, len(digests), DIGEST_BYTES):
            whose = digests[start : start + DIGEST_BYTES]
            self._keep(whose, self.bucket.charged(self.tat(whose), at))

    def _keep(self, whose: Key, tat: int) -> None:
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[whose] = tat


Look = tuple[Buckets, Key, int, int | None]
"""A limit, whose bucket it is, its tat, and the tat after one more; None if it is empty."""
