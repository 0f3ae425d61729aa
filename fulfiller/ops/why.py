"""The command that explains one claim, from the store itself."""

from contextlib import closing

import click

from fulfiller.domain.claim import ClaimId, State, public_id
from fulfiller.ops.because import Scene, because
from fulfiller.ops.choosing import bare
from fulfiller.ops.exits import Failed
from fulfiller.ops.figures import figures
from fulfiller.ops.group import examples
from fulfiller.ops.modes import clock, told
from fulfiller.ops.moments import stamp
from fulfiller.ops.pulse import NO_KEEPER, NO_WORKERS
from fulfiller.ops.show import json_option, show
from fulfiller.service.keep import LEASE
from fulfiller.service.parked import named
from fulfiller.settings import load
from fulfiller.wiring import Truth, open_truth


@examples("fulfiller claim why clm_019c…", "fulfiller claim why clm_019c… --json")
@click.command()
@click.argument("claim_id")
@json_option
def why(claim_id: str, *, as_json: bool) -> None:
    """Explain a claim: where it stands, why, and what happens next; asks the store itself."""
    bare_id = bare(claim_id)
    with closing(open_truth(load(), application="cli")) as store:
        scene = _scene(bare_id, store)
    if scene is None:
        raise Failed(
            f"no claim {public_id(bare_id)} in this store: see FULFILLER_STORE_URL, and the id"
        )
    lines = list(because(scene))
    head = [_head(scene), *(f"  {line}" for line in lines)]
    show(_facts(scene) | {"because": lines}, "\n".join(head), as_json=as_json)


def _scene(claim_id: ClaimId, store: Truth) -> Scene | None:
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
        *([] if store.leader(LEASE) else [NO_KEEPER]),
        *([] if store.slots() else [NO_WORKERS]),
    ]


def _head(scene: Scene) -> str:
    claim = scene.view.claim
    came = clock(claim.accepted_at, scene.now)
    name = public_id(claim.id)
    return f"{name} is {scene.view.state}: {claim.campaign}, tier {claim.tier}, came in at {came}"


def _facts(scene: Scene) -> dict[str, object]:
    claim, row = scene.view.claim, scene.row
    unsure_since = None if row is None else row.unsure_since
    offered_at = None if row is None or unsure_since is not None else row.offered_at
    return {
        "claim_id": public_id(claim.id),
        "state": scene.view.state.value,
        "campaign": claim.campaign,
        "tier": str(claim.tier),
        "user": claim.user,
        "grant": claim.grant,
        "accepted_at": stamp(claim.accepted_at),
        "ahead": scene.ahead,
        "ready_at": None if row is None else stamp(row.ready_at),
        "offered_at": None if offered_at is None else stamp(offered_at),
        "unsure_since": None if unsure_since is None else stamp(unsure_since),
        "attempts": None if row is None else row.attempts,
        "issuing_rate": scene.campaign.issuing_rate,
        "ruling": told(scene.ruling) | {"scope": scene.ruling.scope},
        "held": bool(scene.holds),
    }
