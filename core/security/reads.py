"""The score as page, API and catalogue read it: now, in the past, what would raise it, and what was unusual."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.config import Settings
from core.config import settings as current_settings
from core.errors import InvalidInput
from core.periods import Period
from core.security.history import Day, Weighed, with_causes
from core.security.observed import Review, Unusual, Verified
from core.security.observing import find_review, find_unusual, last_verified, observe
from core.security.scoring import Assessment, OpenPoint, assess, to_gain
from db.models.security import security_score_day as days
from db.session import ReadSession

LONGEST_DAYS = 730


def score(session: ReadSession, actor: Actor, *, now: datetime, settings: Settings | None = None) -> Assessment:
    """Look at the installation and return its score at `now` with checks, evidence, remedies and open gates."""
    _require(actor, Permission.SECURITY_READ)
    return assess(observe(session, settings or current_settings(), now=now))


def open_points(
    session: ReadSession, actor: Actor, *, now: datetime, limit: int = 5, settings: Settings | None = None
) -> tuple[OpenPoint, ...]:
    """Return what would raise the score, best first: what ends a gate, then by points."""
    return tuple(to_gain(score(session, actor, now=now, settings=settings))[:limit])


def score_history(session: ReadSession, actor: Actor, *, now: datetime, since_days: int = 90) -> list[Day]:
    """Return the score of each day on record in the last `since_days`, oldest first, with the causes of each change."""
    _require(actor, Permission.SECURITY_READ)
    if not 1 <= since_days <= LONGEST_DAYS:
        raise InvalidInput(f"Ask for 1 to {LONGEST_DAYS} days.", field="days")
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=since_days - 1)
    # One more before it, or the first day shown would have no causes.
    before = select(days.c.day).where(days.c.day < first).order_by(days.c.day.desc()).limit(1).scalar_subquery()
    statement = (
        select(days).where(days.c.day <= today, (days.c.day >= first) | (days.c.day == before)).order_by(days.c.day)
    )
    told = with_causes([_day(dict(row)) for row in session.execute(statement).mappings()])
    return [one for one in told if one.day >= first]


def security_facts(
    session: ReadSession,
    actor: Actor,
    periods: Sequence[Period],
    *,
    by: Sequence[str] = (),
    where: Mapping[str, Collection[str]] | None = None,
    as_of: datetime,
) -> pd.DataFrame:
    """Return one row a period with `score` (0 to 100, whole points rounded down), as its last day on record ended.

    A day not on record has the score of the last one before it. Periods before the first record, or after `as_of`,
    are absent. The score can't be split: dimensions raise InvalidInput.
    """
    _require(actor, Permission.SECURITY_READ)
    if by or where:
        raise InvalidInput("The security score is one number of the whole installation; it can't be split or filtered.")
    told: list[tuple[date, float]] = [
        (row.day, row.score) for row in session.execute(select(days.c.day, days.c.score).order_by(days.c.day))
    ]
    rows = []
    for period in periods:
        # The last day that a period touches: its end belongs to the next one.
        last = min(period.end - timedelta(microseconds=1), as_of).astimezone(UTC).date()
        known = [found for day, found in told if day <= last]
        if known and period.start <= as_of:
            rows.append((period.start.astimezone(UTC).replace(tzinfo=None), int(known[-1])))
    frame = pd.DataFrame(rows, columns=["period", "score"])
    return frame.astype({"period": "datetime64[us]", "score": "int64"})


def last_verification(session: ReadSession, actor: Actor, *, now: datetime) -> Verified | None:
    """Return when every chain was last verified, by whom, and what was found."""
    _require(actor, Permission.AUDIT_READ)
    return last_verified(session, now=now)


def unusual_lately(session: ReadSession, actor: Actor, *, now: datetime) -> tuple[Unusual, ...]:
    """Return what was unusual in the audit trails of the last 30 days, newest first."""
    _require(actor, Permission.AUDIT_READ)
    return find_unusual(session, now=now)


def last_review(session: ReadSession, actor: Actor, *, now: datetime) -> Review | None:
    """Return when somebody last signed a review of security, and who."""
    _require(actor, Permission.AUDIT_READ)
    return find_review(session, now=now)


def _require(actor: Actor, permission: Permission) -> None:
    actor.require(permission)
    actor.require_vendor()


def _day(row: Mapping[str, Any]) -> Day:
    checks = {check: Weighed(weight, share) for check, (weight, share) in row["checks"].items()}
    return Day(row["day"], row["score"], row["uncapped"], tuple(row["gates"]), checks)
