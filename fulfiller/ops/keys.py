"""Commands for API keys, and how a key is made."""

from collections.abc import Collection
from contextlib import closing
from dataclasses import replace
from secrets import token_bytes, token_hex

import click

from fulfiller.domain.key import (
    BOUND,
    ID_BYTES,
    SECRET_BYTES,
    KeyRecord,
    Scope,
    key_hash,
    key_text,
)
from fulfiller.domain.validity import DAY
from fulfiller.ops.exits import Failed
from fulfiller.ops.group import Forgiving, examples
from fulfiller.ops.moments import span, stamp
from fulfiller.ops.show import json_option, remark, show, table
from fulfiller.settings import load
from fulfiller.wiring import Truth, open_truth, pepper

USUAL = (Scope.CLAIM_WRITE.value, Scope.CLAIM_READ.value)


def new_key(
    account: str, scopes: Collection[Scope], *, pepper: bytes, now: int, days: int | None = None
) -> tuple[str, KeyRecord]:
    """Return a fresh key as its owner keeps it, and as it is stored."""
    secret = token_bytes(SECRET_BYTES)
    record = KeyRecord(
        id=token_hex(ID_BYTES),
        account=account,
        hash=key_hash(secret, pepper),
        scopes=frozenset(scopes),
        created_at=now,
        expires_at=None if days is None else now + days * DAY,
    )
    return key_text(record.id, secret), record


def add_key(text_and_record: tuple[str, KeyRecord], *, store: Truth) -> str:
    """Store a fresh key, and its account if that is new; return the key's text."""
    text, record = text_and_record
    store.add_account(record.account, at=record.created_at)
    store.add_key(record)
    return text


@examples(
    "fulfiller key create shop",
    "fulfiller key list",
    "fulfiller key rotate 5f0c…",
    "fulfiller key revoke 5f0c…",
)
@click.group(cls=Forgiving)
def key() -> None:
    """Create, list, rotate and revoke API keys; a caller is an account with one key or more."""


@examples(
    "fulfiller key create shop",
    "fulfiller key create operator --scope ops --scope claim:read --days 90",
    "fulfiller key create shop --scope pressure:write --for spring-festival/shop-7",
)
@key.command()
@click.argument("account")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=USUAL,
    show_default=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What the key may do; repeat it for more.",
)
@click.option(
    "--for",
    "target",
    metavar="CAMPAIGN[/KEY]",
    help="Bind pressure:write and limit:write to a campaign, and to a merchant's limit key there.",
)
@click.option("--days", type=click.IntRange(1, 3_650), help="Let the key run out after that.")
@json_option
def create(
    account: str, scopes: tuple[str, ...], target: str | None, days: int | None, *, as_json: bool
) -> None:
    """Make a key for ACCOUNT and print it, once: only a hash of it is stored.

    pressure:write and limit:write are good for what --for names, or else for the campaigns
    that ACCOUNT owns.
    """
    settings, binding = load(), _binding(target, scopes)
    with closing(open_truth(settings, application="cli")) as store:
        made = new_key(
            account,
            [Scope(scope) for scope in scopes],
            pepper=pepper(settings),
            now=store.now(),
            days=days,
        )
        made = _bound(made, *binding)
        add_key(made, store=store)
        strange = binding[0] is not None and store.campaign(binding[0]) is None
    _hand_over(*made, as_json=as_json)
    if strange:
        remark(f"There is no campaign {binding[0]!r} yet: until there is, the key opens nothing.")


@examples("fulfiller key list", "fulfiller key list --json")
@key.command(name="list")
@json_option
def list_keys(*, as_json: bool) -> None:
    """List all keys, newest first, without their secrets."""
    with closing(open_truth(load(), application="cli")) as store:
        rows = [_shown(record) for record in store.keys()]  # noqa: SIM118 - no mapping
    columns = ("id", "account", "scopes", "for", "created_at", "expires_at", "revoked_at")
    text = table(columns, [[_text(row[name]) for name in columns] for row in rows])
    show(rows, text, as_json=as_json)


