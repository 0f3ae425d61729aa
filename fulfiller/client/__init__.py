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
    AlreadyRedeemed,
    ClientError,
    CouponExpired,
    Ended,
    Forbidden,
    IdentityTaken,
    Invalid,
    KeyReused,
    MovedOn,
    NotCancellable,
    NotOpenYet,
    Paused,
    RateLimited,
    Refused,
    SoldOut,
    Unauthorized,
    Unavailable,
    Unknown,
    UserLimit,
)
from fulfiller.client.pressing import PressureNow, PressureState
from fulfiller.client.rating import RateNow
from fulfiller.client.result import (
    Claim,
    Coupon,
    CouponNow,
    NewClaim,
    Outcome,
    Patience,
    Wait,
)
from fulfiller.client.scaling import Scale

__all__ = [
    "AlreadyRedeemed",
    "AsyncClient",
    "Claim",
    "Client",
    "ClientError",
    "Coupon",
    "CouponExpired",
    "CouponNow",
    "Ended",
    "Forbidden",
    "IdentityTaken",
    "Invalid",
    "KeyReused",
    "MovedOn",
    "NewClaim",
    "NotCancellable",
    "NotOpenYet",
    "Outcome",
    "Patience",
    "Paused",
    "PressureNow",
    "PressureState",
    "RateLimited",
    "RateNow",
    "Refused",
    "Scale",
    "SoldOut",
    "Unauthorized",
    "Unavailable",
    "Unknown",
    "UserLimit",
    "Wait",
]
