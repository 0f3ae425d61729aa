"""The Python client: claims over HTTP, typed, retried safely, blocking or async.

    with Client("http://127.0.0.1:8080", key) as fulfiller:
        claim = fulfiller.submit("spring-festival", user="li")
        print(fulfiller.wait(claim.claim_id).coupon)

Every submit has an idempotency key, made once and kept through all retries, so that nothing
is done twice, whatever the network does.
"""

from fulfiller.client.awaiting import AsyncClient
from fulfiller.client.blocking import Client
from fulfiller.client.error import (
    ClientError,
    Ended,
    Forbidden,
    IdentityTaken,
    Invalid,
    KeyReused,
    NotCancellable,
    NotOpenYet,
    Refused,
    SoldOut,
    Unauthorized,
    Unavailable,
    Unknown,
    UserLimit,
)
from fulfiller.client.result import Claim, Coupon, NewClaim, Wait

__all__ = [
    "AsyncClient",
    "Claim",
    "Client",
    "ClientError",
    "Coupon",
    "Ended",
    "Forbidden",
    "IdentityTaken",
    "Invalid",
    "KeyReused",
    "NewClaim",
    "NotCancellable",
    "NotOpenYet",
    "Refused",
    "SoldOut",
    "Unauthorized",
    "Unavailable",
    "Unknown",
    "UserLimit",
    "Wait",
]
