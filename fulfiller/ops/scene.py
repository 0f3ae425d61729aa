"""Reading a scene: a claim and all around it that decides what becomes of it."""

from fulfiller.domain.claim import ClaimId, State
from fulfiller.ops.because import Scene
from fulfiller.ops.figures import figures
from fulfiller.ops.pulse import NO_KEEPER, NO_WORKERS
from fulfiller.service.keep import LEASE
from fulfiller.service.parked import named
from fulfiller.wiring import Truth


def read_scene(claim_id: ClaimId, store: Truth) -> Scene | None:
    """Read everything that bears on a claim; None if there is no such claim."""
    view = store.view((claim_id,)).get(claim_id)
    campaign = None if view is None else store.campaign(view.claim.campaign)
    if view is None or campaign is None:
        return None
    now = store.now()
    (shown,) = figures(store, now=now, campaigns=(campaign,))
    waits, is_parked = view.state is State.WAITLISTED, view.state is State.PARKED
    return Scene(
        now=now,
        view=view,
        campaign=campaign,
        modes=store.modes(),
        figures=shown,
        row=store.opened((claim_id,)).get(claim_id),
        ahead=store.ahead((claim_id,)).get(claim_id) if waits else None,
        parked=next(iter(named((claim_id,), store)), None) if is_parked else None,
        missing=tuple(_missing(store)),
        pauses=tuple(store.pauses(campaign.id)) if campaign.pause_credit else (),
    )


def _missing(store: Truth) -> list[str]:
    return [
        *([] if store.leader(LEASE) else [NO_KEEPER.reason]),
        *([] if store.slots() else [NO_WORKERS.reason]),
    ]
