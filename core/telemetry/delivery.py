"""How telemetry arrives, over all installs: in time, once, readable; who fell silent, and who sends too much."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal

import pandas as pd
from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from db.models.telemetry import ingest_quota, ingest_refusal
from db.session import ReadSession

DAYS: Final = 7
SHOWN_DAYS: Final = 14
KNOWN_DAYS: Final = 28
MOST: Final = 200
# Batches refused as a whole because the install had sent its share.
TOO_MUCH: Final = ("event_rate_reached", "daily_events_reached", "install_queue_full")
# Up to which share what arrived is as good as what happened.
BOUNDS: Final = {"late": 0.05, "refused": 0.01, "ahead": 0.01, "silent": 0.1}
Trouble = Literal["refused", "late", "duplicates", "ahead", "too_much", "silent"]


@dataclass(frozen=True)
class Counts:
    """Events by how they arrived: `late` and `ahead` are of the accepted ones; `refused` counts whole batches, too."""

    accepted: int
    duplicates: int
    refused: int
    late: int
    ahead: int

    def share(self, of: Literal["late", "refused", "ahead", "duplicates"]) -> float | None:
        """Return late and ahead as shares of what was accepted, refused and duplicates of what was sent."""
        whole = self.accepted if of in {"late", "ahead"} else self.accepted + self.refused + self.duplicates
        return getattr(self, of) / whole if whole else None


@dataclass(frozen=True)
class Delivery:
    """How telemetry arrived: today, in 7 days and the 7 before, by reason of refusal, and how many installs sent.

    `by_day` has a row for each of 14 days: day, accepted, duplicates, refused, late, ahead. `silent` installs sent in
    the 21 days before the last 7, and nothing in these.
    """

    today: Counts
    week: Counts
    before: Counts
    by_day: pd.DataFrame
    reasons: tuple[tuple[str, int], ...]
    sending: int
    silent: int
    too_much: int

    @property
    def silent_share(self) -> float | None:
        """Silent installs as a share of those that sent within 28 days."""
        known = self.sending + self.silent
        return self.silent / known if known else None

    def doubts(self) -> tuple[str, ...]:
        """Return what is above its bound: late, refused, ahead, silent."""
        shares = {name: self.week.share(name) for name in ("late", "refused", "ahead")}
        found = {**shares, "silent": self.silent_share}
        return tuple(name for name, share in found.items() if share is not None and share > BOUNDS[name])


@dataclass(frozen=True)
class InstallDelivery:
    """How the telemetry of one install arrived in 7 days; `today` are accepted events of this UTC day."""

    install_id: str
    last_day: date | None
    today: int
    accepted: int
    duplicates: int
    refused: int
    late: int
    ahead: int
    too_much: int
    main_reason: str | None


@dataclass(frozen=True)
class DeliveryPage:
    """Some installs, the most troubled first, and the cursor of those after them, or None at the end."""

    items: tuple[InstallDelivery, ...]
    next_cursor: str | None


def delivery(telemetry: ReadSession, actor: Actor, *, now: datetime) -> Delivery:
    """Return how telemetry arrives; needs `usage:read`, of the vendor."""
    _may(actor)
    today = now.astimezone(UTC).date()
    q, r = ingest_quota.c, ingest_refusal.c
    since = today - timedelta(days=SHOWN_DAYS - 1)
    sums = [cast(func.sum(q[name]), BigInteger).label(name) for name in ("accepted", "duplicates", "late", "ahead")]
    kept = telemetry.execute(select(q.day, *sums).where(q.day.between(since, today)).group_by(q.day)).all()
    refused = select(r.day, r.code, cast(func.sum(r.events), BigInteger).label("events"))
    codes = telemetry.execute(refused.where(r.day.between(since, today)).group_by(r.day, r.code)).all()
    by_day = _by_day(since, {row.day: row for row in kept}, [(row.day, row.events) for row in codes])
    week = today - timedelta(days=DAYS - 1)
    reasons: dict[str, int] = {}
    for row in codes:
        if row.day >= week:
            reasons[row.code] = reasons.get(row.code, 0) + row.events
    sending, silent = _installs(telemetry, today - timedelta(days=KNOWN_DAYS - 1), week, today)
    too_much = select(func.count(r.install_id.distinct())).where(r.day.between(week, today), r.code.in_(TOO_MUCH))
    return Delivery(
        today=_sum(by_day[by_day["day"] == today]),
        week=_sum(by_day[by_day["day"] >= week]),
        before=_sum(by_day[(by_day["day"] < week) & (by_day["day"] >= week - timedelta(days=DAYS))]),
        by_day=by_day,
        reasons=tuple(sorted(reasons.items(), key=lambda each: (-each[1], each[0]))),
        sending=sending,
        silent=silent,
        too_much=telemetry.execute(too_much).scalar_one(),
    )


def deliveries(
    telemetry: ReadSession,
    actor: Actor,
    *,
    now: datetime,
    trouble: Trouble | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> DeliveryPage:
    """Return installs that have this trouble, the worst first, or without one all that sent; needs `usage:read`."""
    _may(actor)
    today = now.astimezone(UTC).date()
    table = _per_install(today, silent=trouble == "silent")
    c = table.c
    order: ColumnElement[Any] = _measure(table, trouble)
    statement = select(table, order.label("measure"))
    if trouble is not None and trouble != "silent":
        statement = statement.where(order > 0)
    if cursor is not None:
        measure, install_id = _place(cursor)
        statement = statement.where(tuple_(-order, c.install_id) > tuple_(-measure, install_id))
    limit = max(1, min(limit, MOST))
    rows = telemetry.execute(statement.order_by(order.desc(), c.install_id).limit(limit + 1)).all()
    names = InstallDelivery.__dataclass_fields__
    items = tuple(InstallDelivery(**{name: row._mapping[name] for name in names}) for row in rows[:limit])
    return DeliveryPage(items, _cursor(rows[limit - 1]) if len(rows) > limit else None)


def _may(actor: Actor) -> None:
    actor.require_vendor()
    actor.require(Permission.USAGE_READ)


def _by_day(since: date, kept: dict[date, Any], refused: list[tuple[date, int]]) -> pd.DataFrame:
    turned: dict[date, int] = {}
    for day, events in refused:
        turned[day] = turned.get(day, 0) + events
    rows = []
    for number in range(SHOWN_DAYS):
        day = since + timedelta(days=number)
        row = kept.get(day)
        counts = (row.accepted, row.duplicates, turned.get(day, 0), row.late, row.ahead) if row else None
        rows.append((day, *(counts or (0, 0, turned.get(day, 0), 0, 0))))
    return pd.DataFrame(rows, columns=["day", "accepted", "duplicates", "refused", "late", "ahead"])


def _sum(frame: pd.DataFrame) -> Counts:
    return Counts(*(int(frame[name].sum()) for name in Counts.__dataclass_fields__))


def _installs(telemetry: ReadSession, since: date, week: date, today: date) -> tuple[int, int]:
    q = ingest_quota.c
    sent = q.accepted + q.duplicates > 0
    last = select(func.max(q.day).label("day")).where(q.day.between(since, today), sent).group_by(q.install_id)
    by = last.subquery().c.day
    counts = select(func.count().filter(by >= week).label("sending"), func.count().filter(by < week).label("silent"))
    row = telemetry.execute(counts).one()
    return row.sending, row.silent


def _per_install(today: date, *, silent: bool) -> Subquery:
    """Return counts of 7 days by install; of silent ones those of the 21 days before, when they still sent."""
    q = ingest_quota.c
    first, last = today - timedelta(days=DAYS - 1), today
    if silent:
        first, last = today - timedelta(days=KNOWN_DAYS - 1), first - timedelta(days=1)
    sums = [cast(func.sum(q[name]), BigInteger).label(name) for name in ("accepted", "duplicates", "late", "ahead")]
    kept: Select[Any] = select(
        q.install_id,
        func.max(q.day).filter(q.accepted + q.duplicates > 0).label("last_day"),
        cast(func.coalesce(func.sum(q.accepted).filter(q.day == today), 0), BigInteger).label("today"),
        *sums,
    ).where(q.day.between(first, last))
    if silent:
        later = select(q.install_id).where(
            q.day.between(last + timedelta(days=1), today), q.accepted + q.duplicates > 0
        )
        kept = kept.where(q.install_id.not_in(later))
    sent, turned = kept.group_by(q.install_id).subquery(), _refused(first, last)
    joined = sent.join(turned, turned.c.install_id == sent.c.install_id, full=not silent, isouter=True)
    zero = {name: func.coalesce(sent.c[name], 0).label(name) for name in ("today", "accepted", "duplicates")}
    return (
        select(
            func.coalesce(sent.c.install_id, turned.c.install_id).label("install_id"),
            sent.c.last_day,
            *zero.values(),
            func.coalesce(sent.c.late, 0).label("late"),
            func.coalesce(sent.c.ahead, 0).label("ahead"),
            func.coalesce(turned.c.refused, 0).label("refused"),
            func.coalesce(turned.c.too_much, 0).label("too_much"),
            turned.c.main_reason,
        )
        .select_from(joined)
        .subquery()
    )


def _refused(first: date, last: date) -> Subquery:
    r = ingest_refusal.c
    by_code = (
        select(r.install_id, r.code, cast(func.sum(r.events), BigInteger).label("events"))
        .where(r.day.between(first, last))
        .group_by(r.install_id, r.code)
        .subquery()
    )
    c = by_code.c
    return (
        select(
            c.install_id,
            cast(func.sum(c.events), BigInteger).label("refused"),
            cast(func.coalesce(func.sum(c.events).filter(c.code.in_(TOO_MUCH)), 0), BigInteger).label("too_much"),
            func.array_agg(aggregate_order_by(c.code, c.events.desc(), c.code))[1].label("main_reason"),
        )
        .group_by(c.install_id)
        .subquery()
    )


def _measure(table: Subquery, trouble: Trouble | None) -> ColumnElement[Any]:
    c = table.c
    if trouble is None:
        return c.refused + c.late + c.ahead
    return c.accepted if trouble == "silent" else c[trouble]


def _cursor(last: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps([last.measure, last.install_id]).encode()).decode()


def _place(cursor: str) -> tuple[int, str]:
    try:
        measure, install_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return int(measure), str(install_id)
    except (ValueError, TypeError, AttributeError, binascii.Error) as wrong:
        raise InvalidInput("This cursor is not one of ours. Start again without it.", field="cursor") from wrong
