"""Codes: distinct, forgiving to those who type them, closed to those who guess."""

from contextlib import suppress
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import (
    ALPHABET,
    CODE_SYMBOLS,
    CodeKey,
    grouped,
    lookup,
    lookup_of,
    mint,
    parse,
)
from fulfiller.domain.error import InvalidCode

KEY = CodeKey.derive(1, b"a secret of many bytes")
OTHER = CodeKey.derive(1, b"another secret of many")
IDS = st.uuids().map(lambda uuid: ClaimId(str(uuid)))
MANY = 10_000


def _ids(seed: int, number: int = MANY) -> list[ClaimId]:
    dice = Random(seed)  # the same ids in every run
    return [ClaimId(str(UUID(int=dice.getrandbits(128)))) for _ in range(number)]


def _accepted(texts: list[str]) -> int:
    """Return how many of these texts pass for codes."""
    passed = 0
    for text in texts:
        try:
            parse(text, KEY)
        except InvalidCode:
            continue
        passed += 1
    return passed


def test_many_claims_have_as_many_codes() -> None:
    """Ten thousand claims: no code twice, no lookup hash twice."""
    minted = [mint(claim_id, 0, KEY) for claim_id in _ids(1)]
    assert len({one.code for one in minted}) == MANY
    assert len({one.lookup for one in minted}) == MANY


@settings(max_examples=40)
@given(IDS, st.integers(0, 3))
def test_a_code_follows_from_claim_salt_and_key(claim_id: ClaimId, salt: int) -> None:
    """The same three give the same code for ever, and any other one of them another code."""
    code = mint(claim_id, salt, KEY).code
    assert mint(claim_id, salt, KEY).code == code
    assert mint(claim_id, salt + 1, KEY).code != code
    assert mint(claim_id, salt, OTHER).code != code
    assert len(code) == CODE_SYMBOLS
    assert set(code) <= set(ALPHABET)


@settings(max_examples=40)
@given(IDS, st.integers(0, 3))
def test_a_code_leads_to_its_coupon(claim_id: ClaimId, salt: int) -> None:
    """What was typed gives the hash that was stored, under the same key only."""
    minted = mint(claim_id, salt, KEY)
    assert lookup_of(claim_id, salt, KEY) == minted.lookup
    assert lookup(parse(minted.code, KEY)[:14], KEY) == minted.lookup
    assert lookup(minted.code[:14], OTHER) != minted.lookup


@settings(max_examples=40)
@given(IDS, st.randoms(use_true_random=False))
def test_codes_are_read_as_people_type_them(claim_id: ClaimId, dice: Random) -> None:
    """Hyphens, spaces and case don't matter, and O, I, L pass for what they look like."""
    code = mint(claim_id, 0, KEY).code
    looks = {"0": "0oO", "1": "1iIlL"}
    typed = [dice.choice(looks.get(s, s + s.lower())) + dice.choice(["", "-", " "]) for s in code]
    assert parse("".join(typed), KEY) == code
    assert parse(grouped(code), KEY) == code


def test_codes_are_shown_in_fours() -> None:
    """People read sixteen symbols in four groups."""
    assert grouped("0123456789ABCDEF") == "0123-4567-89AB-CDEF"


def test_a_wrong_symbol_is_refused() -> None:
    """Of ten thousand codes with one symbol mistyped, next to none pass."""
    dice = Random(2)
    wrong = []
    for claim_id in _ids(2):
        code, at = mint(claim_id, 0, KEY).code, dice.randrange(CODE_SYMBOLS)
        other = dice.choice(ALPHABET.replace(code[at], ""))
        wrong.append(code[:at] + other + code[at + 1 :])
    assert _accepted(wrong) <= MANY * 0.002


def test_swapped_neighbors_are_refused() -> None:
    """Of ten thousand codes with two neighbors swapped, next to none pass."""
    dice = Random(3)
    codes = [mint(claim_id, 0, KEY).code for claim_id in _ids(3)]
    swapped = []
    for code in codes:
        pairs = [at for at in range(CODE_SYMBOLS - 1) if code[at] != code[at + 1]]
        at = dice.choice(pairs)
        swapped.append(code[:at] + code[at + 1] + code[at] + code[at + 2 :])
    assert _accepted(swapped) <= MANY * 0.002


def test_guesses_die_without_a_look_into_the_store() -> None:
    """Of ten thousand made-up codes of the right shape, next to none pass."""
    dice = Random(4)
    assert _accepted(["".join(dice.choices(ALPHABET, k=16)) for _ in range(MANY)]) <= MANY * 0.002


@settings(max_examples=40)
@given(st.one_of(st.text(max_size=40), st.text(ALPHABET + "ouil-", max_size=20)))
def test_garbage_is_refused_as_a_code(text: str) -> None:
    """Whatever is typed ends in a code or in one refusal."""
    with suppress(InvalidCode):
        assert len(parse(text, KEY)) == CODE_SYMBOLS


@pytest.mark.parametrize("text", ["", "A", "0" * 15, "0" * 17, "U" * 16, "0" * 15 + "é"])
def test_the_wrong_shape_is_told_apart(text: str) -> None:
    """Length and alphabet are one complaint, the check symbols are another."""
    with pytest.raises(InvalidCode, match="16 symbols"):
        parse(text, KEY)


def test_another_key_opens_nothing() -> None:
    """Codes of one installation mean nothing to another."""
    foreign = [mint(claim_id, 0, OTHER).code for claim_id in _ids(5, 1_000)]
    assert _accepted(foreign) <= 5


def test_no_representation_shows_a_secret() -> None:
    """What lands in a log by accident holds neither code nor key."""
    minted = mint(_ids(6, 1)[0], 0, KEY)
    assert minted.code not in repr(minted)
    assert minted.code not in str(minted)
    assert all(repr(secret) not in repr(KEY) for secret in (KEY.body, KEY.check, KEY.lookup))
    assert len({KEY.body, KEY.check, KEY.lookup}) == 3
