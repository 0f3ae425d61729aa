"""API keys: opened by their secret alone, while they last."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfiller.domain.key import (
    SECRET_BYTES,
    KeyRecord,
    Scope,
    key_hash,
    key_text,
    reaches,
    split_key,
)

SECRET = bytes(range(SECRET_BYTES))
PEPPER = b"pepper"
TEXT = key_text("5f0c", SECRET)


def _record(*, expires_at: int | None = None, revoked_at: int | None = None) -> KeyRecord:
    return KeyRecord(
        id="5f0c",
        account="shop",
        hash=key_hash(SECRET, PEPPER),
        scopes=frozenset({Scope.CLAIM_WRITE}),
        created_at=0,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )


def test_the_right_secret_opens() -> None:
    """A key without an end opens at any time."""
    assert _record().opens(SECRET, pepper=PEPPER, now=10**18)


@pytest.mark.parametrize("secret", [b"", SECRET[:-1], SECRET + b"\0", SECRET[::-1]])
def test_any_other_secret_does_not(secret: bytes) -> None:
    """Not even one that is nearly right."""
    assert not _record().opens(secret, pepper=PEPPER, now=0)


def test_another_pepper_does_not() -> None:
    """A stolen table is worth nothing in another installation."""
    assert not _record().opens(SECRET, pepper=b"salt", now=0)


@pytest.mark.parametrize(("now", "opens"), [(99, True), (100, False), (101, False)])
def test_a_key_is_over_when_it_expires(now: int, *, opens: bool) -> None:
    """The end is exclusive."""
    assert _record(expires_at=100).opens(SECRET, pepper=PEPPER, now=now) == opens


@pytest.mark.parametrize(
    ("bound", "where", "reached"),
    [
        ((None, None), ("festival", None), False),
        ((None, None), ("market", None), True),
        ((None, None), ("market", "shop-7"), True),
        (("festival", None), ("festival", None), True),
        (("festival", None), ("festival", "shop-7"), True),
        (("festival", None), ("market", None), False),
        (("festival", "shop-7"), ("festival", "shop-7"), True),
        (("festival", "shop-7"), ("festival", "shop-8"), False),
        (("festival", "shop-7"), ("festival", None), False),
        (("festival", "shop-7"), ("market", "shop-7"), False),
    ],
)
def test_a_key_reaches_what_it_is_bound_to_or_what_its_account_owns(
    bound: tuple[str | None, str | None], where: tuple[str, str | None], *, reached: bool
) -> None:
    """The account has the market; a bound key reaches its binding and not even the market."""
    campaign, limit_key = bound
    key = replace(_record(), bound_campaign=campaign, bound_limit_key=limit_key)
    owner = {"festival": "palace", "market": "shop"}[where[0]]
    assert reaches(key, *where, owner=owner) is reached


def test_a_revoked_key_is_dead() -> None:
    """At once, and whatever the clock says."""
    assert not _record(revoked_at=100).opens(SECRET, pepper=PEPPER, now=50)


@settings(max_examples=40)
@given(st.from_regex(r"\A[0-9a-z]{1,20}\Z"), st.binary(min_size=24, max_size=24))
def test_a_key_comes_apart_as_it_was_put_together(key_id: str, secret: bytes) -> None:
    """The secret may hold whatever base64 makes of it, underscores included."""
    assert split_key(key_text(key_id, secret)) == (key_id, secret)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "_",
        "__",
        "ful_",
        "ful__",
        "ful_5f0c",
        "ful_5f0c_",
        "ful_5f0c_short",
        "ful_5f0c_é",
        "ful_5f0c_" + "A" * 31,
        "ful_5f0c_" + "A" * 33,
        "full" + TEXT[3:],
        TEXT.upper(),
        TEXT.replace("5f0c", ""),
        TEXT.replace("5f0c", "5f-0c"),
        TEXT.replace("5f0c", "é"),
        TEXT + "=",
        TEXT + "\n",
        TEXT[:-4] + "!" + TEXT[-4:],
        " " + TEXT,
    ],
)
def test_what_is_no_key_is_no_key(text: str) -> None:
    """There is one way to write a key, and everything else is none."""
    assert split_key(text) is None


@settings(max_examples=40)
@given(st.text(max_size=60))
def test_garbage_never_raises(text: str) -> None:
    """Whatever stands in the header, it is a key or it is none."""
    assert split_key(text) is None or text.startswith("ful_")
    assert split_key(f"ful_{text}") is None or "_" in text


def test_a_record_does_not_hold_the_secret() -> None:
    """What is stored can't be turned into the key."""
    assert SECRET not in key_hash(SECRET, PEPPER)
    assert TEXT.rpartition("_")[2] not in repr(_record())