@examples(
    "fulfiller key rotate 0123456789abcdef01",
    "fulfiller key rotate 0123456789abcdef01 --overlap 7d --days 90",
)
@key.command()
@click.argument("key_id")
@click.option(
    "--overlap",
    default="24h",
    show_default=True,
    help="How long the old key still opens: 30m, 24h, 7d; 0s ends it at once.",
)
@click.option("--days", type=click.IntRange(1, 3_650), help="Let the new key run out after that.")
@json_option
def rotate(key_id: str, overlap: str, days: int | None, *, as_json: bool) -> None:
    """Make a new key that may do what KEY_ID may, which ends after the overlap."""
    settings, length = load(), _length(overlap)
    with closing(open_truth(settings, application="cli")) as store:
        now, old = store.now(), store.find_key(key_id)
        if old is None or not old.alive(now=now):
            raise Failed(f"no key {key_id!r} that is alive: see `fulfiller key list`")
        made = new_key(old.account, old.scopes, pepper=pepper(settings), now=now, days=days)
        made = _bound(made, old.bound_campaign, old.bound_limit_key)
        # The new one first: whatever happens in between, somebody has a key that opens.
        add_key(made, store=store)
        store.expire_key(key_id, at=now + length)
        ends_at = min(now + length, old.expires_at or now + length)
    _hand_over(*made, as_json=as_json)
    remark(f"{key_id} opens until {stamp(ends_at)}.")


@examples("fulfiller key revoke 0123456789abcdef01")
@key.command()
@click.argument("key_id")
def revoke(key_id: str) -> None:
    """Revoke a key by its id; intakes refuse it within five seconds."""
    with closing(open_truth(load(), application="cli")) as store:
        if not store.revoke_key(key_id, at=store.now()):
            raise Failed(f"no key {key_id!r} to revoke: see `fulfiller key list`")
    remark(f"Revoked {key_id}.")


def _hand_over(text: str, record: KeyRecord, *, as_json: bool) -> None:
    show(_shown(record) | {"key": text}, text, as_json=as_json)
    remark("Keep it now: it can't be shown again. Callers set FULFILLER_API_KEY to it.")


def _binding(target: str | None, scopes: Collection[str]) -> tuple[str | None, str | None]:
    """Return the campaign and the limit key that `--for` names."""
    if target is None:
        return None, None
    if not set(scopes) & set(BOUND):
        raise click.UsageError(f"--for binds {' and '.join(BOUND)}: add --scope {BOUND[0]}")
    campaign, slash, limit_key = target.partition("/")
    if not campaign or (slash and not limit_key):
        raise click.BadParameter("write CAMPAIGN or CAMPAIGN/KEY", param_hint="--for")
    return campaign, limit_key or None


def _bound(
    made: tuple[str, KeyRecord], campaign: str | None, limit_key: str | None
) -> tuple[str, KeyRecord]:
    text, record = made
    return text, replace(record, bound_campaign=campaign, bound_limit_key=limit_key)


def _length(text: str) -> int:
    try:
        return span(text)
    except ValueError as flaw:
        raise click.BadParameter(str(flaw), param_hint="--overlap") from flaw


def _shown(record: KeyRecord) -> dict[str, object]:
    return {
        "id": record.id,
        "account": record.account,
        "scopes": sorted(record.scopes),
        "for": "/".join(filter(None, (record.bound_campaign, record.bound_limit_key))) or None,
        "created_at": stamp(record.created_at),
        "expires_at": None if record.expires_at is None else stamp(record.expires_at),
        "revoked_at": None if record.revoked_at is None else stamp(record.revoked_at),
    }


def _text(value: object) -> str:
    if value is None:
        return "-"
    return " ".join(value) if isinstance(value, list) else str(value)
