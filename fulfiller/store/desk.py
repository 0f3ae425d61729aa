"""The part of the store that is not hot: SQLModel sessions for campaigns, accounts, keys."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import case, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select, update

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import StoreError, StoreUnavailable
from fulfiller.domain.event import Event
from fulfiller.domain.key import KeyRecord
from fulfiller.domain.mode import ModeRow
from fulfiller.domain.pace import Rate
from fulfiller.domain.stripe import Stripe
from fulfiller.store import hot, rows
from fulfiller.store.link import Link
from fulfiller.store.statement import Call, Statement
from fulfiller.store.table import (
    AccountRow,
    ApiKeyRow,
    CampaignRow,
    EventRow,
    ModeRecord,
    StripeRow,
)
from fulfiller.store.table_line import PaceRow


class Desk:
    """Campaigns, modes, accounts and keys of one database."""

    def __init__(self, link: Link) -> None:
        """Use the link's engine."""
        self.link = link

    def now(self) -> int:
        """Return the database's clock."""
        return int(self._one(hot.NOW)[0][0])

    def campaign(self, campaign_id: str) -> Campaign | None:
        """Return a campaign as it is now."""
        with self._reading() as session:
            row = session.get(CampaignRow, campaign_id)
            return None if row is None else rows.campaign(row.terms)

    def campaigns(self) -> Sequence[Campaign]:
        """Return all campaigns, by id."""
        with self._reading() as session:
            found = session.exec(select(CampaignRow).order_by(col(CampaignRow.id)))
            return [rows.campaign(row.terms) for row in found]

    def modes(self) -> Mapping[str, ModeRow]:
        """Return the modes of the service and of all campaigns, by scope."""
        with self._reading() as session:
            without = defer(ModeRecord.pauses)  # type: ignore[arg-type]
            found = session.exec(select(ModeRecord).options(without))
            return {row.scope: rows.mode(_cells(row)) for row in found}

    def create_campaign(self, campaign: Campaign, stripes: Sequence[Stripe], event: Event) -> bool:
        """Store a new campaign, its mode row and its stripes; False if the id is taken."""
        try:
            with self._writing() as session:
                session.add(_campaign_row(campaign, event.at))
                session.add(ModeRecord(scope=campaign.id, since=event.at))
                session.add_all([StripeRow(**rows.stripe_cells(stripe)) for stripe in stripes])
                if campaign.issuing_rate is not None:
                    session.add(_pace_row(campaign.id, campaign.issuing_rate))
                session.add(event_row(event, session))
        except IntegrityError:
            return False
        return True

    def amend_campaign(self, old: Campaign, new: Campaign, event: Event) -> bool:
        """Replace a campaign's terms, one row; False if they are `old` no longer.

        Where its publication changes, its mode's generation moves, too: no claim is taken in
        that was decided on by the old one.
        """
        with self._writing() as session:
            row = session.get(CampaignRow, old.id, with_for_update=True)
            if row is None or rows.campaign(row.terms) != old:
                return False
            row.terms = rows.campaign_terms(new)
            if new.publication is not old.publication:
                moved = col(ModeRecord.generation) + 1
                mine = update(ModeRecord).where(col(ModeRecord.scope) == old.id)
                session.exec(mine.values(generation=moved))
            session.add(event_row(event, session))
            return True

    def add_account(self, account: str, *, at: int) -> bool:
        """Store an account; False if it exists."""
        try:
            with self._writing() as session:
                session.add(AccountRow(id=account, created_at=at))
        except IntegrityError:
            return False
        return True

    def add_key(self, record: KeyRecord) -> None:
        """Store a key; raise StoreError if its account does not exist, or its id does."""
        try:
            with self._writing() as session:
                if session.get(AccountRow, record.account) is None:
                    raise StoreError(f"account {record.account} does not exist")
                session.add(_key_row(record))
        except IntegrityError:
            raise StoreError(f"key {record.id} exists") from None

    def find_key(self, key_id: str) -> KeyRecord | None:
        """Return a key by its id."""
        with self._reading() as session:
            row = session.get(ApiKeyRow, key_id)
            return None if row is None else rows.key_record(row)

    def keys(self) -> Sequence[KeyRecord]:
        """Return all keys, newest first."""
        with self._reading() as session:
            newest = col(ApiKeyRow.created_at).desc()
            return [
                rows.key_record(row) for row in session.exec(select(ApiKeyRow).order_by(newest))
            ]

    def expire_key(self, key_id: str, *, at: int) -> bool:
        """Let a key end at an instant, unless it ends sooner; False if unknown or revoked."""
        ends = col(ApiKeyRow.expires_at)
        sooner = case((ends < at, ends), else_=at)
        return self._change_key(key_id, expires_at=sooner)

    def revoke_key(self, key_id: str, *, at: int) -> bool:
        """Revoke a key; False if it is unknown or revoked already."""
        return self._change_key(key_id, revoked_at=at)

    def _change_key(self, key_id: str, **values: object) -> bool:
        mine = col(ApiKeyRow.id) == key_id
        alive = col(ApiKeyRow.revoked_at).is_(None)
        with self._writing() as session:
            changed = session.exec(update(ApiKeyRow).where(mine, alive).values(**values))
            return bool(changed.rowcount)

    def close(self) -> None:
        """Give connections back."""
        self.link.close()

    def _one(self, statement: Statement, **args: object) -> list[tuple[Any, ...]]:
        return self._all(Call(statement, args))[0]

    def _all(self, *calls: Call) -> list[list[tuple[Any, ...]]]:
        return self.link.read(calls)

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with _faults(), Session(self.link.engine) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        with _faults(), self.link.writing(), Session(self.link.engine) as session:
            yield session
            session.commit()


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as fault:
        raise StoreUnavailable(str(fault.orig)) from fault


def _campaign_row(campaign: Campaign, at: int) -> CampaignRow:
    return CampaignRow(
        id=campaign.id, owner=campaign.owner, terms=rows.campaign_terms(campaign), created_at=at
    )


def _pace_row(campaign: str, rate: str) -> PaceRow:
    return PaceRow(campaign=campaign, limit_key="", per_hour=Rate.parse(rate).per_hour)


def _key_row(record: KeyRecord) -> ApiKeyRow:
    return ApiKeyRow(
        id=record.id,
        account=record.account,
        hash=record.hash,
        scopes=" ".join(sorted(record.scopes)),
        created_at=record.created_at,
        expires_at=record.expires_at,
        revoked_at=record.revoked_at,
        bound_campaign=record.bound_campaign,
        bound_limit_key=record.bound_limit_key,
    )


def event_row(event: Event, session: Session) -> EventRow:
    """Return an event as a row that carries its transaction's id where there are such ids."""
    cells = dict(zip(hot.EVENT, rows.event_cells(event), strict=True))
    if session.get_bind().dialect.name == "sqlite":
        return EventRow(**cells)
    transaction = session.execute(text("select pg_current_xact_id()::text::bigint")).scalar_one()
    return EventRow(**cells, xid=transaction)


def _cells(row: ModeRecord) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in hot.MODE)
