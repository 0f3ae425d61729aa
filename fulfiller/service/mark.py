"""Mark a moment: what happened around the service at this time, such as a deploy, in the log.

It changes nothing. Whoever looks at a campaign's course later sees it among the moves of modes.
"""

from fulfiller.domain.event import Event, Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.service.port import Store, Writes


def mark(scope: str, text: str, *, actor: str, at: int, store: Store) -> bool:
    """Set a mark on a campaign or the service; False if there is no such campaign."""
    if scope != SERVICE and store.campaign(scope) is None:
        return False
    event = Event(at=at, campaign=scope, kind=Kind.MARK_SET, actor=actor, detail=text)
    store.write(Writes(events=(event,)))
    return True
