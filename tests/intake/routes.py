"""Who may do what at the door: one row for each operation of the contract.

A new operation needs a row here. It says which scope opens it (None: anybody), an example of
a request, and what three callers who have that scope are told: the account whose claim and
coupon it is about (and after it, in this order) an account that has nothing to do with it,
and the account that owns the campaign.
"""

from dataclasses import dataclass, field

from fulfiller.domain.key import Scope

CAMPAIGN = "spring-festival"
TERMS: dict[str, object] = {
    "id": "lantern",
    "coupon_value": 2_500,
    "currency": "CNY",
    "budget": 5_000,
    "opens_at": "2026-02-06T09:00:00+08:00",
    "closes_at": "2096-02-28T00:00:00+08:00",
    "zone": "Asia/Shanghai",
    "valid_until": "2096-02-28",
}
CLAIM: dict[str, object] = {"campaign": CAMPAIGN, "user": "open"}
BATCH: dict[str, object] = {"claims": [CLAIM | {"idempotency_key": "open"}, {}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation; in its path stand `{open}` and `{issued}`, claims, and `{coupon}`, a code."""

    scope: Scope | None
    method: str = "GET"
    path: str
    body: dict[str, object] | None = None
    key: str = "open"
    told: tuple[int, int, int] = field(default=(200, 200, 200))


def _coupon(
    verb: str,
    *told: int,
    scope: Scope = Scope.COUPON_REDEEM,
    body: dict[str, object] | None = None,
) -> Row:
    mine, foreign, owner = told
    path = f"/v1/coupons/{{coupon}}/{verb}"
    return Row(
        scope=scope, method="POST", path=path, body=body, key="till", told=(mine, foreign, owner)
    )


ROUTES = {
    "submit_claim": Row(
        scope=Scope.CLAIM_WRITE, method="POST", path="/v1/claims", body=CLAIM, told=(200, 409, 409)
    ),
    "submit_claims": Row(
        scope=Scope.CLAIM_WRITE,
        method="POST",
        path="/v1/claims/batch",
        body=BATCH,
        told=(207, 207, 207),
    ),
    "find_claim": Row(scope=Scope.CLAIM_READ, path="/v1/claims?key=open", told=(200, 404, 404)),
    "show_claim": Row(scope=Scope.CLAIM_READ, path="/v1/claims/{issued}", told=(200, 404, 200)),
    "cancel_claim": Row(
        scope=Scope.CLAIM_WRITE, method="DELETE", path="/v1/claims/{open}", told=(200, 404, 403)
    ),
    "follow_outcomes": Row(scope=Scope.CLAIM_READ, path="/v1/events?after=0"),
    "show_coupon": Row(scope=Scope.CLAIM_READ, path="/v1/coupons/{coupon}", told=(200, 404, 200)),
    "reserve_coupon": _coupon("reserve", 404, 404, 200, body={"ttl_s": 60}),
    "release_coupon": _coupon("release", 404, 404, 409),
    "redeem_coupon": _coupon("redeem", 404, 404, 200),
    "rollback_coupon": _coupon("rollback", 404, 404, 409),
    "revoke_coupon": _coupon("revoke", 404, 404, 200, scope=Scope.OPS, body={"reason": "fraud"}),
    "create_campaign": Row(
        scope=Scope.OPS, method="POST", path="/v1/campaigns", body=TERMS, told=(201, 409, 409)
    ),
    "show_campaign": Row(scope=None, path=f"/v1/campaigns/{CAMPAIGN}"),
    "report_pressure": Row(
        scope=Scope.PRESSURE_WRITE,
        method="POST",
        path=f"/v1/campaigns/{CAMPAIGN}/pressure",
        body={"pressure": "slow", "reason": "a long queue"},
        told=(403, 403, 200),
    ),
    "show_rate": Row(scope=Scope.OPS, path=f"/v1/campaigns/{CAMPAIGN}/rate", told=(403, 403, 200)),
    "set_rate": Row(
        scope=Scope.OPS,
        method="PUT",
        path=f"/v1/campaigns/{CAMPAIGN}/rate",
        body={"rate": "500/s", "reason": "the tills keep up"},
        told=(403, 403, 200),
    ),
    "show_limit": Row(
        scope=Scope.LIMIT_WRITE,
        path=f"/v1/campaigns/{CAMPAIGN}/limits/shop-7",
        told=(403, 403, 200),
    ),
    "set_limit": Row(
        scope=Scope.LIMIT_WRITE,
        method="PUT",
        path=f"/v1/campaigns/{CAMPAIGN}/limits/shop-7",
        body={"rate": "200/h", "reason": "one till is broken"},
        told=(403, 403, 200),
    ),
    "live": Row(scope=None, path="/livez"),
    "ready": Row(scope=None, path="/readyz"),
    "metrics": Row(scope=Scope.AUDIT_READ, path="/metrics"),
    "show_scale": Row(scope=Scope.AUDIT_READ, path="/v1/scale?max=8"),
    "list_problems": Row(scope=None, path="/problems"),
    "explain_problem": Row(scope=None, path="/problems/sold_out"),
}

PAGES = {("GET", "/docs"), ("GET", "/openapi.json")}
"""What anybody may read besides: the contract itself."""
