"""How long what installs sent is kept, by class, as data; what would go now, and letting it go."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Select, Table, delete, func, select, text, tuple_

from core.licensing.decision_retention import forget_decisions, old_decisions
from core.telemetry.events import oldest_day
from core.telemetry.opt_out import PERSONAL, erase, opted_out
from core.telemetry.partitions import drop_old_partitions
from db.models.telemetry import (
    actor_rollup,
    bundle,
    feature_actor_rollup,
    ingest_quota,
    ingest_refusal,
    last_payload,
)
from db.session import ReadSession, WriteSession

ClassId = Literal["events", "people", "payload", "bundles", "arrivals", "choice", "decisions", "counts"]
# Profiles look at most 56 days back for people, and eight weeks more where they are computed for a day of the past.
PEOPLE_AT_LEAST: Final = 120
PAYLOAD_DAYS: Final = 30
ARRIVAL_DAYS: Final = 395
DECISION_DAYS: Final = 730
MOST_AT_ONCE: Final = 50_000


@dataclass(frozen=True)
class Retention:
    """One class of what is kept: what it holds, for how many days (None: as long as the customer), and how it ends."""

    id: ClassId
    label: str
    holds: str
    days: int | None
    ends: str


@dataclass(frozen=True)
class Leaving:
    """What of a class is past its time: `count` of `unit`."""

    id: ClassId
    count: int
    unit: str = "rows"


def classes(retention_days: int) -> tuple[Retention, ...]:
    """Return every class, with raw events kept for `retention_days`."""
    return (
        Retention("events", "Raw events", "each event as it was sent", retention_days, "its day is dropped as a whole"),
        Retention(
            "people",
            "Who did what",
            "events and active minutes by day and HMAC of a user, with the features used",
            max(retention_days, PEOPLE_AT_LEAST),
            "deleted by the day",
        ),
        Retention("payload", "Last payload", "the last batch as it came, for you to see", PAYLOAD_DAYS, "deleted"),
        Retention(
            "bundles",
            "Bundles carried in",
            "who brought which bundle, and what became of it; not its events",
            # Until every event of it would be refused as too old, so that none is ever taken twice.
            retention_days + 1,
            "deleted by the day",
        ),
        Retention(
            "arrivals", "How events arrived", "counts of late, repeated, refused", ARRIVAL_DAYS, "deleted by the day"
        ),
        Retention("choice", "Sent before an opt-out", "raw events, last payload, who did what", 0, "erased at once"),
        Retention(
            "decisions",
            "Answers to verifications",
            "what was asked and answered; the standing answer to each question stays",
            DECISION_DAYS,
            "deleted by the day",
        ),
        Retention(
            "counts",
            "Counts without persons",
            "events by hour, feature, version, browser, domain and latency",
            None,
            "erased with the customer",
        ),
    )


def leaving(control: ReadSession, telemetry: ReadSession, *, retention_days: int, now: datetime) -> tuple[Leaving, ...]:
    """Return what is past its time, class by class, and touch nothing."""
    made = [Leaving("events", _old_partitions(telemetry, now, retention_days), "days")]
    for class_id, table, rows in _old_rows(retention_days, now):
        made.append(Leaving(class_id, telemetry.execute(_count(rows)).scalar_one(), f"rows of {table.name}"))
    made.append(Leaving("choice", _of_opted_out(control, telemetry)))
    made.append(Leaving("decisions", old_decisions(control, _before(DECISION_DAYS, now))))
    return tuple(made)


def forget(
    control: WriteSession, telemetry: WriteSession, *, retention_days: int, now: datetime, most: int = MOST_AT_ONCE
) -> tuple[Leaving, ...]:
    """Let go of what is past its time, at most `most` rows of a table, and return what went; repeat while one did."""
    made = [Leaving("events", drop_old_partitions(telemetry, now=now, retention_days=retention_days), "days")]
    for class_id, table, rows in _old_rows(retention_days, now):
        key = tuple_(*table.primary_key.columns)
        gone = telemetry.execute(delete(table).where(key.in_(rows.limit(most)))).rowcount
        made.append(Leaving(class_id, gone, f"rows of {table.name}"))
    made.append(Leaving("choice", erase(telemetry, opted_out(control), now=now)))
    made.append(Leaving("decisions", forget_decisions(control, _before(DECISION_DAYS, now), most=most)))
    return tuple(made)


def unfinished(gone: tuple[Leaving, ...], most: int = MOST_AT_ONCE) -> bool:
    """Whether a table gave up as many rows as were allowed at once, and may hold more."""
    return any(each.count >= most for each in gone)


def _old_rows(retention_days: int, now: datetime) -> list[tuple[ClassId, Table, Select[Any]]]:
    days = {each.id: each.days or 0 for each in classes(retention_days)}
    people, arrivals = (oldest_day(now, days[name]) for name in ("people", "arrivals"))
    return [
        ("people", actor_rollup, _keys(actor_rollup, actor_rollup.c.day < people)),
        ("people", feature_actor_rollup, _keys(feature_actor_rollup, feature_actor_rollup.c.day < people)),
        ("payload", last_payload, _keys(last_payload, last_payload.c.received_at < _before(PAYLOAD_DAYS, now))),
        ("bundles", bundle, _keys(bundle, bundle.c.received_at < _before(days["bundles"], now))),
        ("arrivals", ingest_quota, _keys(ingest_quota, ingest_quota.c.day < arrivals)),
        ("arrivals", ingest_refusal, _keys(ingest_refusal, ingest_refusal.c.day < arrivals)),
    ]


def _keys(table: Table, condition: Any) -> Select[Any]:
    return select(*table.primary_key.columns).where(condition)


def _count(rows: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(rows.subquery())


def _of_opted_out(control: ReadSession, telemetry: ReadSession) -> int:
    ids = list(opted_out(control))
    counts = [select(func.count()).select_from(table).where(table.c.install_id.in_(ids)) for table in PERSONAL]
    return sum(telemetry.execute(each).scalar_one() for each in counts) if ids else 0


def _before(days: int, now: datetime) -> datetime:
    return now.astimezone(UTC) - timedelta(days=days)


def _old_partitions(telemetry: ReadSession, now: datetime, retention_days: int) -> int:
    first: date = oldest_day(now, retention_days)
    counted: int = telemetry.execute(PARTITIONS_BEFORE, {"first": f"event_{first:%Y%m%d}"}).scalar_one()
    return counted


PARTITIONS_BEFORE: Final = text(
    "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
    "WHERE i.inhparent = 'public.event'::regclass AND c.relname ~ '^event_[0-9]{8}$' AND c.relname < :first"
)
