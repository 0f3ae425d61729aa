"""Watching: the status again each second, drawn in place on a terminal, a line each elsewhere."""

import json
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from fulfiller.domain.error import StoreUnavailable
from fulfiller.ops.board import COLORS, line, text
from fulfiller.ops.board import as_json as told
from fulfiller.ops.halt import Halt
from fulfiller.ops.pulse import Pulse, Word, look
from fulfiller.service.port import Store

if TYPE_CHECKING:
    from fulfiller.broker.queue import CeleryQueue

EVERY_S = 1.0
LATELY = 5
"""Looks over which it is told what was issued: one alone would jump about."""
AWAY = "the store does not answer"
PAGE = "store-slow"
AWAY_SAID = f"{AWAY}: fulfiller runbook {PAGE}"
Teller = Callable[[Pulse | None, Pulse | None], None]
"""Shows a pulse, None while the store does not answer, and the one before it."""


def keep_watching(store: Store, queue: "CeleryQueue", *, as_json: bool) -> None:
    """Show the pulse each second until told to end; a store that is away is waited for."""
    halt = Halt()
    console = Console(highlight=False)
    live = Live(console=console, auto_refresh=False, transient=False)
    is_drawn = console.is_terminal and not console.is_dumb_terminal and not as_json
    frame: AbstractContextManager[object] = live if is_drawn else nullcontext()
    tell = _drawer(live) if is_drawn else _json_line if as_json else _plain_line
    looks: deque[Pulse] = deque(maxlen=LATELY)
    with frame:
        while not halt.asked:
            pulse = _look(store, queue)
            tell(pulse, looks[0] if looks else None)
            if pulse is not None:
                looks.append(pulse)
            halt.wait(EVERY_S)


def _look(store: Store, queue: "CeleryQueue") -> Pulse | None:
    try:
        return look(store, queue)
    except StoreUnavailable:
        return None


def _drawer(live: Live) -> Teller:
    def draw(pulse: Pulse | None, before: Pulse | None) -> None:
        away = f"{click.style(Word.UNREACHABLE, fg=COLORS[Word.UNREACHABLE])}\n  {AWAY_SAID}"
        room = live.console.height - 1
        shown = away if pulse is None else text(pulse, before=before, lines=room)
        drawn = Text.from_ansi(shown, no_wrap=True, overflow="ellipsis")
        live.update(drawn, refresh=True)

    return draw


def _plain_line(pulse: Pulse | None, before: Pulse | None) -> None:
    click.echo(f"{Word.UNREACHABLE}: {AWAY_SAID}" if pulse is None else line(pulse, before))


def _json_line(pulse: Pulse | None, before: Pulse | None) -> None:
    away = {"word": Word.UNREACHABLE.value, "reasons": [AWAY], "runbooks": [PAGE]}
    click.echo(
        json.dumps(away if pulse is None else told(pulse, before=before), ensure_ascii=False)
    )
