"""The proof: every law that the store can show, judged in one snapshot.

Each finding names its law and, where the law is broken, the first row that breaks it.
"""

from collections.abc import Sequence

from fulfiller.store import chain, decisions, ledger
from fulfiller.store.laws import LAWS, Finding, judge
from fulfiller.store.snapshot import Snapshot, snapshot

__all__ = ["Finding", "findings", "prove"]


def prove(store_url: str) -> Sequence[Finding]:
    """Judge every law in one snapshot; writers go on meanwhile and are not waited for."""
    with snapshot(store_url) as seen:
        return findings(seen)


def findings(seen: Snapshot) -> Sequence[Finding]:
    """Judge every law in a snapshot that is open already."""
    rows = [judge(law, seen) for law in LAWS]
    return (*rows, *ledger.findings(seen), *decisions.findings(seen), chain.finding(seen))
