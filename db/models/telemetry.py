"""Tables of the telemetry plane: events by UTC day and the roll-ups that reads use, all keyed by install first."""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, LargeBinary, Table
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.sql import text as sql

from db.models import telemetry_metadata
from db.types import Instant, Json, instant, text

MINUTES_A_DAY = 1440


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=sql("0"))


event = Table(
    "event",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    text("event_id", primary_key=True),
    instant("ts"),
    instant("received_at"),
    text("type"),
    text("feature", nullable=True),
    text("actor", nullable=True),
    text("session", nullable=True),
    Column("status", Integer, nullable=True),
    Column("ms", Integer, nullable=True),
    text("agent", nullable=True),
    text("domain", nullable=True),
    text("version", nullable=True),
    text("zone", nullable=True),
    Column("props", Json, nullable=True),
    postgresql_partition_by="RANGE (day)",
)

# One row an hour: what rhythm, trend, errors and latency are read from. Only what the events themselves say is counted
# here, so that late or repeated delivery leaves no trace; how they arrived is in ingest_quota.
hour_rollup = Table(
    "hour_rollup",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("hour", Instant, primary_key=True),
    _count("events"),
    _count("api_calls"),
    _count("errors"),
    _count("timed"),
    _count("ms_sum"),
)

feature_rollup = Table(
    "feature_rollup",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    text("feature", primary_key=True),
    _count("events"),
    _count("errors"),
    _count("denied"),
)

# One row an actor and day. Minutes of the day in which the actor did something are OR-ed in: whatever the order or the
# repeats of events, the same set remains, and sessions of any gap can be read from it.
actor_rollup = Table(
    "actor_rollup",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    text("actor", primary_key=True),
    _count("events"),
    Column("minutes", BIT(MINUTES_A_DAY), nullable=False),
)

# Who used or was refused which feature on a day.
feature_actor_rollup = Table(
    "feature_actor_rollup",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    text("feature", primary_key=True),
    text("actor", primary_key=True),
    _count("events"),
    _count("denied"),
)

# What the events say of their surroundings: kind is agent, domain, version, zone, type, or latency (its bucket).
facet_rollup = Table(
    "facet_rollup",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    text("kind", primary_key=True),
    text("value", primary_key=True),
    _count("events"),
    _count("errors"),
)

# How events arrived, by the UTC day of their receipt: `late` after more than an hour, `ahead` of our clock by > 5 min.
ingest_quota = Table(
    "ingest_quota",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    _count("accepted"),
    _count("duplicates"),
    _count("refused"),
    _count("late"),
    _count("ahead"),
)

# What of it was refused, by reason: a code of one event (see core/telemetry/events.py) or of a whole batch.
ingest_refusal = Table(
    "ingest_refusal",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    text("code", primary_key=True),
    _count("events"),
)

# The last batch as it came, for the customer to see: its first 64 KB, and the size of the whole.
last_payload = Table(
    "last_payload",
    telemetry_metadata,
    text("install_id", primary_key=True),
    instant("received_at"),
    text("kind"),
    Column("size", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# Files of events that people carried in, each with how far it was taken: a second upload gets the same receipt.
bundle = Table(
    "bundle",
    telemetry_metadata,
    text("install_id", primary_key=True),
    text("bundle_id", primary_key=True),
    instant("created_at"),
    instant("received_at"),
    instant("finished_at", nullable=True),
    text("carried_by"),
    text("sha256"),
    Column("size", BigInteger, nullable=False),
    _count("events"),
    # Lines of the file that are dealt with; the counts are theirs.
    _count("taken"),
    _count("accepted"),
    _count("duplicates"),
    _count("refused"),
    # The first refusals with their reasons.
    Column("refusals", Json, nullable=False),
)

# What is forgotten by the day, and counted by the week, over all installs: rows lie in the order of time, so that this
# smallest of indexes finds them.
Index("ix_actor_rollup_day", actor_rollup.c.day, postgresql_using="brin")
Index("ix_feature_actor_rollup_day", feature_actor_rollup.c.day, postgresql_using="brin")
Index("ix_facet_rollup_day", facet_rollup.c.day, postgresql_using="brin")
Index("ix_ingest_quota_day", ingest_quota.c.day, postgresql_using="brin")

# Installs whose profile is out of date since `marked_at`. Each batch rewrites the row: see clear_dirty in writes.py.
dirty_install = Table(
    "dirty_install",
    telemetry_metadata,
    text("install_id", primary_key=True),
    instant("marked_at"),
    instant("last_event_at"),
)
Index("ix_dirty_install_marked_at", dirty_install.c.marked_at)

# Use that was reported by the day, with no time of day: counted by feature and by day, and in no hour.
daily_use = Table(
    "daily_use",
    telemetry_metadata,
    text("install_id", primary_key=True),
    text("record_id", primary_key=True),
    Column("day", Date, nullable=False),
    text("feature"),
    _count("events"),
    _count("errors"),
    _count("seconds"),
    instant("received_at"),
)

# The days of daily_use; hours hold what events told, days what was told by the day, and no use is in both.
day_rollup = Table(
    "day_rollup",
    telemetry_metadata,
    text("install_id", primary_key=True),
    Column("day", Date, primary_key=True),
    _count("events"),
    _count("errors"),
    _count("seconds"),
)
