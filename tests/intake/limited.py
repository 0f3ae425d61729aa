"""Door limits for tests, and callers that run into them."""

from itertools import count

import httpx

from fulfiller.domain.bucket import Bucket
from fulfiller.domain.pace import Rate
from fulfiller.intake.parts import DoorLimits
from tests.intake.door import body, submit

KEY = b"a key for tests only, 32 bytes.."
_numbers = count(1)


def bucket(rate: str, burst: int) -> Bucket:
    """Return a bucket as settings make it."""
    return Bucket.of(Rate.parse(rate), burst)


def limits(
    *,
    user: tuple[str, int] | None = None,
    account: tuple[str, int] | None = None,
    address: tuple[str, int] | None = None,
) -> DoorLimits:
    """Return door limits from rates and bursts."""
    made = [None if each is None else bucket(*each) for each in (user, account, address)]
    return DoorLimits(user=made[0], account=made[1], address=made[2], key=KEY)


def claims(caller: httpx.Client, user: str, number: int) -> list[httpx.Response]:
    """Submit so many claims of a user, each of another grant."""
    return [
        submit(caller, f"key-{next(_numbers)}", body(user, grant=f"g{next(_numbers)}"))
        for _ in range(number)
    ]


def batch(caller: httpx.Client, users: list[str]) -> httpx.Response:
    """Submit a claim of each of these in one batch."""
    each = [
        body(user, grant=f"g{next(_numbers)}") | {"idempotency_key": f"b{next(_numbers)}"}
        for user in users
    ]
    return caller.post("/v1/claims/batch", json={"claims": each})
