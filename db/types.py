"""Column types that several tables share, so that money, ids and times are stored in one way."""

from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

Instant = DateTime(timezone=True)
Json = JSONB(none_as_null=True)


def primary_id() -> Column[Any]:
    """A UUIDv7 primary key, made by core/ids.py."""
    return Column("id", Uuid, primary_key=True)


def organization_id(**options: Any) -> Column[Any]:
    """The tenant a row belongs to; row-level security reads this column."""
    return Column("organization_id", Uuid, ForeignKey("organization.id"), nullable=False, **options)


def instant(name: str, *, nullable: bool = False) -> Column[Any]:
    """A timestamptz; always UTC."""
    return Column(name, Instant, nullable=nullable)


def minor(name: str, *, nullable: bool = False) -> Column[Any]:
    """An amount in minor units of the currency beside it (cents for EUR and USD)."""
    return Column(name, BigInteger, nullable=nullable)


def text(name: str, *, nullable: bool = False, **options: Any) -> Column[Any]:
    """Text without a length: bounds are checked where the value comes in."""
    return Column(name, Text, nullable=nullable, **options)
