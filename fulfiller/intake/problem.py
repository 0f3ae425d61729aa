"""Problems: every answer that is not a success, as RFC 9457 tells it, from one table."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from fulfiller.domain.act import CouponWhy
from fulfiller.domain.outcome import Why
from fulfiller.service.view import PublicPatience

MEDIA_TYPE = b"application/problem+json"
TYPE_PREFIX = "/problems/"
IANA = "https://iana.org/assignments/http-problem-types#"
"""Where the types of draft-ietf-httpapi-ratelimit-headers-10 are to be registered."""
Header = tuple[bytes, bytes]


class Code(StrEnum):
    """What went wrong, for programs; the refusals are those of `Why`."""

    MALFORMED = "malformed"
    REPEATED_HEADER = "repeated_header"
    KEY_MISSING = "idempotency_key_missing"
    KEY_INVALID = "idempotency_key_invalid"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    UNKNOWN_CLAIM = "unknown_claim"
    UNKNOWN_CAMPAIGN = Why.UNKNOWN_CAMPAIGN.value
    UNKNOWN_COUPON = CouponWhy.UNKNOWN_COUPON.value
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TIMED_OUT = "timed_out"
    SOLD_OUT = Why.SOLD_OUT.value
    NOT_OPEN_YET = Why.NOT_OPEN_YET.value
    USER_LIMIT = Why.USER_LIMIT.value
    IDENTITY_TAKEN = Why.IDENTITY_TAKEN.value
    NOT_CANCELLABLE = "not_cancellable"
    COUPON_RESERVED = CouponWhy.COUPON_RESERVED.value
    ALREADY_REDEEMED = CouponWhy.ALREADY_REDEEMED.value
    NOT_RESERVED = CouponWhy.NOT_RESERVED.value
    NOT_REDEEMED = CouponWhy.NOT_REDEEMED.value
    MOVED_ON = CouponWhy.MOVED_ON.value
    CAMPAIGN_EXISTS = "campaign_exists"
    ENDED = Why.ENDED.value
    COUPON_EXPIRED = CouponWhy.COUPON_EXPIRED.value
    COUPON_REVOKED = CouponWhy.COUPON_REVOKED.value
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    INVALID = "invalid"
    KEY_REUSED = Why.KEY_REUSED.value
    RATE_LIMITED = "rate_limited"
    HEAD_TOO_LARGE = "head_too_large"
    INTERNAL = "internal"
    WAITLIST_FULL = Why.WAITLIST_FULL.value
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its status, its title, and what its reader can do about it."""

    status: int
    title: str
    remedy: str
    type: str | None = None


KINDS = {
    Code.MALFORMED: Kind(400, "Not JSON", "Send one JSON object in UTF-8."),
    Code.REPEATED_HEADER: Kind(
        400, "A header was sent twice", "Send the header that `errors` names once."
    ),
    Code.KEY_MISSING: Kind(
        400,
        "Idempotency-Key missing",
        "Send the header Idempotency-Key with a value of your own, and the same one again "
        "whenever you repeat the request.",
    ),
    Code.KEY_INVALID: Kind(
        400,
        "Idempotency-Key invalid",
        "Send 1 to 255 printable ASCII characters, in double quotes or bare: no space at either "
        "end of the key itself, and no quote in front of it.",
    ),
    Code.UNAUTHORIZED: Kind(
        401, "No valid API key", "Send `Authorization: Bearer ful_...` with a key that is alive."
    ),
    Code.FORBIDDEN: Kind(403, "Not allowed", "Use a key that has the scope, or ask its owner."),
    Code.NOT_FOUND: Kind(404, "Nothing here", "See /docs for the addresses that exist."),
    Code.UNKNOWN_CLAIM: Kind(
        404, "No such claim", "Check the claim's id, and that the claim is one of your account's."
    ),
    Code.UNKNOWN_CAMPAIGN: Kind(404, "No such campaign", "Check the campaign's name."),
    Code.UNKNOWN_COUPON: Kind(
        404, "No such coupon", "Check the code, and that the coupon is of one of your campaigns."
    ),
    Code.METHOD_NOT_ALLOWED: Kind(
        405, "Method not allowed", "Use one of the methods that the header Allow names."
    ),
    Code.TIMED_OUT: Kind(408, "Request too slow", "Send the whole request without pausing."),
    Code.SOLD_OUT: Kind(
        409, "All coupons are taken", "Try again only if the campaign is given more money."
    ),
    Code.NOT_OPEN_YET: Kind(
        409, "Not open yet", "Try again once the campaign has opened: `opens_at` says when."
    ),
    Code.USER_LIMIT: Kind(
        409, "The user has all the coupons they may have", "Nothing to do: no more are given."
    ),
    Code.IDENTITY_TAKEN: Kind(
        409,
        "Another account holds this user's claim",
        "Ask the account through which this user claimed before.",
    ),
    Code.NOT_CANCELLABLE: Kind(
        409, "Too late to cancel", "A claim can be cancelled while it is waitlisted or accepted."
    ),
    Code.COUPON_RESERVED: Kind(
        409,
        "Another checkout holds the coupon",
        "Try again when that one has let go of it, at the end of its reservation at the latest.",
    ),
    Code.ALREADY_REDEEMED: Kind(
        409, "The coupon is redeemed", "Nothing to do: it was used under another key."
    ),
    Code.NOT_RESERVED: Kind(
        409, "Not held under this key", "Nothing to do: this checkout holds the coupon no longer."
    ),
    Code.NOT_REDEEMED: Kind(
        409, "Not redeemed under this key", "Roll back under the key that redeemed the coupon."
    ),
    Code.MOVED_ON: Kind(
        409,
        "Done under this key, and undone since",
        "See how the coupon stands; take a fresh key to do it again.",
    ),
    Code.CAMPAIGN_EXISTS: Kind(
        409, "The campaign's name is taken", "Choose another id; terms don't change by repeating."
    ),
    Code.ENDED: Kind(410, "The campaign has ended", "Nothing to do: claims made before count."),
    Code.COUPON_EXPIRED: Kind(
        410, "The coupon has expired", "Nothing to do, unless its campaign is extended."
    ),
    Code.COUPON_REVOKED: Kind(410, "The coupon is revoked", "Nothing to do: it is void for good."),
    Code.TOO_LARGE: Kind(413, "Body too large", "Send less at a time."),
    Code.UNSUPPORTED_MEDIA_TYPE: Kind(
        415, "Not application/json", "Send the body as `Content-Type: application/json`."
    ),
    Code.UNSUPPORTED_ENCODING: Kind(
        415, "The body is encoded", "Send the body as it is, without Content-Encoding."
    ),
    Code.INVALID: Kind(422, "Invalid", "Mend what `errors` names and send it again."),
    Code.KEY_REUSED: Kind(
        422,
        "Idempotency-Key used for another request",
        "Take a fresh key for a new request; repeat an old one unchanged.",
    ),
    Code.RATE_LIMITED: Kind(
        429,
        "Too many requests",
        "Repeat with the same key after Retry-After; what was accepted before stays so.",
        IANA + "quota-exceeded",
    ),
    Code.HEAD_TOO_LARGE: Kind(
        431, "Address and headers too large", "Send a shorter address and shorter headers."
    ),
    Code.INTERNAL: Kind(
        500, "Something broke here", "Repeat with the same key; if it lasts, report request_id."
    ),
    Code.WAITLIST_FULL: Kind(
        503,
        "Paused, and no place can be kept",
        "Come back after Retry-After, which is your own; nothing was kept and nothing is lost.",
        IANA + "temporary-reduced-capacity",
    ),
    Code.UNAVAILABLE: Kind(
        503,
        "The store does not answer",
        "Repeat with the same key after Retry-After: nothing is done twice.",
    ),
}


