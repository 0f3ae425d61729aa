"""Accounts and the keys below them."""

from dataclasses import replace

import pytest

from fulfiller.domain.error import StoreError
from fulfiller.domain.key import KeyRecord, Scope
from fulfiller.wiring import Truth
from tests.contract.world import START

RECORD = KeyRecord(
    id="k1",
    account="shop",
    hash=bytes(range(32)),
    scopes=frozenset({Scope.CLAIM_WRITE, Scope.CLAIM_READ}),
    created_at=START,
    expires_at=START + 1,
)


def test_an_account_is_added_once(truth: Truth) -> None:
    """Adding it again says so, whenever that is."""
    assert truth.add_account("shop", at=START)
    assert not truth.add_account("shop", at=START)
    assert not truth.add_account("shop", at=START + 1)
    assert truth.add_account("other", at=START)


def test_a_key_comes_back_as_it_was_added(truth: Truth) -> None:
    """Hash, scopes and dates, each of them."""
    truth.add_account("shop", at=START)
    truth.add_key(RECORD)
    assert truth.find_key("k1") == RECORD
    assert truth.find_key("k2") is None


@pytest.mark.parametrize("limit_key", [None, "shop-7"])
def test_what_a_key_is_bound_to_is_kept(truth: Truth, limit_key: str | None) -> None:
    """The campaign, and the merchant of it if there is one; found and listed alike."""
    bound = replace(RECORD, bound_campaign="spring-festival", bound_limit_key=limit_key)
    truth.add_account("shop", at=START)
    truth.add_key(bound)
    assert truth.find_key("k1") == bound
    assert list(truth.keys()) == [bound]
    assert truth.expire_key("k1", at=START)
    assert truth.find_key("k1") == replace(bound, expires_at=START)


def test_a_key_needs_its_account(truth: Truth) -> None:
    """A key of nobody is refused."""
    with pytest.raises(StoreError, match="shop"):
        truth.add_key(RECORD)
    assert list(truth.keys()) == []


def test_a_key_is_added_once(truth: Truth) -> None:
    """A taken id is refused and leaves the key as it was."""
    truth.add_account("shop", at=START)
    truth.add_key(RECORD)
    with pytest.raises(StoreError, match="k1"):
        truth.add_key(replace(RECORD, hash=b"another"))
    assert truth.find_key("k1") == RECORD


def test_keys_are_listed_newest_first(truth: Truth) -> None:
    """Every key, also the revoked ones."""
    truth.add_account("shop", at=START)
    for number in (2, 1, 3):
        truth.add_key(replace(RECORD, id=f"k{number}", created_at=START + number))
    truth.revoke_key("k2", at=START + 9)
    assert [key.id for key in list(truth.keys())] == ["k3", "k2", "k1"]


def test_a_key_ends_at_the_sooner_of_two_instants(truth: Truth) -> None:
    """An end can be brought forward and never put off; who is unknown or revoked has none."""
    truth.add_account("shop", at=START)
    truth.add_key(replace(RECORD, expires_at=None))
    for at, ends_at in ((START + 9, START + 9), (START + 5, START + 5), (START + 7, START + 5)):
        assert truth.expire_key("k1", at=at)
        assert truth.find_key("k1") == replace(RECORD, expires_at=ends_at)
    assert not truth.expire_key("k2", at=START + 5)
    truth.revoke_key("k1", at=START + 6)
    assert not truth.expire_key("k1", at=START + 1)


def test_a_key_is_revoked_once(truth: Truth) -> None:
    """The first revocation counts, and an unknown key can't be revoked."""
    truth.add_account("shop", at=START)
    truth.add_key(RECORD)
    assert truth.revoke_key("k1", at=START + 5)
    assert not truth.revoke_key("k1", at=START + 6)
    assert not truth.revoke_key("k2", at=START + 6)
    assert truth.find_key("k1") == replace(RECORD, revoked_at=START + 5)
