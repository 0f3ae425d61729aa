"""What a page says of a mode: nothing that ticks while nothing happens."""

import pytest

from fulfiller.domain.breaker import Mode, Policy, Reading
from fulfiller.domain.mode import ModeRow
from fulfiller.ops.flower.phrase import Scene, service_said

SECOND = 1_000_000
NOON = 1_770_379_200 * SECOND


def said(mode: Mode, seconds: int) -> str:
    """Return what is said of the service so many seconds after it has moved."""
    row = ModeRow(scope="*", mode=mode, since=NOON, cause="the store is slow")
    rules = Policy(promise_s=60, oldest_s=60)
    return service_said(Scene(row=row, reading=Reading(), rules=rules, now=NOON + seconds * SECOND))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "Flowing."), (119, "Flowing."), (120, "Flowing for 2 min."), (179, "Flowing for 2 min.")],
)
def test_what_flows_tells_no_seconds(seconds: int, words: str) -> None:
    """Each of them would be sent to all who look."""
    assert said(Mode.FLOWING, seconds) == words


def test_what_is_paused_tells_each_second() -> None:
    """Somebody waits for its end."""
    assert said(Mode.PAUSED, 7).startswith("Paused for 7 s: the store is slow. ")
