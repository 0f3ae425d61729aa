"""The verdict is a sentence that is true, and that a manager understands."""

from dataclasses import replace

import pytest

from fulfiller.chaos.outcome import Ran
from fulfiller.chaos.verdict import Word, beside, numbered, shortfalls, verdict
from tests.chaos.outcomes import CONTROL, aborted, clean, crowded, empty, failed, skipped, stroke


@pytest.mark.parametrize(
    ("ran", "sentence"),
    [
        (
            clean(strokes=[stroke(at_s) for at_s in (3.0, 5.0, 7.0)]),
            (
                "Held: 3,204 promises, 3,204 coupons, 0 lost, 0 doubled,"
                " although worker1 is killed (3 times)."
            ),
        ),
        (
            failed(),
            (
                "Broken: 3,204 promises, 3,181 coupons, 12 declined, 23 lost, 3 doubled, although"
                " worker1 is killed (3 times) and the store is cut off from worker1 (14 times)."
                " S1, L1 do not hold; 1 demand not met."
            ),
        ),
        (
            aborted(),
            (
                "Given up: 3,204 promises, 3,204 coupons, 0 lost, 0 doubled, after 6.2 s:"
                " 92 of 100 claims were not answered, the limit is 90."
            ),
        ),
        (
            skipped(),
            (
                "Not proven: 3,204 promises, 3,204 coupons, 0 lost, 0 doubled,"
                " but 1 of 3 faults never demonstrably struck."
            ),
        ),
        (
            clean(strokes=skipped().strokes[:2]),
            (
                "Held: 3,204 promises, 3,204 coupons, 0 lost, 0 doubled,"
                " although worker1 is killed (1 time). 1 fault skipped."
            ),
        ),
        (
            clean(strokes=skipped().strokes[1:2]),
            (
                "Not proven: 3,204 promises, 3,204 coupons, 0 lost, 0 doubled,"
                " but every fault was skipped."
            ),
        ),
        (
            empty(),
            "Not proven: 0 promises, 0 coupons, 0 lost, 0 doubled, but there was nothing to judge.",
        ),
    ],
)
def test_a_sentence_for_each_end(ran: Ran, sentence: str) -> None:
    """Numbers first, then what was done to it, then what is wrong."""
    assert verdict(ran).sentence == sentence


def test_many_kinds_of_fault_are_counted() -> None:
    """Two are named."""
    assert verdict(crowded()).sentence.endswith("(7 times) and 7 other kinds of fault.")


def test_only_a_run_that_is_ok_is_called_held() -> None:
    """Whatever is short is listed, and whatever is listed is short."""
    for ran in (failed(), aborted(), skipped(), empty()):
        assert verdict(ran).word is not Word.HELD
        assert shortfalls(ran)
    assert clean().ok
    assert not shortfalls(clean())
    late = replace(clean(), failures=("too late",))
    assert (verdict(late).word, shortfalls(late)) == (Word.BROKEN, ["too late"])


def test_the_other_arm_is_told_in_one_line() -> None:
    """What was doubled is said if anything was."""
    assert beside(CONTROL) == "Plain Celery under the same cuts: 40 sent, 33 done, 7 lost"
    assert beside(replace(CONTROL, doubled=2)).endswith("7 lost, 2 doubled")


def test_one_is_not_many() -> None:
    """Nouns follow their number."""
    assert [numbered(n, "claim") for n in (0, 1, 1_000)] == ["0 claims", "1 claim", "1,000 claims"]
