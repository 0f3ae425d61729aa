"""The command that shows everything on one screen."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

import click

from fulfiller.domain.mode import SERVICE, Mode, ModeRow
from fulfiller.domain.tier import Tier
from fulfiller.ops.campaigns import COLUMNS, row
from fulfiller.ops.exits import Exit
from fulfiller.ops.figures import Figures, figures, word
from fulfiller.ops.group import examples
from fulfiller.ops.show import json_option, show, table
from fulfiller.service.keep import LEASE
from fulfiller.service.port import Queue, Store
from fulfiller.settings import load
from fulfiller.wiring import open_broker, open_truth

NO_KEEPER = "NONE LEADS: nothing is released, swept or sealed; start `fulfiller keeper`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The state of the whole service at one moment."""

    service: ModeRow
    campaigns: tuple[Figures, ...]
    slots: int
    keeper: str | None
    depths: Mapping[Tier, int] | None


@examples("fulfiller status", "fulfiller status --json | jq .campaigns")
@click.command()
@json_option
@click.pass_context
def status(ctx: click.Context, *, as_json: bool) -> None:
    """Show the service's mode, its campaigns, workers and queues; exit 4 while it is paused."""
    settings = load()
    with (
        closing(open_truth(settings, application="cli")) as store,
        closing(open_broker(settings)) as queue,
    ):
        screen = look(store, queue)
    show(_json(screen), _text(screen), as_json=as_json)
    ctx.exit(Exit.PAUSED if screen.service.mode is Mode.PAUSED else Exit.OK)


def look(store: Store, queue: Queue) -> Screen:
    """Read what the screen shows; a broker that is away leaves a gap and no more."""
    return Screen(
        service=store.modes()[SERVICE],
        campaigns=figures(store, now=store.now()),
        slots=store.slots(),
        keeper=store.leader(LEASE),
        depths=queue.depths(),
    )


def _json(screen: Screen) -> dict[str, object]:
    depths = screen.depths
    return {
        "service": {"mode": screen.service.mode.value, "held": screen.service.held},
        "campaigns": [each.as_json() for each in screen.campaigns],
        "workers": {"slots": screen.slots},
        "keeper": screen.keeper,
        "broker": None if depths is None else {str(tier): n for tier, n in depths.items()},
    }


def _text(screen: Screen) -> str:
    service = word(screen.service.mode, held=screen.service.held)
    lines = [
        f"service   {service}",
        f"workers   {_workers(screen.slots)}",
        f"keeper    {screen.keeper or NO_KEEPER}",
        f"broker    {_broker(screen.depths)}",
        "",
        table(COLUMNS, map(row, screen.campaigns)) if screen.campaigns else "No campaigns yet.",
    ]
    return "\n".join(lines)


def _workers(slots: int) -> str:
    return f"{slots} slots" if slots else "none seen in the last 10 s"


def _broker(depths: Mapping[Tier, int] | None) -> str:
    if depths is None:
        return "does not answer; claims are accepted and wait in the store"
    return "tasks waiting: " + ", ".join(f"{tier} {n}" for tier, n in sorted(depths.items()))
