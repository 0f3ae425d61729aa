"""The SQLModel tables of those who are at work: who leads, and how many slots workers have."""

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
