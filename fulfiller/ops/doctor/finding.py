"""A finding: what a check saw, and the command that mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from fulfiller.ops.exits import Exit


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    AWAY = "away"
    """Somebody who should answer does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found; `mend` is a command for a shell, unless all is well.

    `runbook` is the page about this kind of trouble, where there is one.
    """

    check: str
    state: State
    detail: str
    mend: str | None = None
    runbook: str | None = None

    def __post_init__(self) -> None:
        """Refuse to say that something is wrong and not how to mend it."""
        if self.state is not State.OK and not self.mend:
            raise ValueError(f"{self.check}: say which command mends it")


def ok(check: str, detail: str) -> Finding:
    """Return that all is well."""
    return Finding(check=check, state=State.OK, detail=detail)


def failed(check: str, detail: str, mend: str, runbook: str | None = None) -> Finding:
    """Return that something is wrong, and how to mend it."""
    return Finding(check=check, state=State.FAILED, detail=detail, mend=mend, runbook=runbook)


def warning(check: str, detail: str, mend: str, runbook: str | None = None) -> Finding:
    """Return that something will be wrong some day, and how to mend it."""
    return Finding(check=check, state=State.WARNING, detail=detail, mend=mend, runbook=runbook)


def away(check: str, detail: str, mend: str, runbook: str | None = None) -> Finding:
    """Return that nobody answers, and how to bring them back."""
    return Finding(check=check, state=State.AWAY, detail=detail, mend=mend, runbook=runbook)


def verdict(findings: Iterable[Finding]) -> Exit:
    """Return the exit code: who does not answer outweighs what is wrong."""
    states = {finding.state for finding in findings}
    if State.AWAY in states:
        return Exit.UNREACHABLE
    return Exit.FAILED if State.FAILED in states else Exit.OK
