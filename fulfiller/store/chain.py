"""The law of the sealed log: numbers without gaps, in commit-safe order, digests that verify."""

from collections.abc import Iterator

from fulfiller.domain.event import digest
from fulfiller.service.log import Seal
from fulfiller.service.seal import START
from fulfiller.store import hot, rows
from fulfiller.store.laws import Finding
from fulfiller.store.snapshot import Row, Snapshot

LAW = "the sealed log is whole, in order, and unaltered"

# Each seal with its event, if that still exists.
SEALED = f"""
  select s.number, s.xid as said_xid, s.event_id, s.digest, e.xid,
    {", ".join(f"e.{name} as e_{name}" for name in hot.EVENT)}
  from seal s left join event e on e.id = s.event_id order by s.number"""

# An event before the last seal that has no number: it would never be read.
SKIPPED = """
  select count(*) from event e
  where not exists (select 1 from seal s where s.event_id = e.id)
    and (e.xid, e.id) < (select xid, event_id from seal order by number desc limit 1)"""


def finding(snapshot: Snapshot) -> Finding:
    """Return whether the seals hold what they promise."""
    last = START
    for row in snapshot.stream(SEALED):
        flaw = _flaw(row, last)
        if flaw is not None:
            return Finding(LAW, ok=False, detail=f"seal {row['number']}: {flaw}")
        last = Seal(row["number"], (row["xid"], row["event_id"]), bytes(row["digest"]))
    if skipped := snapshot.number(SKIPPED):
        return Finding(
            LAW, ok=False, detail=f"{skipped} events before seal {last.number} have none"
        )
    return Finding(LAW, ok=True, detail=f"{last.number:,} seals")


def _flaw(row: Row, last: Seal) -> str | None:
    """Return the first thing that is wrong with a seal that follows another."""
    return next(_flaws(row, last), None)


def _flaws(row: Row, last: Seal) -> Iterator[str]:
    number, event_id = row["number"], row["event_id"]
    if number != last.number + 1:
        yield f"it follows {last.number}"
    if row["xid"] is None:
        yield f"its event {event_id} is gone"
    elif row["said_xid"] != row["xid"]:
        yield f"it says transaction {row['said_xid']}, its event {row['xid']}"
    elif (row["xid"], event_id) <= last.position:
        yield f"its event {event_id} is not behind event {last.position[1]}"
    elif _digest(row, last) != bytes(row["digest"]):
        yield f"the digest is not that of event {event_id} and all before it"


def _digest(row: Row, last: Seal) -> bytes | None:
    """Return the digest that a seal should have; None where its event is no event of ours."""
    try:
        event = rows.event(tuple(row[f"e_{name}"] for name in hot.EVENT))
    except (ValueError, IndexError):
        return None
    return digest(last.digest, row["number"], event)
