"""Tables of reports: which are mailed on a schedule, and which period of each has been sent."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.sql import text as sql

from db.models import metadata
from db.types import instant, organization_id, primary_id, text

report_schedule = Table(
    "report_schedule",
    metadata,
    primary_id(),
    organization_id(index=True),
    text("report"),
    text("file_format"),
    text("paper", server_default=sql("'a4'")),
    text("rhythm"),
    # Of a week 1 is Monday (ISO 8601); of a month the 28th is the last that each has.
    Column("day", SmallInteger, nullable=False),
    # UTC.
    Column("hour", SmallInteger, nullable=False),
    Column("recipients", ARRAY(Text), nullable=False),
    Column("paused", Boolean, nullable=False, server_default=sql("false")),
    # Why the last period could not be sent.
    text("trouble", nullable=True),
    # As whom it is made: what this person may see is what is sent.
    Column("person_id", Uuid, ForeignKey("person.id", ondelete="CASCADE"), nullable=False, index=True),
    instant("made_at"),
    instant("next_at"),
    CheckConstraint("file_format IN ('csv', 'xlsx', 'pdf')", name="file_format"),
    CheckConstraint("paper IN ('a4', 'letter')", name="paper"),
    CheckConstraint(
        "CASE rhythm WHEN 'weekly' THEN day BETWEEN 1 AND 7 WHEN 'monthly' THEN day BETWEEN 1 AND 28 ELSE false END",
        name="day",
    ),
    CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
    CheckConstraint("cardinality(recipients) BETWEEN 1 AND 20", name="recipients"),
)
Index("ix_report_schedule_next", report_schedule.c.next_at, postgresql_where=report_schedule.c.paused.is_(False))

# A period of a schedule is written once, in the transaction that writes its mails: whoever dies midway sent nothing.
report_sending = Table(
    "report_sending",
    metadata,
    Column("schedule_id", Uuid, ForeignKey("report_schedule.id", ondelete="CASCADE"), primary_key=True),
    text("period", primary_key=True),
    organization_id(index=True),
    Column("mails", Integer, nullable=False),
    text("trouble", nullable=True),
    instant("sent_at"),
)
