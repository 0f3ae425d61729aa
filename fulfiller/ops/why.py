"""The commands that find a claim, tell its story and explain it, from the store itself."""

from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

import click

from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId, public_id
from fulfiller.ops.because import Scene, because
from fulfiller.ops.choosing import bare
from fulfiller.ops.exits import Failed
from fulfiller.ops.group import examples
from fulfiller.ops.modes import clock, told
from fulfiller.ops.moments import stamp
from fulfiller.ops.scene import read_scene
from fulfiller.ops.search import Found, find, key_of
from fulfiller.ops.show import json_option, remark, show, table
from fulfiller.ops.story import NOTED_MAX, story
from fulfiller.settings import Settings, load
from fulfiller.wiring import Truth, open_truth

Command = TypeVar("Command", bound=Callable[..., Any])
COLUMNS = ("claim", "state", "campaign", "tier", "user", "grant", "came in", "found by")
NOBODY = (
    "nothing is known of that in this store, as the id of a claim or coupon, as a coupon's code,"
    " as an idempotency key, or as a user: see FULFILLER_STORE_URL"
)
SEVERAL = "{:,} claims are meant; name one of them, or --campaign"


def asking(command: Command) -> Command:
    """Give a command what it takes to ask for a claim."""
    for option in (
        click.option("--campaign", help="Look in this campaign alone."),
        click.argument("question", metavar="CLAIM|COUPON|CODE|KEY|USER"),
    ):
        command = option(command)
    return command


@examples(
    "fulfiller claim why clm_019c…",
    "fulfiller claim why li --campaign spring-festival",
    "fulfiller claim why clm_019c… --json",
)
@click.command()
@asking
@json_option
def why(question: str, campaign: str | None, *, as_json: bool) -> None:
    """Explain a claim: where it stands, why, and what happens next; asks the store itself."""
    settings = load()
    with closing(open_truth(settings, application="cli")) as store:
        scene = _scene(question, campaign, store, settings)
    lines = list(because(scene))
    head = [_head(scene), *(f"  {line}" for line in lines)]
    show(_facts(scene) | {"because": lines}, "\n".join(head), as_json=as_json)


@examples(
    "fulfiller claim story clm_019c…",
    "fulfiller claim story 7Q2M-4XKD-0R8T-V5WA",
    "fulfiller claim story order-4711 --json",
)
@click.command(name="story")
@asking
@json_option
def tell_story(question: str, campaign: str | None, *, as_json: bool) -> None:
    """Tell what happened to a claim, step by step, and why it stands where it stands."""
    settings = load()
    with closing(open_truth(settings, application="cli")) as store:
        scene = _scene(question, campaign, store, settings)
        steps = story(scene, store.noted(scene.view.claim, limit=NOTED_MAX))
    lines = list(because(scene))
    answer = _facts(scene) | {"story": [step.as_json() for step in steps], "because": lines}
    text = [_head(scene), *(f"  {step.line}" for step in steps), "", *(f"  {x}" for x in lines)]
    show(answer, "\n".join(text), as_json=as_json)


@examples(
    "fulfiller claim find li --campaign spring-festival",
    "fulfiller claim find order-4711",
    "fulfiller claim find 7Q2M-4XKD-0R8T-V5WA --json",
)
@click.command(name="find")
@asking
@json_option
def find_claims(question: str, campaign: str | None, *, as_json: bool) -> None:
    """Find claims by whatever is known of them; exit 1 if there is none."""
    settings = load()
    with closing(open_truth(settings, application="cli")) as store:
        found = find(question, store, key=key_of(settings), campaign=campaign)
    if not found:
        raise Failed(NOBODY)
    show([_found(each) for each in found], _listed(found), as_json=as_json)


def _scene(question: str, campaign: str | None, store: Truth, settings: Settings) -> Scene:
    """Return all that explains the one claim that is meant."""
    claim_id = _one(question, campaign, store, settings)
    scene = read_scene(claim_id, store)
    if scene is None:
        raise Failed(f"{public_id(claim_id)} has no campaign any more: fulfiller verify")
    return scene


def _one(question: str, campaign: str | None, store: Truth, settings: Settings) -> ClaimId:
    """Return the one claim that is meant; show them if there are several."""
    found = find(question, store, key=key_of(settings), campaign=campaign)
    if not found and question.startswith(CLAIM_PREFIX):
        bare(question)
    if not found:
        raise Failed(NOBODY)
    if len(found) > 1:
        remark(_listed(found))
        raise Failed(SEVERAL.format(len(found)))
    return found[0].view.claim.id


def _listed(found: list[Found]) -> str:
    return table(COLUMNS, [tuple(_found(each).values()) for each in found])


def _found(each: Found) -> dict[str, str]:
    claim = each.view.claim
    return {
        "claim_id": public_id(claim.id),
        "state": each.view.state.value,
        "campaign": claim.campaign,
        "tier": str(claim.tier),
        "user": claim.user,
        "grant": claim.grant,
        "accepted_at": stamp(claim.accepted_at),
        "found_by": each.by,
    }


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
