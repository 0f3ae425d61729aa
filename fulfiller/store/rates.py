"""Issuing rates in one database: set by hand, rarely, so through SQLModel sessions."""

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session, col, select

from fulfiller.domain.event import Event
from fulfiller.domain.mode import SERVICE
from fulfiller.domain.pace import EVERY_KEY, SERVICE_RATE, Pace, Rate, RateScope
from fulfiller.store import rows
from fulfiller.store.desk import event_row
from fulfiller.store.refusals import Refusals
from fulfiller.store.table import CampaignRow, ModeRecord
from fulfiller.store.table_line import PaceRow


class Rates(Refusals):
    """The rates of the service, of campaigns, and of their limit keys."""

    def rates(self, campaign: str) -> Sequence[Pace]:
        """Return the rates of a campaign: its own first, then those of limit keys, by key."""
        mine = col(PaceRow.campaign) == campaign
        with self._reading() as session:
            found = session.exec(select(PaceRow).where(mine).order_by(col(PaceRow.limit_key)))
            return [_pace(row) for row in found]

    def set_rate(self, scope: RateScope, rate: Rate | None, event: Event) -> bool:
        """Set a rate or, with None, take it away; False if there is no such campaign.

        What is to be made up by the old rate is carried over: see `Pace.changed`.
        """
        now = self.now()
        with self._writing() as session:
            if not _terms(session, scope, rate):
                return False
            row = session.get(PaceRow, scope, with_for_update=True)
            if rate is not None:
                session.merge(_changed(scope, row, rate, now))
            elif row is not None:
                session.delete(row)
            session.add(event_row(event, session))
            return True


def _terms(session: Session, scope: RateScope, rate: Rate | None) -> bool:
    """Let a campaign's terms say its own rate too; False if there is no such campaign."""
    if scope == SERVICE_RATE:
        # Two that set it for the first time at once wait for each other here.
        return session.get(ModeRecord, SERVICE, with_for_update=True) is not None
    campaign, limit_key = scope
    row = session.get(CampaignRow, campaign, with_for_update=True)
    if row is not None and limit_key == EVERY_KEY:
        stated = None if rate is None else str(rate)
        row.terms = rows.campaign_terms(replace(rows.campaign(row.terms), issuing_rate=stated))
    return row is not None


def _changed(scope: RateScope, row: PaceRow | None, rate: Rate, now: int) -> PaceRow:
    pace = Pace(scope, rate) if row is None else _pace(row).changed(rate, now)
    campaign, limit_key = scope
    return PaceRow(
        campaign=campaign, limit_key=limit_key, per_hour=pace.rate.per_hour, tat=pace.tat
    )


def _pace(row: PaceRow) -> Pace:
    return Pace((row.campaign, row.limit_key), Rate(row.per_hour), row.tat)
