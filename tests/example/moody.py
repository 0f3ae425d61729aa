"""A hook in a bad mood, for tests: what the file in MOOD says decides what goes wrong."""

import os
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from fulfiller.domain.eligibility import Applicant, Eligible, Verdict


def check(applicants: Sequence[Applicant]) -> Sequence[Verdict]:
    """Hang, raise, rave or, in any other mood, say yes to everybody."""
    mood = Path(os.environ["MOOD"]).read_text()  # noqa: TID251 - a hook reads what it likes
    if mood == "hang":
        Event().wait()
    if mood == "raise":
        raise LookupError(applicants[0].user)
    if mood == "rave":
        return ["yes"] * len(applicants)  # type: ignore[list-item]
    return [Eligible()] * len(applicants)
