"""Commands for coupons: an operator sees, redeems, rolls back and revokes any of them."""

import sys
from contextlib import closing
from secrets import token_hex

import click

from fulfiller.domain.act import CouponWhy, Verb
from fulfiller.domain.code import BODY_SYMBOLS, CodeKey, lookup, parse
from fulfiller.domain.coupon import Coupon
from fulfiller.domain.error import InvalidCode
from fulfiller.domain.money import Money
from fulfiller.ops.exits import Failed
from fulfiller.ops.group import Forgiving, examples
from fulfiller.ops.moments import stamp
from fulfiller.ops.person import operator
from fulfiller.ops.show import json_option, remark, show
from fulfiller.service.redeem import OPERATOR, Denied, Order, handle, see
from fulfiller.service.till import CouponSight
from fulfiller.settings import load
from fulfiller.wiring import code_key, open_truth

UNKNOWN = "there is no such coupon; check the code"
DENIED = {
    CouponWhy.UNKNOWN_COUPON: UNKNOWN,
    CouponWhy.COUPON_EXPIRED: "it has expired; `fulfiller campaign extend` would change that",
    CouponWhy.COUPON_RESERVED: "a checkout holds it",
    CouponWhy.COUPON_REVOKED: "it is revoked",
    CouponWhy.ALREADY_REDEEMED: "it is redeemed; `fulfiller coupon rollback` takes that back",
    CouponWhy.NOT_REDEEMED: "it is not redeemed",
    CouponWhy.MOVED_ON: "that was done under this key, and undone since",
    CouponWhy.KEY_REUSED: "this key was used for another coupon",
}
code_argument = click.argument("code")
key_option = click.option("--idempotency-key", "key", help="To repeat what may have been done.")


@examples("fulfiller coupon show 7Q2M-4XKD-0R8T-V5WA", "fulfiller coupon show - --json")
@click.group(cls=Forgiving)
def coupon() -> None:
    """See, redeem, roll back and revoke coupons; the CODE `-` is read from the input."""


@examples("fulfiller coupon show 7Q2M-4XKD-0R8T-V5WA")
@coupon.command(name="show")
@code_argument
@json_option
def show_coupon(code: str, *, as_json: bool) -> None:
    """Show the coupon behind CODE as it is now."""
    settings = load()
    mark = _mark(code, code_key(settings))
    with closing(open_truth(settings, application="cli")) as store:
        # Before the look: a pause that still lasts must not be promised ahead.
        now = store.now()
        sight = see(mark, OPERATOR, store=store)
        if sight is None:
            raise Failed(UNKNOWN)
        _show(sight, now, as_json=as_json)


@examples("fulfiller coupon redeem 7Q2M-4XKD-0R8T-V5WA")
@coupon.command()
@code_argument
@key_option
@json_option
def redeem(code: str, key: str | None, *, as_json: bool) -> None:
    """Redeem the coupon behind CODE, once."""
    _do(Verb.REDEEM, code, key, as_json=as_json)


@examples('fulfiller coupon rollback 7Q2M-4XKD-0R8T-V5WA --reason "till 4 lost power"')
@coupon.command()
@code_argument
@click.option("--reason", default="", help="Why; kept in the event log.")
@key_option
@json_option
def rollback(code: str, reason: str, key: str | None, *, as_json: bool) -> None:
    """Take back that the coupon behind CODE was redeemed, whoever did it."""
    _do(Verb.ROLL_BACK, code, key, reason, as_json=as_json)


@examples('fulfiller coupon revoke 7Q2M-4XKD-0R8T-V5WA --reason "bought with a stolen card"')
@coupon.command()
@code_argument
@click.option("--reason", required=True, help="Why; kept in the event log.")
@key_option
@json_option
def revoke(code: str, reason: str, key: str | None, *, as_json: bool) -> None:
    """Revoke the coupon behind CODE for good; its money goes back to the budget."""
    _do(Verb.REVOKE, code, key, reason, as_json=as_json)


def _do(verb: Verb, code: str, key: str | None, reason: str = "", *, as_json: bool) -> None:
    settings = load()
    order = Order(
        verb=verb,
        lookup=_mark(code, code_key(settings)),
        account=OPERATOR,
        key=key or token_hex(16),
        actor=operator(),
        reason=reason,
    )
    with closing(open_truth(settings, application="cli")) as store:
        now = store.now()
        done = handle(order, store=store, now=now)
        if isinstance(done, Denied):
            raise Failed(DENIED[done.why])
        if done.replayed:
            remark("That was done before.")
        _show(done.sight, now, as_json=as_json)


def _mark(code: str, key: CodeKey) -> bytes:
    """Return the lookup hash of a code; `-` reads it, so that it stands in no command line."""
    text = sys.stdin.readline().strip() if code == "-" else code
    try:
        return lookup(parse(text, key)[:BODY_SYMBOLS], key)
    except InvalidCode:
        raise Failed(UNKNOWN) from None


def _show(sight: CouponSight, now: int, *, as_json: bool) -> None:
    answer = _answer(sight, now)
    worth = Money(sight.coupon.amount, sight.campaign.value.currency)
    lines = [f"{name:<14} {value}" for name, value in answer.items() if value is not None]
    text = "\n".join(lines)
    show(answer | {"amount": worth.amount, "currency": worth.currency}, text, as_json=as_json)


def _answer(sight: CouponSight, now: int) -> dict[str, object]:
    held: Coupon = sight.coupon
    return {
        "coupon": held.public_id,
        "campaign": held.campaign,
        "state": sight.standing(now=now).value,
        "value": str(Money(held.amount, sight.campaign.value.currency)),
        "issued_at": stamp(held.issued_at),
        "valid_until": stamp(sight.end(now=now)),
        "checkout": held.checkout,
    }
