"""Examples of the contract: one of each shape, as a caller would see it; a test checks them."""

from typing import Any

from fulfiller.intake.problem import KINDS, Code, type_of
from fulfiller.intake.reading import REMEDIES

Tree = dict[str, Any]
CLAIM_ID = "clm_019c30c6-4c00-7000-8000-5f0c4a7be0d1"
COUPON_CODE = "7Q2M-X4TD-9KFA-B3HE"
CAMPAIGN = "spring-festival"
KEY = "order-42"

_CLAIM: Tree = {"campaign": CAMPAIGN, "user": "li"}
_ACCEPTED: Tree = {
    "claim_id": CLAIM_ID,
    "campaign": CAMPAIGN,
    "user": "li",
    "grant": "default",
    "tier": "p2",
    "state": "accepted",
    "accepted_at": "2026-02-06T01:00:00.000301Z",
    "position": None,
    "wait": None,
    "poll_after_s": 1.0,
    "coupon": None,
    "message": None,
    "language": None,
    "patience": None,
}
_PATIENCE: Tree = {
    "what_to_do": "nothing",
    "reason": "crowd",
    "since": "2026-02-06T01:00:00Z",
    "come_back_at": None,
    "next_update_at": "2026-02-06T01:00:20Z",
    "still_valid": [{"what": "coupons", "until": "2026-02-28T16:00:00Z"}],
}
_WAITLISTED = _ACCEPTED | {
    "state": "waitlisted",
    "position": 12_400,
    "wait": {"low_s": 130.0, "high_s": 300.0, "basis": "measured"},
    "poll_after_s": 37.5,
    "message": "Your place is kept. More people came than we planned for.",
    "language": "en",
    "patience": _PATIENCE,
}
_ISSUED = _ACCEPTED | {
    "state": "issued",
    "poll_after_s": None,
    "coupon": {
        "code": COUPON_CODE,
        "value": {"amount": 2_500, "currency": "CNY"},
        "state": "issued",
        "valid_until": "2026-02-28T16:00:00Z",
    },
}


ERRORS: Tree = {
    Code.REPEATED_HEADER: {"detail": "send it once", "header": "authorization"},
    Code.UNSUPPORTED_MEDIA_TYPE: {"detail": "write application/json", "header": "Content-Type"},
    Code.UNSUPPORTED_ENCODING: {"detail": "leave it out", "header": "Content-Encoding"},
    Code.KEY_REUSED: {"detail": KINDS[Code.KEY_REUSED].remedy, "header": "Idempotency-Key"},
    Code.CAMPAIGN_EXISTS: {"detail": "choose another id", "pointer": "/id"},
}
"""What is to mend, wherever such a problem is told."""
INVALID: Tree = {
    "ClaimIn": {"detail": REMEDIES["user"], "pointer": "/user"},
    "BatchIn": {"detail": REMEDIES["claims"], "pointer": "/claims"},
    "CampaignIn": {"detail": "it must be one of p0, p1, p2, p3", "pointer": "/default_tier"},
    "PressureIn": {"detail": REMEDIES["pressure"], "pointer": "/pressure"},
    "RateIn": {"detail": REMEDIES["rate"], "pointer": "/rate"},
    "show_limit": {"detail": REMEDIES["limit_key"], "parameter": "limit_key"},
    "ReserveIn": {"detail": REMEDIES["ttl_s"], "pointer": "/ttl_s"},
    "RevokeIn": {"detail": REMEDIES["reason"], "pointer": "/reason"},
    "find_claim": {"detail": REMEDIES["idempotency_key"], "parameter": "key"},
    "show_claim": {"detail": "write seconds, 0 or more", "parameter": "wait_s"},
    "show_scale": {"detail": REMEDIES["max"], "parameter": "max"},
    "follow_outcomes": {
        "detail": "write the number to go on behind, 0 for the beginning",
        "parameter": "after",
    },
}
"""What may be to mend of a body, by shape, or of a query, by operation."""


