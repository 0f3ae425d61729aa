"""Refusals in one database: a row per campaign, code and intake, and one for intakes long gone."""

from collections.abc import Mapping

from fulfiller.service.refused import Turned
from fulfiller.store.desk import Desk
from fulfiller.store.statement import Call, statement

GONE = "''"
"""The intake of the rows in which those of others were put together."""

# A name that nobody created a campaign by may be anything, and is not kept.
TELL = statement(
    "insert into refusal (campaign, code, intake, refused, at)"
    " select {campaign:text}, {code:text}, {intake:text}, {refused:bigint}, {now_us}"
    " where exists (select 1 from campaign where id = {campaign:text})"
    " on conflict (campaign, code, intake) do update set refused = excluded.refused,"
    " at = excluded.at"
)

SILENT = f"intake <> {GONE} and at < {{before:bigint}}"

# Whoever folds at the same moment waits here, and then finds nothing left to fold.
LOCK_SILENT = statement(f"select refused from refusal where {SILENT} <for_update>", for_update="")

FOLD = statement(
    "insert into refusal (campaign, code, intake, refused, at)"
    f" select campaign, code, {GONE}, sum(refused), max(at) from refusal where {SILENT}"
    " group by campaign, code"
    " on conflict (campaign, code, intake) do update"
    " set refused = refusal.refused + excluded.refused, at = excluded.at"
)

DROP_SILENT = statement(f"delete from refusal where {SILENT}")

SUMS = statement(
    "select campaign, code, sum(refused) from refusal group by campaign, code"
    " order by campaign, code"
)


class Refusals(Desk):
    """What intakes tell of whom they refused."""

    def tell_refusals(self, intake: str, counts: Mapping[Turned, int]) -> None:
        """Store what an intake has refused so far, in place of what it told before."""
        told = [
            {"campaign": campaign, "code": code, "intake": intake, "refused": refused}
            for (campaign, code), refused in sorted(counts.items())
        ]
        if told:
            self.link.write([Call(TELL, args) for args in told])

    def fold_refusals(self, *, before: int) -> None:
        """Put what intakes told that have been silent since an instant together, one row each."""
        steps = (LOCK_SILENT, FOLD, DROP_SILENT)
        self.link.write([Call(step, {"before": before}) for step in steps])

    def refusals(self) -> Mapping[str, Mapping[str, int]]:
        """Return the refusals of all intakes so far, by campaign and code."""
        found: dict[str, dict[str, int]] = {}
        for campaign, code, refused in self._one(SUMS):
            found.setdefault(str(campaign), {})[str(code)] = int(refused)
        return found
