"""The site of an experiment: the stack under fire, the door that is knocked at, and its store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fulfiller.chaos.fault.arena import Arena
from fulfiller.domain.code import CodeKey
from fulfiller.wiring import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where claims are sent, by whom, and for which campaign."""

    url: str
    key: str = field(repr=False)
    account: str
    campaign: str


def unmarked(text: str) -> None:
    """Mark nothing: nobody but this experiment looks at the stack."""
    del text


def nothing() -> Sequence[bytes]:
    """Return what nobody looked at."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A stack, as an experiment finds it.

    `open_truth` opens its store past any proxy, one for each thread that asks. `captured`
    returns what was seen of broker, logs and metrics, where no code may be. `shared`: others
    use it, too, so only the campaign of the door is judged. `mark` hears of each fault at once.
    """

    arena: Arena
    door: Door
    open_truth: Callable[[], Truth]
    code_key: CodeKey
    captured: Callable[[], Sequence[bytes]] = nothing
    shared: bool = False
    mark: Callable[[str], None] = unmarked
