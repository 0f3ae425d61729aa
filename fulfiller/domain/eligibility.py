"""Eligibility: what a hook is told of claims before they are issued, and what it may answer.

A hook is any callable of this shape; it gets a batch and answers each claim, in order::

    def check(applicants: Sequence[Applicant]) -> Sequence[Verdict]: ...
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fulfiller.domain.claim import ClaimId
from fulfiller.domain.tier import Tier

REASON_MAX = 200
"""Characters of a reason that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """A claim that is about to be issued; `amount` is in minor units of its campaign."""

    claim_id: ClaimId
    campaign: str
    account: str
    user: str
    grant: str
    tier: Tier
    amount: int
    limit_key: str | None
    locale: str | None
    accepted_at: int


@dataclass(frozen=True, slots=True)
class Eligible:
    """Yes: the claim is issued."""


@dataclass(frozen=True, slots=True)
class Ineligible:
    """No: the claim is declined for good, its money is free again, and the reason is kept."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody can tell now: the claim stays open and is asked about again later."""


class Nonsense(ValueError):
    """A hook's answer can't be understood."""


Verdict = Eligible | Ineligible | Unsure


class Eligibility(Protocol):
    """A hook. It may be asked about the same claim again, and at once in several places."""

    def __call__(self, applicants: Sequence[Applicant], /) -> Sequence[Verdict]:
        """Return a verdict for each applicant, in their order."""


def verdicts(answer: object, number: int) -> tuple[Verdict, ...]:
    """Return what a hook said of so many claims; raise Nonsense if it can't be understood."""
    if not isinstance(answer, Sequence) or len(answer) != number:
        raise Nonsense(f"a hook must answer a sequence of {number} verdicts")
    return tuple([_verdict(each) for each in answer])


def _verdict(said: object) -> Verdict:
    if isinstance(said, Ineligible):
        return Ineligible(_line(said.reason))
    if isinstance(said, Eligible | Unsure):
        return said
    raise Nonsense(f"{type(said).__name__} is no verdict: say Eligible, Ineligible or Unsure")


def _line(reason: object) -> str:
    """Return a reason as one short line, without what a database would refuse."""
    if not isinstance(reason, str):
        raise Nonsense(f"the reason of a no must be text, not {type(reason).__name__}")
    line = "".join(letter if letter.isprintable() else " " for letter in reason[:REASON_MAX])
    if not line.strip():
        raise Nonsense("a no must state its reason")
    return line.strip()