class Flaw(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to mend: where (a JSON pointer, a header or a parameter) and how."""

    detail: str
    pointer: str | None = None
    header: str | None = None
    parameter: str | None = None


class Told(msgspec.Struct, frozen=True):
    """What people can be told about a wait: a sentence, its language, and the facts."""

    message: str
    language: str
    patience: PublicPatience


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """A problem as callers read it; `opens_at` says when a campaign that is not open yet opens.

    `message` is what people can be told, in `language`; `patience` are the facts behind it;
    `violated-policies` names the limits that are used up.
    """

    type: str
    title: str
    status: int
    code: Code
    detail: str
    instance: str
    request_id: str
    errors: tuple[Flaw, ...] = ()
    retry_after_s: int | None = None
    opens_at: datetime | None = None
    message: str | None = None
    language: str | None = None
    patience: PublicPatience | None = None
    violated_policies: tuple[str, ...] = msgspec.field(default=(), name="violated-policies")


class Problem(Exception):
    """The request can't be answered with success; raised anywhere at the door, told once."""

    def __init__(
        self,
        code: Code,
        detail: str = "",
        *flaws: Flaw,
        retry_after_s: int | None = None,
        allow: str | None = None,
        opens_at: datetime | None = None,
        told: Told | None = None,
    ) -> None:
        """Say what is wrong with this request in particular; the remedy stands in by default."""
        self.code = code
        self.kind = KINDS[code]
        self.detail = detail or self.kind.remedy
        self.flaws = flaws
        self.retry_after_s = retry_after_s
        self.allow = allow
        self.opens_at = opens_at
        self.told = told
        self.policies: tuple[str, ...] = ()
        super().__init__(self.detail)

    def body(self, *, instance: str, request_id: str) -> ProblemBody:
        """Return the problem as callers read it."""
        return ProblemBody(
            type=type_of(self.code),
            title=self.kind.title,
            status=self.kind.status,
            code=self.code,
            detail=self.detail,
            instance=instance,
            request_id=request_id,
            errors=self.flaws,
            retry_after_s=self.retry_after_s,
            opens_at=self.opens_at,
            message=None if self.told is None else self.told.message,
            language=None if self.told is None else self.told.language,
            patience=None if self.told is None else self.told.patience,
            violated_policies=self.policies,
        )

    def headers(self) -> list[Header]:
        """Return the headers that belong to it besides the content type."""
        named = (
            (b"retry-after", None if self.retry_after_s is None else str(self.retry_after_s)),
            (b"allow", self.allow),
            (b"www-authenticate", "Bearer" if self.code is Code.UNAUTHORIZED else None),
        )
        return [(name, value.encode()) for name, value in named if value is not None]


def type_of(code: Code) -> str:
    """Return the type of a problem: a registered one where there is one, else its page here."""
    return KINDS[code].type or TYPE_PREFIX + code


def limited(policies: tuple[str, ...], retry_after_s: int) -> Problem:
    """Return the problem of somebody who asks more often than these limits allow."""
    detail = f"the limit of the {' and the '.join(policies)} is used up for now"
    problem = Problem(Code.RATE_LIMITED, detail, retry_after_s=retry_after_s)
    problem.policies = policies
    return problem


def unavailable(detail: str = "") -> Problem:
    """Return the problem of a store that does not answer, or of a queue before it that is full."""
    return Problem(Code.UNAVAILABLE, detail, retry_after_s=1)
