"""Tables of metered usage on the telemetry plane: records as they were reported, and their sums by day."""

from sqlalchemy import BigInteger, Column, Date, Table
from sqlalchemy.sql import text as sql

from db.models import telemetry_metadata
from db.types import instant, text

usage_record = Table(
    "usage_record",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    text("record_id", primary_key=True),
    text("meter"),
    Column("amount", BigInteger, nullable=False),
    instant("ts"),
    instant("received_at"),
)

usage_day = Table(
    "usage_day",
    telemetry_metadata,
    text("install_id", primary_key=True),
    text("meter", primary_key=True),
    Column("day", Date, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("records", BigInteger, nullable=False, server_default=sql("0")),
)
