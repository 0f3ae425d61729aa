"""Who is eligible: an upstream's own hook, if there is one, and whom a test declines."""

from collections.abc import Callable, Sequence

from fulfiller.domain.eligibility import (
    Applicant,
    Eligibility,
    Eligible,
    Ineligible,
    Verdict,
    verdicts,
)

Who = str | Callable[[Applicant], bool]
"""A user, or whoever this is true of."""


class Rules:
    """An eligibility hook that says no to some, and leaves the others to the hook behind it."""

    def __init__(self, hook: Eligibility | None = None) -> None:
        """Decline nobody yet."""
        self._hook = hook
        self._no: list[tuple[Callable[[Applicant], bool], str]] = []

    def decline(self, who: Who, reason: str) -> None:
        """Say no to somebody from now on."""
        if not reason.strip():
            raise ValueError("a no must state its reason")
        self._no.append((_matching(who), reason))

    def __call__(self, applicants: Sequence[Applicant]) -> Sequence[Verdict]:
        """Answer each; what the hook raises or garbles is raised here, where a test sees it."""
        said = [Eligible()] * len(applicants) if self._hook is None else self._hook(applicants)
        pairs = zip(applicants, verdicts(said, len(applicants)), strict=True)
        return verdicts([self._declined(each) or verdict for each, verdict in pairs], len(said))

    def _declined(self, applicant: Applicant) -> Verdict | None:
        reasons = (Ineligible(reason) for matches, reason in self._no if matches(applicant))
        return next(reasons, None)


def _matching(who: Who) -> Callable[[Applicant], bool]:
    return (lambda applicant: applicant.user == who) if isinstance(who, str) else who
