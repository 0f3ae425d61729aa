"""The parts of a service in memory, wired: what `wiring` does for processes with settings.

There are no settings here, so that nothing of a developer's own environment can matter, and
the secrets are made up for each service.
"""

from dataclasses import dataclass
from functools import cache
from secrets import token_bytes

from fulfiller.clock import new_claim_id
from fulfiller.domain.bucket import Bucket
from fulfiller.domain.code import CodeKey
from fulfiller.domain.eligibility import Eligibility
from fulfiller.domain.pace import Rate
from fulfiller.intake.parts import DoorLimits, IntakeParts, Limits
from fulfiller.intake.phrases import read_library, shipped_phrases
from fulfiller.service.speech.library import Library
from fulfiller.testing.crew import Crew
from fulfiller.testing.edge import Edge
from fulfiller.testing.keys import Keys
from fulfiller.testing.listening import Listening
from fulfiller.testing.moving import MovingClock
from fulfiller.testing.rules import Rules
from fulfiller.testing.shelf import Shelf
from fulfiller.testing.tray import Absent
from fulfiller.wiring import CODE_KEY_ID

SECRET_BYTES = 32
AT_ONCE = Limits(key_ttl_s=0.0, campaign_ttl_s=0.0, metrics_ttl_s=0.0)
"""Nothing is remembered: what a test changes is true of the next request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole service."""

    clock: MovingClock
    shelf: Shelf
    code_key: CodeKey
    keys: Keys
    rules: Rules
    crew: Crew
    door: Listening


def whole(at: int | None, hook: Eligibility | None, user_limit: tuple[str, int] | None) -> Whole:
    """Return a service that begins at an instant; a user may come at this rate and burst."""
    clock = MovingClock(at)
    shelf = Shelf(clock.now)
    code_key = CodeKey.derive(CODE_KEY_ID, token_bytes(SECRET_BYTES))
    pepper, rules = token_bytes(SECRET_BYTES), Rules(hook)
    parts = IntakeParts(
        open_store=lambda: shelf,
        open_queue=Absent,
        now=shelf.now,
        monotonic=clock.monotonic,
        new_claim_id=new_claim_id,
        code_key=code_key,
        pepper=pepper,
        library=_library(),
        limits=AT_ONCE,
        door=_door_limits(user_limit),
    )
    return Whole(
        clock=clock,
        shelf=shelf,
        code_key=code_key,
        keys=Keys(shelf, pepper),
        rules=rules,
        crew=Crew(shelf, code_key, rules),
        door=Listening(Edge(parts)),
    )


@cache
def _library() -> Library:
    """Return the shipped phrases, read once: it takes longer than all the rest."""
    return read_library(shipped_phrases())


def _door_limits(user_limit: tuple[str, int] | None) -> DoorLimits:
    if user_limit is None:
        return DoorLimits()
    rate, burst = user_limit
    return DoorLimits(user=Bucket.of(Rate.parse(rate), burst), key=token_bytes(SECRET_BYTES))
