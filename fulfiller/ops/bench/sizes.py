"""What a run leaves in PostgreSQL: bytes by table, bytes of write-ahead log, connections."""

from collections.abc import Mapping
from dataclasses import dataclass

from fulfiller.store.link import Link
from fulfiller.store.statement import Call, statement

TABLES = statement(
    "select relname, pg_total_relation_size(oid) from pg_class"
    " where relkind = 'r' and relnamespace = 'public'::regnamespace"
)
WAL = statement("select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
CONNECTIONS = statement(
    "select application_name, count(*) from pg_stat_activity"
    " where datname = current_database() and backend_type = 'client backend'"
    " group by application_name"
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of each table with its indexes, and of all write-ahead log written so far."""

    tables: Mapping[str, int]
    wal: int

    @property
    def bytes(self) -> int:
        """Return the bytes of all tables."""
        return sum(self.tables.values())

    def per_claim(self, before: "Sizes", claims: int) -> dict[str, float]:
        """Return the bytes per claim by which tables have grown, largest first."""
        grown = {name: size - before.tables.get(name, 0) for name, size in self.tables.items()}
        found = {name: each / claims for name, each in grown.items() if each > 0}
        return dict(sorted(found.items(), key=lambda one: -one[1]))


def sizes(link: Link) -> Sizes:
    """Return what a PostgreSQL database holds now."""
    tables, ((wal,),) = link.read((Call(TABLES), Call(WAL)))
    return Sizes({str(name): int(str(size)) for name, size in tables}, int(str(wal)))


def connections(link: Link) -> dict[str, int]:
    """Return how many connections each application has open to this database."""
    (found,) = link.read((Call(CONNECTIONS),))
    return {str(name): int(str(number)) for name, number in found}
