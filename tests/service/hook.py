"""An eligibility hook for tests: it judges as it is told to, and remembers what it was asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.eligibility import Applicant, Eligible, Unsure, Verdict
from tests.service.stall import Stall

Judge = Callable[[Applicant], Verdict]


class Hook:
    """A hook behind its guard: judges each applicant, or gives no answer at all."""

    def __init__(self, judge: Judge | None) -> None:
        """Judge like this; None gives no answer."""
        self.judge = judge
        self.asked: list[tuple[Applicant, ...]] = []

    def __call__(self, applicants: Sequence[Applicant]) -> list[Verdict] | None:
        """Answer a batch."""
        self.asked.append(tuple(applicants))
        return None if self.judge is None else [self.judge(one) for one in applicants]


def asking(judge: Judge | None, *campaigns: Any) -> tuple[Stall, Hook]:
    """Return a stall whose worker asks a hook."""
    stall, hook = Stall(*campaigns), Hook(judge)
    stall.press = replace(stall.press, ask=hook)
    return stall, hook


def yes(_one: Applicant) -> Verdict:
    """Let everybody pass."""
    return Eligible()


def unsure(_one: Applicant) -> Verdict:
    """Let everybody wait."""
    return Unsure()


def attempts(stall: Stall, claim_id: ClaimId) -> int:
    """Return how often an open claim was tried."""
    return stall.store.shelves.open[claim_id].attempts
