"""An operation of the door, as its contract tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fulfiller.domain.key import Scope
from fulfiller.intake.problem import Code

BODY = (
    Code.MALFORMED,
    Code.TOO_LARGE,
    Code.UNSUPPORTED_MEDIA_TYPE,
    Code.UNSUPPORTED_ENCODING,
    Code.INVALID,
)
"""What can be wrong with any body."""
KEYED = (Code.UNAUTHORIZED, Code.FORBIDDEN, Code.UNAVAILABLE)
"""What can go wrong wherever an API key is needed."""

ALWAYS = (Code.REPEATED_HEADER, Code.TIMED_OUT, Code.HEAD_TOO_LARGE, Code.INTERNAL)
"""What can go wrong with any request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: who may use it, what goes in, what comes out, what can go wrong.

    `carries` are headers of its answers by status; `speaks`: it may tell people to wait.
    """

    name: str
    method: str
    path: str
    summary: str
    scope: Scope | None = None
    takes: str | None = None
    gives: Mapping[int, tuple[str, str]]
    problems: tuple[Code, ...] = ()
    key: bool = False
    waits: bool = False
    finds: bool = False
    media: str = "application/json"
    follows: bool = False
    scales: bool = False
    speaks: bool = False
    carries: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
