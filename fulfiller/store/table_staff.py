"""The SQLModel tables of those who are at work: who leads, workers' slots, intakes' refusals."""

from sqlalchemy import BigInteger, CheckConstraint, Column, SmallInteger, Text
from sqlmodel import Field, SQLModel

from fulfiller.store.table import CHURNED


class LeaseRow(SQLModel, table=True):
    """Who leads; a write under an old epoch breaks the check and fails."""

    __tablename__ = "lease"
    __table_args__ = (CheckConstraint("epoch >= 0", name="lease_epoch"), CHURNED)
    name: str = Field(sa_column=Column(Text, primary_key=True))
    holder: str = Field(sa_type=Text)
    epoch: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class WorkerRow(SQLModel, table=True):
    """How many tasks a worker runs at once, as long as it keeps saying so."""

    __tablename__ = "worker"
    __table_args__ = (CHURNED,)
    name: str = Field(sa_column=Column(Text, primary_key=True))
    slots: int = Field(sa_type=SmallInteger)
    expires_at: int = Field(sa_type=BigInteger)


class RefusalRow(SQLModel, table=True):
    """How many claims an intake refused; without an intake, those that have gone together."""

    __tablename__ = "refusal"
    __table_args__ = (CHURNED,)
    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    code: str = Field(sa_column=Column(Text, primary_key=True))
    intake: str = Field(sa_column=Column(Text, primary_key=True))
    refused: int = Field(sa_type=BigInteger)
    at: int = Field(sa_type=BigInteger)
