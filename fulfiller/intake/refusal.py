"""Refusals of the core, as problems: why a claim was decided against."""

from fulfiller.domain.outcome import Why
from fulfiller.domain.validity import moment
from fulfiller.intake.problem import KINDS, Code, Flaw, Problem


def refused(why: Why, campaign: str, *, opens_at: int | None = None) -> Problem:
    """Return the problem of a claim that was decided against."""
    code = Code(why.value)
    if why is Why.UNKNOWN_CAMPAIGN:
        detail = f"no campaign is called {campaign!r}"
        return Problem(code, detail, Flaw(KINDS[code].remedy, pointer="/campaign"))
    if why is Why.KEY_REUSED:
        return Problem(code, "", Flaw(KINDS[code].remedy, header="Idempotency-Key"))
    if opens_at is not None:
        opens = moment(opens_at)
        return Problem(code, f"the campaign opens at {opens:%Y-%m-%dT%H:%M:%SZ}", opens_at=opens)
    return Problem(code)
