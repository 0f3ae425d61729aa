"""The SQLModel tables of rates, of pressure from outside, and of places in line."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, SmallInteger, Text
from sqlmodel import Field, SQLModel

from fulfiller.store.table import CHURNED, ID


class PaceRow(SQLModel, table=True):
    """A campaign's issuing rate, and when what was issued of late is made up for."""

    __tablename__ = "pace"
    __table_args__ = (CheckConstraint("tat >= 0", name="pace_kept"), CHURNED)
    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    limit_key: str = Field(sa_column=Column(Text, primary_key=True))
    per_hour: int = Field(sa_type=BigInteger)
    tat: int = Field(default=0, sa_type=BigInteger)


class PressureRow(SQLModel, table=True):
    """What a partner of a campaign says of itself, for a while."""

    __tablename__ = "pressure"
    __table_args__ = (CHURNED,)
    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    limit_key: str = Field(sa_column=Column(Text, primary_key=True))
    pressure: str | None = Field(default=None, sa_type=Text)
    reason: str = Field(sa_type=Text)
    account: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class WaitlistBlockRow(SQLModel, table=True):
    """A stretch of a lane's line that ends at a place, and how many wait in it."""

    __tablename__ = "waitlist_block"
    campaign: str = Field(sa_column=Column(Text, primary_key=True))
    tier: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    end_at: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    end_id: str = Field(sa_column=Column(ID, primary_key=True))
    count: int = Field(sa_type=Integer)
