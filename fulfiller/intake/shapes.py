"""Shapes of the contract that no type of ours tells: those of terms, batches and plain answers."""

from typing import Any

from fulfiller.domain.campaign import Publication
from fulfiller.domain.terms import DAYS_MAX, KEYS, REQUIRED, TEXT_MAX, WHOLE_MAX
from fulfiller.domain.tier import Tier
from fulfiller.intake.problem import Code
from fulfiller.intake.reading import SOUND

Tree = dict[str, Any]
REF = "#/components/schemas/"
TIERS = [str(tier) for tier in Tier]


def _or_null(kind: Tree) -> Tree:
    """Return the schema of a field that may be null, which means the same as leaving it out."""
    about = {"description": kind.pop("description")} if "description" in kind else {}
    return {"anyOf": [kind, {"type": "null"}], **about}


def _whole(about: str, least: int = 0, most: int = WHOLE_MAX) -> Tree:
    return {"type": "integer", "minimum": least, "maximum": most, "description": about}


def _text(about: str, **more: object) -> Tree:
    size = {"minLength": 1, "maxLength": TEXT_MAX}
    return {"type": "string", **size, **SOUND, "description": about, **more}


def _instant(about: str) -> Tree:
    return {"type": "string", "format": "date-time", "description": about}


def _one_of(words: list[str], about: str) -> Tree:
    return {"enum": words, "description": about}


def _object(required: list[str], properties: Tree, about: str) -> Tree:
    return {
        "type": "object",
        "description": about,
        "required": required,
        "additionalProperties": False,
        "properties": properties,
    }


TERMS: Tree = {
    "id": _text("The campaign's name, in its address.", pattern="^[a-z0-9-]*[a-z0-9][a-z0-9-]*$"),
    "owner": _text("The account of the API key; leave it out."),
    "coupon_value": _whole("What a coupon is worth, in minor units.", 1),
    "currency": _text("An ISO 4217 code such as CNY.", pattern="^[A-Z]{3}$"),
    "budget": _whole("What the campaign pays in all, in minor units; at least one coupon.", 1),
    "opens_at": _instant("When claims are admitted; without an offset it is meant in `zone`."),
    "closes_at": _instant("Until when claims are admitted; exclusive."),
    "zone": _text("A time zone such as Asia/Shanghai; by default UTC."),
    "valid_until": {
        "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
        "description": "Until when coupons are valid: a day counts whole. Else write valid_days.",
    },
    "valid_days": _whole("For how many days from its issue a coupon is valid.", 1, DAYS_MAX),
    "floor": _instant("Until when every coupon is valid at least."),
    "publication": _one_of(list(map(str, Publication)), "By default published."),
    "per_user_limit": _whole("Coupons that one user may have.", 1, 1000),
    "default_tier": _one_of(TIERS, "The tier of claims that name none; by default p2."),
    "tiers": {
        "type": "object",
        "additionalProperties": False,
        "properties": {tier: {"$ref": REF + "TierTerms"} for tier in TIERS},
        "description": "Weight and longest wait of each tier; what is not stated has a default.",
    },
    "promise_s": _whole("The longest time to drain that people are promised, in seconds.", 1),
    "backlog_threshold": _whole("Accepted claims above which the campaign pauses.", 1),
    "resume_threshold": _whole("Accepted claims below which it takes claims again."),
    "issuing_rate": {
        "anyOf": [
            {"type": "string", "pattern": r"^([0-9]*[1-9][0-9]*(\.[0-9]+)?)(/[smh])?$"},
            {"type": "integer", "minimum": 1},
        ],
        "description": "At most so many coupons, over all workers: 500/s, 3000/m or 10000/h.",
    },
    "breaker": {"$ref": REF + "BreakerTerms"},
    "waitlist_cap": _whole("Claims that keep their place while the campaign is paused."),
    "pause_credit": {"type": "boolean", "description": "Whether pauses lengthen coupons' lives."},
    "locale": _text("The language of its people."),
    "patience": {
        "type": "object",
        "additionalProperties": {"type": "object"},
        "description": "The campaign's own words for people who wait: phrases by language.",
    },
    "code_source": _one_of(["minted"], "Where codes come from."),
    "stripes": _whole("Rows that the ledger is cut into.", 1, 64),
}
"""What may be said about a campaign; a test compares it with what is read."""

BY_HAND: Tree = {
    "BatchIn": _object(
        ["claims"],
        {
            "claims": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1000,
                "items": {"$ref": REF + "BatchClaimIn"},
            }
        },
        "Many claims at once; each gets its own result.",
    ),
    "CampaignIn": _object(
        [name for name in REQUIRED if name != "owner"],
        {name: TERMS[name] if name in REQUIRED else _or_null(TERMS[name]) for name in KEYS},
        "A campaign's terms, and either valid_until or valid_days; null is as good as left out.",
    ),
    "TierTerms": _object(
        [],
        {"weight": _whole("Share of the workers.", 1), "longest_wait_s": _whole("Seconds.", 1)},
        "What a tier's people get.",
    ),
    "BreakerTerms": _object(
        [],
        {
            "oldest_s": _or_null(
                _whole("Age of the oldest claim that pauses the campaign; by default promise_s.", 1)
            ),
            "hold_s": _whole("Seconds that a pause takes at least.", 1),
            "hold_max_s": _whole("Seconds up to which it doubles when it trips again soon.", 1),
            "ramp_s": _whole("Seconds from a tenth of the pace to all of it.", 1),
        },
        "The circuit breaker's advanced terms.",
    ),
    "Created": _object(["campaign"], {"campaign": _text("Its name.")}, "What was created."),
    "Status": _object(["status"], {"status": {"type": "string"}}, "A word."),
    "ProblemKind": _object(
        ["code", "status", "title", "remedy"],
        {
            "code": {"$ref": REF + "Code"},
            "status": {"type": "integer"},
            "title": {"type": "string", "description": "What it means."},
            "remedy": {"type": "string", "description": "What to do."},
        },
        "A kind of problem.",
    ),
    "ProblemKinds": _object(
        ["problems"],
        {"problems": {"type": "array", "items": {"$ref": REF + "ProblemKind"}}},
        "Every kind of problem there is.",
    ),
    "Code": {
        "type": "string",
        "enum": [code.value for code in Code],
        "description": "What went wrong, for programs; /problems explains each.",
    },
}
