"""The upstream's own record, and the contradictions that it must not miss."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import msgspec

from fulfiller.client import Claim, Coupon, SoldOut, Unavailable, Wait
from fulfiller.client.error import Problem
from fulfiller.domain.claim import State
from fulfiller.domain.money import Money
from fulfiller.ops.demo.memory import Memory
from fulfiller.ops.demo.traffic import Wish

NOON = datetime(2026, 2, 6, 12, tzinfo=UTC)
LI = Wish(0.0, "li", "first", "key-li")


def claim(number: int, *, replayed: bool = False, code: str | None = None) -> Claim:
    """Return a claim of Li's as the service answers it."""
    return Claim(
        claim_id=f"clm_{number}",
        campaign="spring-festival",
        user="li",
        grant="first",
        tier="p2",
        state=State.ISSUED if code else State.ACCEPTED,
        accepted_at=NOON,
        coupon=Coupon(code, Money(2_500, "CNY"), NOON) if code else None,
        replayed=replayed,
    )


def test_answers_are_counted_by_kind() -> None:
    """Promises, repeats, refusals by code, and failures."""
    memory = Memory(sent=4)
    memory.hear(LI, claim(1))
    memory.hear(LI, claim(1, replayed=True))
    memory.hear(LI, SoldOut(Problem(409, code="sold_out")))
    memory.hear(LI, Unavailable(Problem(0, code="unreachable")))
    assert memory.tally() == {
        "sent": 4,
        "accepted": 1,
        "repeated": 1,
        "refused": {"sold_out": 1},
        "failed": 1,
    }
    assert memory.broken == []


def test_a_repeat_heard_first_is_no_contradiction() -> None:
    """Answers overtake each other; the claim is the same and promised once."""
    memory = Memory()
    memory.hear(LI, claim(1, replayed=True))
    memory.hear(LI, claim(1))
    assert memory.broken == []
    assert list(memory.promises) == ["clm_1"]


def test_two_claims_for_one_key_are_a_contradiction() -> None:
    """The same key must lead to the same claim."""
    memory = Memory()
    memory.hear(LI, claim(1))
    memory.hear(LI, claim(2))
    assert any("key key-li got clm_1, then clm_2" in flaw for flaw in memory.broken)


def test_two_claims_for_one_person_are_a_contradiction() -> None:
    """The same person and grant must lead to the same claim, whatever the key."""
    memory = Memory()
    memory.hear(LI, claim(1))
    memory.hear(Wish(0.0, "li", "first", "another"), claim(2))
    assert any("li first got clm_1, then clm_2" in flaw for flaw in memory.broken)


def test_a_claim_accepted_twice_is_a_contradiction() -> None:
    """Only one answer may be the 202; all others are repeats."""
    memory = Memory()
    memory.hear(LI, claim(1))
    memory.hear(LI, claim(1))
    assert memory.broken == ["clm_1 was accepted twice"]


def test_a_code_must_not_change() -> None:
    """The coupon that was shown once is the claim's coupon for ever."""
    memory = Memory()
    memory.hear(LI, claim(1))
    assert not memory.agrees(claim(1))
    assert memory.agrees(claim(1, code="AAAA"))
    assert not memory.agrees(claim(1, code="BBBB"))
    assert memory.broken == ["clm_1 had two codes"]


def test_the_record_is_written_line_by_line(tmp_path: Path) -> None:
    """Every promise can be compared with the store afterwards."""
    memory = Memory()
    memory.hear(LI, claim(1))
    memory.write(tmp_path / "record")
    assert (tmp_path / "record").read_text() == '["clm_1", "li", "first", null]\n'
    assert memory.some(5, Random(1)) == ["clm_1"]


def test_whoever_is_put_in_line_is_remembered_with_what_they_were_told() -> None:
    """The wait of each, and the first message in each language."""
    memory = Memory()
    for number, language in enumerate(("en", "zh-Hans", "en"), start=1):
        told = {"message": f"message {number}", "language": language}
        wait = Wait(low_s=number, high_s=10 * number, basis="measured")
        wish = replace(LI, user=f"user-{number}", key=f"key-{number}")
        waits = {"state": State.WAITLISTED, "wait": wait, **told}
        memory.hear(wish, msgspec.structs.replace(claim(number), **waits))
    assert memory.told == {"en": "message 1", "zh-Hans": "message 2"}
    assert memory.promises["clm_3"].wait == (3, 30)


def test_a_sample_names_fresh_claims_once() -> None:
    """Each report names some of the claims since the last one."""
    memory = Memory()
    memory.hear(LI, claim(1))
    assert memory.sample() == ["clm_1"]
    assert memory.sample() == []
