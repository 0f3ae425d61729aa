"""The command that proves, from the store alone, that nothing was lost, doubled or overspent."""

from dataclasses import asdict

import click

from fulfiller.ops.exits import Exit
from fulfiller.ops.group import examples
from fulfiller.ops.show import json_option, show
from fulfiller.settings import load


@examples("fulfiller verify", "fulfiller verify --json | jq '.[] | select(.ok | not)'")
@click.command()
@json_option
@click.pass_context
def verify(ctx: click.Context, *, as_json: bool) -> None:
    """Prove that the books balance; exit 1 and name the first offending row if they don't."""
    from fulfiller.store.proof import prove

    findings = prove(load().store_url)
    lines = [f"{'ok    ' if f.ok else 'BROKEN'}  {f.law}: {f.detail}" for f in findings]
    broken = sum(not finding.ok for finding in findings)
    verdict = f"{broken} of {len(findings)} laws broken." if broken else "Every law holds."
    show([asdict(f) for f in findings], "\n".join([*lines, "", verdict]), as_json=as_json)
    ctx.exit(Exit.FAILED if broken else Exit.OK)
