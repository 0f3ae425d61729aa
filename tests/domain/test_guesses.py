"""Guessing codes: a million tries hit nothing, and next to none get as far as the store."""

from random import Random
from uuid import UUID

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import ALPHABET, BODY_SYMBOLS, CODE_SYMBOLS, CodeKey, lookup, mint, parse
from fulfiller.domain.error import InvalidCode

KEY = CodeKey.derive(1, b"a secret of many bytes")
COUPONS, GUESSES, NEAR = 20_000, 1_000_000, 50
SYMBOLS = (ALPHABET * 8).encode()
"""A symbol for each byte, all equally often."""


def _ids(seed: int, number: int) -> list[ClaimId]:
    dice = Random(seed)  # the same ids in every run
    return [ClaimId(str(UUID(int=dice.getrandbits(128)))) for _ in range(number)]


def _looked_up(texts: list[str]) -> list[bytes]:
    """Return the lookup hashes of those that would be looked for in the store."""
    marks = []
    for text in texts:
        try:
            marks.append(lookup(parse(text, KEY)[:BODY_SYMBOLS], KEY))
        except InvalidCode:
            continue
    return marks


def test_a_million_guesses_hit_nothing() -> None:
    """Of a million random codes one in a thousand is looked for, and none is a coupon's."""
    coupons = {mint(claim_id, 0, KEY).lookup for claim_id in _ids(1, COUPONS)}
    text = Random(2).randbytes(GUESSES * CODE_SYMBOLS).translate(SYMBOLS).decode()
    guesses = [text[at : at + CODE_SYMBOLS] for at in range(0, len(text), CODE_SYMBOLS)]
    marks = _looked_up(guesses)
    assert 0 < len(marks) < GUESSES * 0.002
    assert coupons.isdisjoint(marks)
    assert len(coupons) == COUPONS


def test_near_misses_die_without_a_look_into_the_store() -> None:
    """Every single wrong symbol of a code and every swap of neighbors: 99.8 % cost no SQL."""
    edits = []
    for claim_id in _ids(3, NEAR):
        code = mint(claim_id, 0, KEY).code
        for at in range(CODE_SYMBOLS):
            edits += [code[:at] + other + code[at + 1 :] for other in ALPHABET]
            edits.append(code[:at] + code[at : at + 2][::-1] + code[at + 2 :])
        edits = [edit for edit in edits if edit != code]
    assert len(edits) > NEAR * CODE_SYMBOLS * 31
    assert len(_looked_up(edits)) <= 0.002 * len(edits)
