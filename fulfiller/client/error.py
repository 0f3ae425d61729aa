"""Faults of the client, drawn as a tree; catch `ClientError` to catch all of it.

ClientError
├── Unavailable          no answer in time: try later
│   ├── Paused           the campaign is paused and no place could be kept: come back later
│   └── RateLimited      the caller's own limit is used up: come back in `retry_after_s`
└── Refused              the service understood and said no: trying again changes nothing
    ├── Unauthorized     the API key is missing, wrong or over
    ├── Forbidden        the API key lacks a scope
    ├── Invalid          the request has flaws, named by `errors`
    ├── Unknown          no such claim, coupon or campaign
    ├── SoldOut          all coupons are taken
    ├── NotOpenYet       the campaign opens later
    ├── Ended            the campaign is over
    ├── UserLimit        the user has all the coupons they may have
    ├── IdentityTaken    another account holds this user's claim
    ├── KeyReused        the idempotency key was used for another request
    ├── NotCancellable   the claim is past the point where it can be cancelled
    ├── CouponExpired    the coupon was valid once
    ├── AlreadyRedeemed  the coupon was redeemed under another key
    └── MovedOn          it was done under this key, and undone since
"""

import msgspec

from fulfiller.client.result import Patience


class Flaw(msgspec.Struct, frozen=True):
    """One thing to mend: where, and how."""

    detail: str
    pointer: str | None = None
    header: str | None = None
    parameter: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """What the service says of an answer that is no success."""

    status: int
    code: str = "unknown"
    title: str = ""
    detail: str = ""
    request_id: str = ""
    errors: tuple[Flaw, ...] = ()
    retry_after_s: float | None = None
    message: str | None = None
    language: str | None = None
    patience: Patience | None = None
    policies: tuple[str, ...] = msgspec.field(default=(), name="violated-policies")


class ClientError(Exception):
    """Anything that keeps the client from returning a result.

    `message` is what the person who claims can be told about it, in `language`, if there is
    something to tell; `patience` are the facts behind it.
    """

    def __init__(self, problem: Problem) -> None:
        """Keep what the service said; `status` is 0 when it said nothing."""
        self.code = problem.code
        self.status = problem.status
        self.detail = problem.detail
        self.request_id = problem.request_id
        self.errors = problem.errors
        self.retry_after_s = problem.retry_after_s
        self.message = problem.message
        self.language = problem.language
        self.patience = problem.patience
        self.policies = problem.policies
        where = f" (request {problem.request_id})" if problem.request_id else ""
        super().__init__(f"{problem.code}: {problem.detail or problem.title}{where}")


class Unavailable(ClientError):
    """There was no answer in time; the same call may be repeated."""


class Paused(Unavailable):
    """The campaign is paused and no place could be kept; `retry_after_s` is the caller's own."""


class RateLimited(Unavailable):
    """The account, the user or the address asks too often; `policies` names which of them.

    Nothing was kept of this call; what was accepted before stays so.
    """


class Refused(ClientError):
    """The service understood and said no."""


class Unauthorized(Refused):
    """The API key is missing, wrong, revoked or over."""


class Forbidden(Refused):
    """The API key lacks the scope, or the claim is not the caller's to change."""


class Invalid(Refused):
    """The request has flaws; `errors` names each with its remedy."""


class Unknown(Refused):
    """There is no such claim, coupon or campaign, or none that the caller may know of."""


class SoldOut(Refused):
    """All coupons are taken."""


class NotOpenYet(Refused):
    """The campaign opens later."""


class Ended(Refused):
    """The campaign is over; claims made before count."""


class UserLimit(Refused):
    """The user has all the coupons they may have."""


class IdentityTaken(Refused):
    """Another account holds this user's claim."""


class KeyReused(Refused):
    """The idempotency key was used for another request."""


class NotCancellable(Refused):
    """The claim is past the point where it can be cancelled."""


class CouponExpired(Refused):
    """The coupon was valid once; only an extension of its campaign changes that."""


class AlreadyRedeemed(Refused):
    """The coupon was redeemed under another key."""


class MovedOn(Refused):
    """It was done under this key and undone since: take a fresh key to do it again."""


BY_CODE: dict[str, type[Refused]] = {
    "sold_out": SoldOut,
    "not_open_yet": NotOpenYet,
    "ended": Ended,
    "user_limit": UserLimit,
    "identity_taken": IdentityTaken,
    "key_reused": KeyReused,
    "not_cancellable": NotCancellable,
    "coupon_expired": CouponExpired,
    "already_redeemed": AlreadyRedeemed,
    "moved_on": MovedOn,
}
BY_STATUS: dict[int, type[Refused]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: Unknown,
    413: Invalid,
    415: Invalid,
    422: Invalid,
}
PAUSED = "waitlist_full"
TOO_MANY = 429
RETRIED = frozenset({0, 408, 429, 500, 502, 503, 504})
"""Statuses after which the same call may succeed; every call here is safe to repeat."""


def error_from(problem: Problem) -> ClientError:
    """Return the error that tells a problem."""
    if problem.code == PAUSED:
        return Paused(problem)
    if problem.status == TOO_MANY:
        return RateLimited(problem)
    if problem.status in RETRIED:
        return Unavailable(problem)
    kind = BY_CODE.get(problem.code) or BY_STATUS.get(problem.status, Refused)
    return kind(problem)
