"""An eligibility hook: users who stand in a file get no coupon.

Start workers with `FULFILLER_ELIGIBILITY=tests.example.blocklist:check`. A hook of your own
lies in a package of yours; it may be asked twice about a claim, and in several processes at
once. Whatever it talks to, give that a time-out below the deadline, and connect when first
asked, not on import: workers fork in between.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from fulfiller.domain.eligibility import Applicant, Eligible, Ineligible, Unsure, Verdict


def check(applicants: Sequence[Applicant]) -> Sequence[Verdict]:
    """Answer for each applicant: yes, no with a reason, or unsure while there is no list."""
    try:
        # Read anew for each batch, so that a change of the file is true at once.
        blocked = set(Path(os.environ["BLOCKLIST"]).read_text().split())  # noqa: TID251 - not ours
    except OSError:
        return [Unsure()] * len(applicants)
    return [
        Ineligible("the shop has blocked this user") if each.user in blocked else Eligible()
        for each in applicants
    ]