def problem(code: Code, instance: str, *errors: Tree) -> Tree:
    """Return a problem as callers read it, of a request for this path, with what is to mend."""
    kind = KINDS[code]
    errors = errors or ((ERRORS[code],) if code in ERRORS else ())
    more: Tree = {"opens_at": "2026-02-06T01:00:00Z"} if code is Code.NOT_OPEN_YET else {}
    more |= {"errors": list(errors)} if errors else {}
    more |= {"retry_after_s": 1} if kind.status in {429, 503} else {}
    more |= {"violated-policies": ["user"]} if code is Code.RATE_LIMITED else {}
    if code is Code.WAITLIST_FULL:
        facts = _PATIENCE | {"what_to_do": "come_back", "come_back_at": "2026-02-06T01:05:00Z"}
        said = "All places in line are taken, so we could not keep one for you this time."
        more |= {"retry_after_s": 300, "message": said, "language": "en", "patience": facts}
    return {
        "type": type_of(code),
        "title": kind.title,
        "status": kind.status,
        "code": code.value,
        "detail": kind.remedy,
        "instance": instance,
        "request_id": "5f0c4a7be0d1",
        **more,
    }


def explained(code: Code) -> Tree:
    """Return what a kind of problem means and what to do about it."""
    kind = KINDS[code]
    said = {"code": code.value, "status": kind.status}
    return said | {"title": kind.title, "remedy": kind.remedy}


EXAMPLES: Tree = {
    "ClaimIn": _CLAIM,
    "BatchIn": {
        "claims": [_CLAIM | {"idempotency_key": KEY}, _CLAIM | {"idempotency_key": "order-43"}]
    },
    "PublicClaim": _ISSUED,
    "BatchOut": {
        "results": [
            {"status": 202, "claim": _ACCEPTED},
            {"status": 202, "claim": _WAITLISTED},
            {"status": 409, "problem": problem(Code.SOLD_OUT, "/v1/claims/batch")},
        ]
    },
    "PublicOutcomes": {
        "outcomes": [
            {
                "number": 7,
                "after": 7,
                "at": "2026-02-06T01:00:00.200417Z",
                "kind": "claim.issued",
                "claim": _ISSUED,
            }
        ],
        "after": 7,
        "poll_after_s": 1.0,
    },
    "PublicCouponNow": {
        "coupon_id": CLAIM_ID.replace("clm_", "cpn_"),
        "campaign": CAMPAIGN,
        "code": COUPON_CODE,
        "value": {"amount": 2_500, "currency": "CNY"},
        "state": "issued",
        "issued_at": "2026-02-06T01:00:00.200417Z",
        "valid_until": "2026-02-28T16:00:00Z",
        "reserved_until": None,
    },
    "ReserveIn": {"ttl_s": 300},
    "RevokeIn": {"reason": "printed twice"},
    "CampaignIn": {
        "id": CAMPAIGN,
        "coupon_value": 2_500,
        "currency": "CNY",
        "budget": 300_000_000_000,
        "opens_at": "2026-02-06T09:00:00+08:00",
        "closes_at": "2026-02-12T00:00:00+08:00",
        "zone": "Asia/Shanghai",
        "valid_until": "2026-02-28",
        "per_user_limit": 21,
        "tiers": {"p0": {"weight": 8, "longest_wait_s": 60}},
    },
    "Created": {"campaign": CAMPAIGN},
    "PublicCampaign": {
        "campaign": CAMPAIGN,
        "phase": "active",
        "mode": "flowing",
        "window": {
            "opens_at": "2026-02-06T01:00:00Z",
            "closes_at": "2026-02-11T16:00:00Z",
            "zone": "Asia/Shanghai",
        },
        "validity": {"until": "2026-02-28T16:00:00Z", "days": None, "floor": None},
        "message": None,
        "language": None,
        "wait": None,
    },
    "PressureIn": {
        "pressure": "full",
        "limit_key": "shop-7",
        "reason": "no cups left",
        "ttl_s": 600,
    },
    "PublicPressure": {
        "campaign": CAMPAIGN,
        "limit_key": "shop-7",
        "pressure": "full",
        "expires_at": "2026-02-06T01:10:00Z",
    },
    "RateIn": {"rate": "200/h", "reason": "the tills keep up with so many"},
    "PublicRate": {"campaign": CAMPAIGN, "limit_key": "shop-7", "rate": "200/h", "burst": 2},
    "PublicScale": {
        "backlog": 120_000,
        "drain_s": 60.0,
        "workers": 2,
        "suggested_workers": 3,
    },
    "Status": {"status": "ready"},
    "ProblemKind": explained(Code.SOLD_OUT),
    "ProblemKinds": {"problems": [explained(Code.MALFORMED), explained(Code.SOLD_OUT)]},
    "Figures": 'fulfiller_backlog_claims{campaign="spring-festival",tier="p2"} 42.0\n',
}
"""By shape."""
FRESH = {("submit_claim", 202): _ACCEPTED}
"""Where an answer of an operation is not as usual."""
