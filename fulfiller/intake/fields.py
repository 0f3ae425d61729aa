"""What each field of the contract means, by shape; a test finds those that lack a sentence."""

from collections.abc import Mapping
from inspect import cleandoc
from typing import Any

Tree = dict[str, Any]
_CAMPAIGN = "The campaign's name."
_TTL_S = "For how many seconds."
_SAID = {
    "message": "What the person can be told, word for word; null where there is nothing to tell.",
    "language": "The language tag of the message.",
    "patience": "The facts behind the message, for whoever tells them in words of their own.",
}
_CLAIM_IN = {
    "campaign": _CAMPAIGN,
    "user": "Who claims, by whatever name you know them; no control characters.",
    "grant": "Which of the coupons that one user may earn is meant; by default the word `default`.",
    "tier": "The claim's priority; by default the campaign's default tier.",
    "locale": "The language that the person wishes to be told in; goes before `Accept-Language`.",
    "limit_key": "Who has to keep pace with this claim, such as a shop; no control characters.",
}
_COUPON = {
    "code": "The code as people read it. As good as its money: write it into no log.",
    "value": "What the coupon is worth.",
    "state": "Whether it may be used.",
    "valid_until": "When it ends; exclusive. Extensions and pauses that count are in it.",
}

FIELDS: Mapping[str, Mapping[str, str]] = {
    "ClaimIn": _CLAIM_IN,
    "BatchClaimIn": _CLAIM_IN
    | {
        "idempotency_key": "A value of your own: the same one again is the same claim. Printable "
        "ASCII, no space at either end and no quote in front.",
    },
    "SubmissionIn": {
        "api_key": "A key of your account with the scope `claim:write`.",
        "claims": "The claims, each with an outcome of its own.",
    },
    "BatchIn": {"claims": "The claims; one that won't do keeps none of the others out."},
    "PublicClaim": {
        "claim_id": "The claim's id, for ever.",
        "campaign": _CAMPAIGN,
        "user": "Who claims, as it was sent.",
        "grant": "Which of the user's coupons is meant.",
        "tier": "The claim's priority.",
        "state": "Where it stands; `issued`, `declined` and `cancelled` never change again.",
        "accepted_at": "When it was taken in.",
        "position": "The place in line, 1 is next; null unless it is waitlisted.",
        "wait": "How long it will still take; null where that is not worth telling or over.",
        "poll_after_s": "Seconds after which to look again; null when it will never change again.",
        "coupon": "The coupon; null unless it is issued.",
        **_SAID,
    },
    "PublicWait": {
        "low_s": "Seconds that it takes at least, most likely.",
        "high_s": "Seconds that it takes at most, most likely; null while nobody can say.",
        "basis": "What the estimate rests on.",
    },
    "PublicCoupon": _COUPON,
    "Value": {
        "amount": "In minor units: 2500 of CNY are 25 yuan.",
        "currency": "An ISO 4217 code.",
    },
    "PublicPatience": {
        "what_to_do": "What is asked of the person.",
        "reason": "Why people wait; null if they don't.",
        "since": "Since when; null if that is not known.",
        "come_back_at": "When to try again, where no place was kept; else null.",
        "next_update_at": "When more will be known; null if nobody can say.",
        "still_valid": "What people have and keep.",
    },
    "Valid": {
        "what": "What it is, such as `coupons`.",
        "until": "Until when it is valid at least; exclusive.",
    },
    "PublicCampaign": {
        "campaign": _CAMPAIGN,
        "phase": "Where it is in its life.",
        "mode": "Whether new claims are admitted, or keep a place in line.",
        "window": "When it admits claims.",
        "validity": "How long its coupons stay valid.",
        "wait": "How long somebody who came now would wait; null while it flows.",
        "message": _SAID["message"],
        "language": _SAID["language"],
    },
    "PublicWindow": {
        "opens_at": "When claims are admitted from.",
        "closes_at": "Until when; exclusive.",
        "zone": "The campaign's own time zone, in which its days begin and end.",
    },
    "PublicValidity": {
        "until": "The one instant at which its coupons end, if there is one; exclusive.",
        "days": "For how many days from its issue a coupon is valid, if that is the rule.",
        "floor": "The instant before which none of its coupons ends, if there is one.",
    },
    "BatchOut": {"results": "One for each claim, in the order in which they were sent."},
    "BatchResult": {
        "status": "The status that the claim would have got alone.",
        "replayed": "Whether it was there already, by this key or this identity.",
        "claim": "The claim, if it is kept.",
        "problem": "What is wrong, if it is not.",
    },
    "ProblemBody": {
        "type": "Where this kind of problem is explained.",
        "title": "What the code means, in a few words.",
        "status": "The status of the answer.",
        "code": "What went wrong, for programs.",
        "detail": "What went wrong this time, or what to do about it.",
        "instance": "The path that was asked for; empty if the request did not arrive whole.",
        "request_id": "The request's id, as in the header `X-Request-Id`: quote it when you ask.",
        "errors": "Everything there is to mend.",
        "retry_after_s": "Seconds after which to try again, as in the header `Retry-After`.",
        "opens_at": "When a campaign that is not open yet opens.",
        "violated-policies": "The limits that are used up, as `RateLimit-Policy` names them.",
        **_SAID,
    },
    "Flaw": {
        "detail": "What to write instead.",
        "pointer": "Where in the body, as a JSON pointer.",
        "header": "In which header.",
        "parameter": "In which parameter of the query.",
    },
    "PublicOutcomes": {
        "outcomes": "How claims of the account ended; often none.",
        "after": "The number to go on behind.",
        "poll_after_s": "Seconds after which to ask for the next page; 0 is at once.",
    },
    "PublicOutcome": {
        "number": "Its place in an order that never changes.",
        "after": "Go on behind this once it is dealt with: then nothing is missed.",
        "at": "When the claim ended.",
        "kind": "How it ended.",
        "claim": "The claim as it is now.",
    },
    "PublicCouponNow": _COUPON
    | {
        "coupon_id": "The coupon's id, for ever; it opens nothing.",
        "campaign": _CAMPAIGN,
        "issued_at": "When it was issued.",
        "reserved_until": "Until when a checkout holds it; null unless one does.",
    },
    "ReserveIn": {"ttl_s": _TTL_S},
    "RevokeIn": {"reason": "Why; it is kept in the event log. No control characters."},
    "PressureIn": {
        "pressure": "How you are.",
        "reason": "Why; operators read it. No control characters.",
        "limit_key": "Whom it is about; left out, all of the campaign.",
        "ttl_s": f"{_TTL_S} Say it again before they are over, if it lasts.",
    },
    "PublicPressure": {
        "campaign": _CAMPAIGN,
        "limit_key": "Whom it is about; null if all of the campaign.",
        "pressure": "What is in force now.",
        "expires_at": "When it runs out by itself; null where nothing presses.",
    },
    "RateIn": {
        "rate": "Coupons over all workers, such as 500/s, 3000/m or 200/h; null for no limit.",
        "reason": "Why; it is kept in the event log. No control characters.",
    },
    "PublicRate": {
        "campaign": _CAMPAIGN,
        "limit_key": "Whose rate it is; null if the campaign's own.",
        "rate": "Coupons at most over all workers; null if there is no limit.",
        "burst": "How many may come at once after a rest; null if there is no limit.",
    },
    "PublicScale": {
        "backlog": "Claims accepted and not yet issued, that workers could issue: without those "
        "of held campaigns, and without what only waits for a rate.",
        "drain_s": "Seconds in which the backlog drains as fast as now; null if nothing moves.",
        "workers": "Worker slots now: tasks that are run at once, over all workers.",
        "suggested_workers": "Worker slots that drain the backlog within half the smallest "
        "promise; as many as there are while too little is known or the difference is small.",
    },
    "CampaignIn": {"breaker": "When the circuit breaker trips and how it lets go; has defaults."},
    "Status": {"status": "One word: `alive` or `ready`."},
    "ProblemKind": {
        "code": "What went wrong, for programs.",
        "status": "The status of answers that tell it.",
    },
    "ProblemKinds": {"problems": "Every kind, in the order of their status."},
}


def described(name: str, shape: Tree) -> Tree:
    """Return a shape with what its fields mean, where it does not say so itself."""
    about = FIELDS.get(name, {})
    fields = {
        field: kind | ({"description": about[field]} if field in about else {})
        for field, kind in shape.get("properties", {}).items()
    }
    told = {"description": cleandoc(shape["description"])} if "description" in shape else {}
    return shape | told | ({"properties": fields} if fields else {})
