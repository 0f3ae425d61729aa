"""Commands for claims: they use the HTTP door, as every upstream service does."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fulfiller.domain.claim import State
from fulfiller.ops.exits import Exit, Failed, Misused, Paused, Unreachable
from fulfiller.ops.group import Forgiving, examples
from fulfiller.ops.show import json_option, remark, show
from fulfiller.ops.tail import tail
from fulfiller.ops.why import find_claims, tell_story, why
from fulfiller.settings import load

if TYPE_CHECKING:
    from fulfiller.client import Claim, Client, ClientError, Wait

DEADLINE_S = 5.0
Command = TypeVar("Command", bound=Callable[..., Any])


def url_option(command: Command) -> Command:
    """Give a command the option that says where the service is."""
    return click.option("--url", help="Where the service is, instead of FULFILLER_API_URL.")(
        command
    )


@examples(
    "export FULFILLER_API_KEY=$(fulfiller key create shop)",
    "fulfiller claim submit spring-festival li --wait 10",
    "fulfiller claim show clm_019c…",
)
@click.group(cls=Forgiving)
def claim() -> None:
    """Submit, show and cancel claims over HTTP, with the API key in FULFILLER_API_KEY.

    `find`, `why`, `story` and `tail` look into the store itself, as operators may.
    """


for each in (find_claims, why, tell_story, tail):
    claim.add_command(each)


@examples(
    "fulfiller claim submit spring-festival li",
    "fulfiller claim submit spring-festival li --grant friend:wang --tier p1 --wait 10",
)
@claim.command()
@click.argument("campaign")
@click.argument("user")
@click.option("--grant", help="Which of the user's coupons this is, such as friend:wang.")
@click.option("--tier", help="p0 (served first) to p3, instead of the campaign's own.")
@click.option("--locale", help="The user's language, such as zh-CN.")
@click.option("--limit-key", help="What a limit set by a merchant applies to.")
@click.option("--idempotency-key", "key", help="To repeat a submit that may have arrived.")
@click.option("--wait", "wait_s", type=click.FloatRange(0), help="Wait this long for the coupon.")
@url_option
@json_option
@click.pass_context
def submit(
    ctx: click.Context, /, *, url: str | None, wait_s: float | None, as_json: bool, **rest: str
) -> None:
    """Submit USER's claim to CAMPAIGN; accepted, it can't be lost; exit 4 if it waits in line."""
    with _client(url) as service:
        taken = service.submit(**rest)
        if wait_s and not taken.done:
            taken = service.wait(taken.claim_id, within_s=wait_s)
    _show(taken, as_json=as_json)
    if not taken.done:
        remark(f"See what becomes of it: fulfiller claim show {taken.claim_id}")
    ctx.exit(Exit.PAUSED if taken.state is State.WAITLISTED else Exit.OK)


@examples("fulfiller claim show clm_019c…", "fulfiller claim show clm_019c… --wait 30 --json")
@claim.command(name="show")
@click.argument("claim_id")
@click.option("--wait", "wait_s", type=click.FloatRange(0), help="Wait this long for its end.")
@url_option
@json_option
def show_claim(claim_id: str, url: str | None, wait_s: float | None, *, as_json: bool) -> None:
    """Show a claim as it is now, with its coupon if it has one."""
    with _client(url) as service:
        found = service.wait(claim_id, within_s=wait_s) if wait_s else service.get(claim_id)
    _show(found, as_json=as_json)


@examples("fulfiller claim cancel clm_019c…")
@claim.command()
@click.argument("claim_id")
@url_option
@json_option
def cancel(claim_id: str, url: str | None, *, as_json: bool) -> None:
    """Cancel a claim that is not issued yet; its user may claim again."""
    with _client(url) as service:
        ended = service.cancel(claim_id)
    _show(ended, as_json=as_json)


@contextmanager
def _client(url: str | None) -> "Iterator[Client]":
    """Hand out a client; what it raises becomes an exit code and a line."""
    from fulfiller.client import Client, ClientError

    settings = load(client=True)
    if settings.api_key is None:
        raise Misused("set FULFILLER_API_KEY, or FULFILLER_API_KEY_FILE to a file that holds it")
    address = settings.api_url if url is None else url
    try:
        with Client(address, settings.api_key, deadline_s=DEADLINE_S) as service:
            yield service
    except ClientError as fault:
        raise _end(fault, address) from fault


def _end(fault: "ClientError", address: str) -> click.ClickException:
    from fulfiller.client import Invalid, RateLimited, Unavailable
    from fulfiller.client import Paused as TurnedAway

    if isinstance(fault, TurnedAway):
        return Paused(f"{fault}; come back in {fault.retry_after_s:.0f} s")
    if isinstance(fault, RateLimited):
        return Failed(f"{fault}; come back in {fault.retry_after_s or 1:.0f} s")
    if isinstance(fault, Unavailable):
        return Unreachable(f"{address}: {fault}")
    if isinstance(fault, Invalid):
        flaws = [flaw.detail for flaw in fault.errors]
        return Misused("; ".join([str(fault), *flaws]))
    return Failed(str(fault))


def _show(answer: "Claim", *, as_json: bool) -> None:
    from msgspec import to_builtins

    show(to_builtins(answer), "\n".join(_lines(answer)), as_json=as_json)


def _lines(answer: "Claim") -> "Iterator[str]":
    yield f"claim     {answer.claim_id}"
    yield f"state     {answer.state}"
    if answer.coupon is not None:
        code, value, until = answer.coupon.code, answer.coupon.value, answer.coupon.valid_until
        yield f"coupon    {code}, worth {value}, valid until {until:%Y-%m-%d %H:%M %Z}"
    if answer.position is not None:
        yield f"position  {answer.position:,}"
    if answer.wait is not None:
        yield f"wait      {_range(answer.wait)}"
    if answer.message:
        yield f"          {answer.message}"


def _range(wait: "Wait") -> str:
    """Return a wait in seconds, which may have no upper end."""
    if wait.high_s is None:
        return f"{wait.low_s:.0f} s at least; nobody can say yet how long"
    return f"{wait.low_s:.0f} to {wait.high_s:.0f} s"
