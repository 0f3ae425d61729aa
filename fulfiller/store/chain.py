"""The law of the sealed log: numbers without gaps, in commit-safe order, digests that verify."""

from collections.abc import Iterator

from fulfiller.domain.event import Event, digest
from fulfiller.service.log import Seal, Sealed
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


# What has no number yet, in the order in which it will get one.
UNSEALED = f"""
  select {", ".join(f"e.{name} as e_{name}" for name in hot.EVENT)} from event e
  where not exists (select 1 from seal s where s.event_id = e.id) order by e.xid, e.id"""


def finding(snapshot: Snapshot) -> Finding:
    """Return whether the seals hold what they promise."""
    walk = Walk(snapshot)
    for _ in walk.events():
        pass
    return walk.finding()


class Walk:
    """A walk along the sealed log, from its first event on, that checks each seal on its way."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Stand before the first event."""
        self._snapshot = snapshot
        self._last = START
        self._flaw: str | None = None

    def events(self) -> Iterator[Sealed]:
        """Yield the events; behind a seal that is broken those that can still be read, too."""
        for row in self._snapshot.stream(SEALED):
            event = _event(row)
            if self._flaw is None and (flaw := _flaw(row, event, self._last)) is not None:
                self._flaw = f"seal {row['number']}: {flaw}"
            self._last = Seal(
                row["number"], (row["said_xid"], row["event_id"]), bytes(row["digest"])
            )
            if event is not None:
                yield Sealed(row["number"], event)

    def unsealed(self) -> Iterator[Event]:
        """Yield what has no number yet, which nothing protects so far."""
        return (event for row in self._snapshot.stream(UNSEALED) if (event := _event(row)))

    def finding(self) -> Finding:
        """Return what was found up to here."""
        if self._flaw is None and (skipped := self._snapshot.number(SKIPPED)):
            self._flaw = f"{skipped} events before seal {self._last.number} have none"
        fine = f"{self._last.number:,} seals"
        return Finding(LAW, ok=self._flaw is None, detail=self._flaw or fine)


def _event(row: Row) -> Event | None:
    """Return the event of a row; None where it is gone, or no event of ours."""
    try:
        return rows.event(tuple(row[f"e_{name}"] for name in hot.EVENT))
    except (ValueError, IndexError, TypeError):
        return None


def _flaw(row: Row, event: Event | None, last: Seal) -> str | None:
    """Return the first thing that is wrong with a seal that follows another."""
    return next(_flaws(row, event, last), None)


def _flaws(row: Row, event: Event | None, last: Seal) -> Iterator[str]:
    number, event_id = row["number"], row["event_id"]
    if number != last.number + 1:
        yield f"it follows {last.number}"
    if row["xid"] is None:
        yield f"its event {event_id} is gone"
    elif row["said_xid"] != row["xid"]:
        yield f"it says transaction {row['said_xid']}, its event {row['xid']}"
    elif (row["xid"], event_id) <= last.position:
        yield f"its event {event_id} is not behind event {last.position[1]}"
    elif event is None or digest(last.digest, number, event) != bytes(row["digest"]):
        yield f"the digest is not that of event {event_id} and all before it"
