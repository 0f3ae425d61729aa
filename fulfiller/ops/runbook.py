"""The command `runbook`: what to look at and what to type, a page for each kind of trouble."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import click

from fulfiller.ops.exits import Misused
from fulfiller.ops.group import examples
from fulfiller.ops.shipped import shipped
from fulfiller.ops.show import json_option, show, table


@examples("fulfiller runbook", "fulfiller runbook paused-too-long")
@click.command()
@click.argument("name", required=False)
@json_option
def runbook(name: str | None, *, as_json: bool) -> None:
    """Print the page NAME: symptom, look, type; without a name, list the pages.

    Each alert of Prometheus names its page.
    """
    pages = {page.stem: page for page in sorted(shipped("runbooks").glob("*.md"))}
    if name is None:
        titles = {each: title(page) for each, page in pages.items()}
        show(titles, table(("runbook", "about"), titles.items()), as_json=as_json)
        return
    text = _chosen(name, pages).read_text("utf-8")
    show({"name": name, "text": text}, text.rstrip(), as_json=as_json)


def title(page: Path) -> str:
    """Return what a page is about: its first line."""
    with page.open(encoding="utf-8") as lines:
        return next(lines).removeprefix("# ").rstrip()


def _chosen(name: str, pages: Mapping[str, Path]) -> Path:
    if name in pages:
        return pages[name]
    nearest = get_close_matches(name, pages, n=1)
    meant = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise Misused(f"no runbook {name!r}.{meant} All of them: fulfiller runbook")
