"""The contract of coupons in hand: one operation to see one, and one per verb."""

from fulfiller.domain.key import Scope
from fulfiller.intake.operation import BODY, KEYED, Operation
from fulfiller.intake.problem import Code

_PATH = "/v1/coupons/{code}"
_SPENT = (Code.ALREADY_REDEEMED, Code.COUPON_REVOKED)
_OF_EACH = (*KEYED, Code.UNKNOWN_COUPON, Code.KEY_MISSING, Code.KEY_INVALID, Code.KEY_REUSED)


def _verb(
    name: str,
    summary: str,
    about: str,
    *problems: Code,
    scope: Scope = Scope.COUPON_REDEEM,
    takes: str | None = None,
) -> Operation:
    return Operation(
        name=f"{name}_coupon",
        method="POST",
        path=f"{_PATH}/{name}",
        summary=summary,
        scope=scope,
        takes=takes,
        gives={200: (about, "PublicCouponNow")},
        problems=(*_OF_EACH, *(BODY if takes else ()), Code.MOVED_ON, *problems),
        key=True,
        carries={200: ("Cache-Control", "Idempotency-Replayed")},
    )


COUPON_OPERATIONS = (
    Operation(
        name="show_coupon",
        method="GET",
        path=_PATH,
        summary="See a coupon as it is now: its claim's account and its campaign's owner may",
        scope=Scope.CLAIM_READ,
        gives={200: ("The coupon as it is now.", "PublicCouponNow")},
        problems=(*KEYED, Code.UNKNOWN_COUPON),
        carries={200: ("Cache-Control",)},
    ),
    _verb(
        "redeem",
        "Redeem a coupon of one's campaign, once; the key stands for the checkout",
        "It is redeemed.",
        *_SPENT,
        Code.COUPON_EXPIRED,
        Code.COUPON_RESERVED,
    ),
    _verb(
        "rollback",
        "Take back what was redeemed under this key",
        "It is as good as new.",
        Code.NOT_REDEEMED,
        Code.COUPON_REVOKED,
    ),
    _verb(
        "reserve",
        "Hold a coupon for a checkout: until then only its key redeems it",
        "It is held.",
        *_SPENT,
        Code.COUPON_EXPIRED,
        Code.COUPON_RESERVED,
        takes="ReserveIn",
    ),
    _verb(
        "release",
        "Let go of a coupon that is held under this key",
        "It is free again.",
        *_SPENT,
        Code.NOT_RESERVED,
    ),
    _verb(
        "revoke",
        "Revoke a coupon that is not redeemed; its money goes back to the budget",
        "It is revoked for good.",
        *_SPENT,
        scope=Scope.OPS,
        takes="RevokeIn",
    ),
)
