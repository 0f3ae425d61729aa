"""S8, codes: distinct, made with our keys, shown as they are, and seen nowhere else."""

import re

from fulfiller.chaos.index import Index
from fulfiller.chaos.report import Docket
from fulfiller.chaos.testimony import Testimony
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.code import ALPHABET, mint

# Behind a look-ahead, so that a code is found at whatever place of a longer word it begins.
_codes_in = re.compile(rf"(?=((?:[{ALPHABET}]{{4}}-?){{3}}[{ALPHABET}]{{4}}))".encode()).findall


def judge_codes(index: Index, heard: Testimony, docket: Docket) -> None:
    """S8: recompute every code, and look for it where it may not be."""
    books = index.books
    docket.judged("S8", len(books.coupons))
    owners: dict[bytes, ClaimId] = {}
    codes: dict[str, ClaimId] = {}
    for coupon in books.coupons:
        first = owners.setdefault(coupon.lookup, coupon.claim_id)
        if first != coupon.claim_id:
            text = f"cpn_{first} and cpn_{coupon.claim_id} have the same code"
            docket.charge("S8", text)
        key = books.keys.get(coupon.key_id)
        if key is None:
            continue
        minted = mint(coupon.claim_id, coupon.salt, key)
        if minted.lookup != coupon.lookup:
            docket.charge("S8", f"cpn_{coupon.claim_id} is not found by its code")
        if books.captured:
            codes[minted.code] = coupon.claim_id
    _judge_shown(index, heard, docket)
    _judge_captured(index, codes, docket)


def _judge_shown(index: Index, heard: Testimony, docket: Docket) -> None:
    for claim_id, shown in heard.shown.items():
        if not shown.code:
            continue
        coupon = index.coupons.get(claim_id)
        key = None if coupon is None else index.books.keys.get(coupon.key_id)
        if coupon is None:
            docket.charge("S8", f"call {shown.code_by} was shown a code of clm_{claim_id}: none is")
        elif key is not None and mint(claim_id, coupon.salt, key).code != shown.code:
            text = f"call {shown.code_by} was shown another code than that of cpn_{claim_id}"
            docket.charge("S8", text)


def _judge_captured(index: Index, codes: dict[str, ClaimId], docket: Docket) -> None:
    for number, seen in enumerate(index.books.captured, start=1):
        for found in _codes_in(seen.upper()):
            claim_id = codes.get(found.replace(b"-", b"").decode())
            if claim_id is not None:
                docket.charge("S8", f"the code of cpn_{claim_id} is in capture {number}")
