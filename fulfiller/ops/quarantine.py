"""Commands for messages that no worker could run: what came in, why it won't do, away with it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, TypeVar

import click

from fulfiller.ops.exits import Failed, Misused, Unreachable
from fulfiller.ops.group import Forgiving, examples
from fulfiller.ops.moments import stamp
from fulfiller.ops.show import json_option, remark, show, table
from fulfiller.settings import load
from fulfiller.wiring import open_broker

if TYPE_CHECKING:
    from fulfiller.broker.quarantine import Kept
    from fulfiller.broker.queue import CeleryQueue

Answer = TypeVar("Answer")
COLUMNS = ("id", "at", "flaw", "size_bytes", "remark")
FORGETFUL = (
    "Not known: only Redis and Valkey keep and count what is set aside. On this broker look for "
    "message.quarantined in the logs of the workers."
)


@examples("fulfiller quarantine list", "fulfiller quarantine clear --all")
@click.group(cls=Forgiving)
def quarantine() -> None:
    """List, show and clear messages that were set aside because no worker could run them.

    Redis and Valkey keep the newest 1,000, their letters and digits masked, and count by flaw
    for ever; on other brokers only the logs of the workers tell.
    """


@examples("fulfiller quarantine list", "fulfiller quarantine list --json | jq .counts")
@quarantine.command(name="list")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True)
@json_option
def list_kept(limit: int, *, as_json: bool) -> None:
    """List the newest messages, and how many there ever were by flaw."""
    with _queue() as queue:
        found, text = listing(queue, limit)
    show(found, text, as_json=as_json)


def listing(queue: "CeleryQueue", limit: int) -> tuple[dict[str, object], str]:
    """Return what is known of messages that were set aside, for programs and for people."""
    if not _said(queue, queue.remembers()):
        return {"counts": None, "kept": None}, FORGETFUL
    counts = dict(_said(queue, queue.quarantined()))
    rows = [_shown(kept) for kept in _said(queue, queue.kept(limit))]
    summary = table(("flaw", "messages"), sorted(counts.items()))
    newest = table(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
    text = f"{summary}\n\n{newest}" if counts or rows else "Nothing was ever set aside."
    return {"counts": counts, "kept": rows}, text


@examples("fulfiller quarantine show 1770336000000-0")
@quarantine.command(name="show")
@click.argument("kept_id")
@json_option
def show_one(kept_id: str, *, as_json: bool) -> None:
    """Show one message: its masked content, and what is wrong with it."""
    with _queue() as queue:
        _check(queue)
        kept = queue.kept_one(kept_id)
    if kept is None:
        raise Failed(f"no message {kept_id!r}: see `fulfiller quarantine list`")
    row = _shown(kept) | {"content": kept.content}
    show(row, "\n".join(f"{name:<11} {value}" for name, value in row.items()), as_json=as_json)


@examples("fulfiller quarantine clear 1770336000000-0", "fulfiller quarantine clear --all")
@quarantine.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Clear all there are.")
def clear(ids: tuple[str, ...], *, everything: bool) -> None:
    """Forget messages, by their ids or all of them; the counts stay."""
    if bool(ids) is everything:
        raise Misused("name the ids of messages to clear, or --all")
    with _queue() as queue:
        _check(queue)
        remark(f"Cleared {_said(queue, queue.clear(ids)):,}.")


@contextmanager
def _queue() -> "Iterator[CeleryQueue]":
    with closing(open_broker(load())) as queue:
        yield queue


def _check(queue: "CeleryQueue") -> None:
    """Raise Failed if this broker keeps nothing that could be shown or cleared."""
    if not _said(queue, queue.remembers()):
        raise Failed(FORGETFUL)


def _said(queue: "CeleryQueue", answer: Answer | None) -> Answer:
    """Return the broker's answer; raise Unreachable if it gave none."""
    if answer is None:
        raise Unreachable(f"the broker does not answer: {queue.fault}")
    return answer


def _shown(kept: "Kept") -> dict[str, object]:
    return {
        "id": kept.id,
        "at": stamp(kept.at),
        "flaw": kept.flaw,
        "size_bytes": kept.size_bytes,
        "remark": kept.remark,
    }
