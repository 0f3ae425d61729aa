"""The statements whose plans matter, and what busy processes send with them."""

from fulfiller.store import hot, lanes, steering
from fulfiller.store.statement import Statement

ROWS = 20_000
BIG = ("claim", "open_claim", "coupon", "outcome", "caller_key", "event", "seal", "coupon_act")
"""Tables that grow with the claims; others have a row per campaign, stripe or process, or
per thousand claims that wait."""

HOT = {
    name: value
    for module in (hot, lanes, steering)
    for name, value in vars(module).items()
    if isinstance(value, Statement)
} | {
    "MOVE_STRIPE": hot.move_stripe(("available", "reserved"), guarded=False),
    "MOVE_STRIPE_GUARDED": hot.move_stripe(("available", "reserved"), guarded=True),
}

ARGS: dict[str, object] = {
    "campaign": "festival",
    "tier": 2,
    "scopes": ["*", "festival"],
    "campaigns": ["festival"],
    "accounts": ["shop"],
    "limit_keys": ["", *(f"shop-{n}" for n in range(100))],
    "flow": "0shop5",
    "keys": [f"u{n}" for n in range(100)],
    "users": [f"u{n}" for n in range(100)],
    "ids": [f"01900000-0000-7000-8000-{n:012x}" for n in range(500)],
    "ends": [f"01900000-0000-7000-8000-{n:012x}" for n in range(500)],
    "stages": ["accepted"],
    "stage": "waitlisted",
    "kinds": ["claim.accepted"],
    "limit": 500,
    "id": ROWS - 10,
    "number": ROWS - 10,
    "after_at": ROWS - 500,
    "until_at": ROWS,
}
"""Values as busy processes send them; what is not here is `ANY` of its type, or 1."""
ANY = {"uuid": "01900000-0000-7000-8000-000000000001", "text": "x", "bytea": "\\x00"}
