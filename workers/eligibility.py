"""The eligibility hook: found, and guarded, so that it ends in time and stops nobody."""

import logging
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from traceback import extract_tb

from fulfiller.domain.eligibility import Applicant, Eligibility, Nonsense, Verdict, verdicts
from fulfiller.domain.error import SettingError
from workers.deadline import within

GROUP = "fulfiller.eligibility"
"""Where packages that bring a hook name it as an entry point."""
log = logging.getLogger(__name__)


def configured(name: str) -> Eligibility | None:
    """Return the hook of this name, `package.module:function`, or of the one entry point.

    Raises SettingError when it can't be imported or called, or nobody said which one.
    """
    if name:
        return _loaded(EntryPoint(name=name, value=name, group=GROUP))
    found = tuple(entry_points(group=GROUP))
    if len(found) > 1:
        names = " or ".join(sorted(point.value for point in found))
        raise SettingError(f"several eligibility hooks: set FULFILLER_ELIGIBILITY to {names}")
    return _loaded(found[0]) if found else None


def _loaded(point: EntryPoint) -> Eligibility:
    try:
        hook: Eligibility = point.load()
    except Exception as fault:
        raise SettingError(
            f"eligibility hook {point.value}: {type(fault).__name__}: {fault}"
        ) from fault
    if not callable(hook):
        raise SettingError(f"eligibility hook {point.value} can't be called")
    return hook


class Guard:
    """A hook with a deadline; it gives no answer where the hook raises, hangs or raves.

    What goes wrong is logged once, when it begins, and so is its end.
    """

    def __init__(self, hook: Eligibility, deadline_s: float) -> None:
        """Stand before a hook."""
        self._hook = hook
        self._deadline_s = deadline_s
        self._silent = False

    def __call__(self, applicants: Sequence[Applicant]) -> tuple[Verdict, ...] | None:
        """Return the hook's verdicts, or None."""
        try:
            said = within(self._deadline_s, lambda: self._asked(tuple(applicants)))
        except (Exception, SystemExit) as fault:  # noqa: BLE001 - foreign code may raise anything
            if not self._silent:
                log.warning("eligibility.silent fault=%s", _told(fault))
            self._silent = True
            return None
        if self._silent:
            log.warning("eligibility.answers")
        self._silent = False
        return said

    def _asked(self, applicants: tuple[Applicant, ...]) -> tuple[Verdict, ...]:
        return verdicts(self._hook(applicants), len(applicants))


def _told(fault: BaseException) -> str:
    """Return what a fault is and where it was raised; what it says may name a person."""
    if isinstance(fault, Nonsense):
        return f"Nonsense: {fault}"
    innermost = extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} at {innermost.filename}:{innermost.lineno}"
