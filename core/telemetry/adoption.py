"""How releases are taken up: installs by the version that each told last in a week, counted by a job, kept by week."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import distinct_on

from core.access.actor import Actor
from core.access.permissions import Permission
from core.licensing import versions
from core.licensing.releases import Release
from db.models.releases import version_week
from db.models.telemetry import facet_rollup
from db.session import ReadSession, WriteSession

WEEKS: Final = 26
# What comes late, and by hand, still moves the weeks before this one.
RECOUNTED_WEEKS: Final = 5
LINES: Final = 3
OLDER: Final = "older"


def keep_adoption(control: WriteSession, telemetry: ReadSession, *, now: datetime) -> int:
    """Count the last five weeks anew, and whichever of the last 26 was never counted; return how many were counted."""
    first = _monday(now) - timedelta(weeks=WEEKS - 1)
    counted = set(control.execute(select(version_week.c.week).distinct().where(version_week.c.week >= first)).scalars())
    weeks = [first + timedelta(weeks=number) for number in range(WEEKS)]
    due = [week for number, week in enumerate(weeks) if number >= WEEKS - RECOUNTED_WEEKS or week not in counted]
    for week in due:
        found = _count(telemetry, week)
        control.execute(delete(version_week).where(version_week.c.week == week))
        rows = [{"week": week, "version": name, "installs": many, "counted_at": now} for name, many in found.items()]
        if rows:
            control.execute(insert(version_week), rows)
    return len(due)


def _count(telemetry: ReadSession, week: date) -> dict[str, int]:
    c = facet_rollup.c
    last = (
        select(c.install_id, c.value)
        .ext(distinct_on(c.install_id))
        .where(c.kind == "version", c.day.between(week, week + timedelta(days=6)))
        .order_by(c.install_id, c.day.desc(), c.events.desc(), c.value)
        .subquery()
    )
    grouped = select(last.c.value, func.count().label("installs")).group_by(last.c.value)
    return {row.value: row.installs for row in telemetry.execute(grouped)}


def adoption(session: ReadSession, actor: Actor, *, now: datetime) -> pd.DataFrame:
    """Return week (its Monday), version, installs of the last 26 weeks; needs `customer:read`.

    Only installs that send telemetry count, each once a week.
    """
    actor.require_vendor()
    actor.require(Permission.CUSTOMER_READ)
    c = version_week.c
    first = _monday(now) - timedelta(weeks=WEEKS - 1)
    rows = session.execute(
        select(c.week, c.version, c.installs).where(c.week.between(first, _monday(now))).order_by(c.week, c.version)
    )
    return pd.DataFrame([tuple(row) for row in rows], columns=["week", "version", "installs"])


def by_release(counted: pd.DataFrame, known: Sequence[Release], *, now: datetime) -> pd.DataFrame:
    """Return week, release, installs, share: the last three lines (4.3, 4.2, 4.1) with their patches, and `older`.

    Every week has a row for each; versions that no one can read, or newer than any release, are left out.
    """
    out = [versions.parse(each.version) for each in known if each.released_at <= now]
    lines = sorted({_line(each) for each in out if each is not None}, reverse=True)[:LINES]
    names = [*(f"{major}.{minor}" for major, minor in lines), OLDER]
    installs: dict[date, dict[str, int]] = {}
    for week, version, many in counted.itertuples(index=False):
        name = _name(version, lines)
        if name is not None:
            of_week = installs.setdefault(week, dict.fromkeys(names, 0))
            of_week[name] += many
    rows = [
        (week, name, many, many / sum(of_week.values()))
        for week, of_week in installs.items()
        for name, many in of_week.items()
    ]
    return pd.DataFrame(rows, columns=["week", "release", "installs", "share"])


def _name(version: str, lines: Sequence[tuple[int, int]]) -> str | None:
    parsed = versions.parse(version)
    if parsed is None or not lines or _line(parsed) > lines[0]:
        return None
    major, minor = _line(parsed)
    return f"{major}.{minor}" if (major, minor) in lines else OLDER


def _line(parsed: versions.Version) -> tuple[int, int]:
    numbers = (*parsed[0], 0)
    return numbers[0], numbers[1]


def _monday(now: datetime) -> date:
    today = now.astimezone(UTC).date()
    return today - timedelta(days=today.weekday())
