"""What a hook may answer; anything else is no answer at all."""

from collections.abc import Sequence

import pytest

from fulfiller.domain.eligibility import (
    REASON_MAX,
    Eligible,
    Ineligible,
    Nonsense,
    Unsure,
    Verdict,
    verdicts,
)

NONSENSE: dict[str, object] = {
    "nothing": None,
    "a word": "ok",
    "too few": [Eligible()],
    "too many": [Eligible()] * 3,
    "no sequence": iter([Eligible(), Eligible()]),
    "truth values": [True, False],
    "classes": [Eligible, Eligible],
    "a no without a reason": [Eligible(), Ineligible("  ")],
    "a reason that is no text": [Eligible(), Ineligible(7)],  # type: ignore[arg-type]
}


@pytest.mark.parametrize("answer", [(Eligible(), Ineligible("age")), [Unsure(), Eligible()]])
def test_an_answer_is_a_verdict_for_each(answer: Sequence[Verdict]) -> None:
    """In the order of the applicants, as a list or a tuple."""
    assert verdicts(answer, 2) == tuple(answer)


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_is_refused(what: str) -> None:
    """Nobody guesses what was meant."""
    with pytest.raises(Nonsense, match=r"verdict|reason"):
        verdicts(NONSENSE[what], 2)


def test_a_reason_is_one_short_line() -> None:
    """Without what a database would refuse, and not longer than people read."""
    (said,) = verdicts([Ineligible("too\nyoung\0 " + "x" * 1_000)], 1)
    assert isinstance(said, Ineligible)
    assert said.reason.startswith("too young  x")
    assert len(said.reason) <= REASON_MAX
