"""The status of a license as people read it: computed from its dates, in Python and in SQL, never stored."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, case, func, or_

from core.licensing.verification import EXPIRING_WITHIN
from db.models.licensing import license as licenses

INACTIVE_AFTER: Final = timedelta(days=90)


class Status(StrEnum):
    """The six, each winning over those below it."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    EXPIRING = "expiring"
    INACTIVE = "inactive"
    ACTIVE = "active"


def status(
    *,
    revoked_at: datetime | None,
    suspended_at: datetime | None,
    expires_at: datetime | None,
    issued_at: datetime,
    last_check_in_at: datetime | None,
    now: datetime,
) -> Status:
    """Return the status at `now`; `inactive` is 90 days without a check-in, counted from the issue until the first."""
    if revoked_at is not None:
        return Status.REVOKED
    if suspended_at is not None:
        return Status.SUSPENDED
    if expires_at is not None and expires_at <= now:
        return Status.EXPIRED
    if expires_at is not None and expires_at - now <= EXPIRING_WITHIN:
        return Status.EXPIRING
    if (last_check_in_at or issued_at) < now - INACTIVE_AFTER:
        return Status.INACTIVE
    return Status.ACTIVE


def status_expression(now: datetime, table: Table = licenses) -> ColumnElement[Any]:
    """Return the same rule as SQL over the license table, or one that copies its dates; a test holds both together."""
    c = table.c
    return case(
        (c.revoked_at.is_not(None), Status.REVOKED.value),
        (c.suspended_at.is_not(None), Status.SUSPENDED.value),
        (and_(c.expires_at.is_not(None), c.expires_at <= now), Status.EXPIRED.value),
        (and_(c.expires_at.is_not(None), c.expires_at <= now + EXPIRING_WITHIN), Status.EXPIRING.value),
        (func.coalesce(c.last_check_in_at, c.issued_at) < now - INACTIVE_AFTER, Status.INACTIVE.value),
        else_=Status.ACTIVE.value,
    )


def status_condition(wanted: Status, now: datetime) -> ColumnElement[bool]:
    """Return the rule for one status as conditions that indexes of the license table answer, which a CASE never is."""
    c = licenses.c
    if wanted is Status.REVOKED:
        return c.revoked_at.is_not(None)
    standing = and_(c.revoked_at.is_(None), c.suspended_at.is_(None))
    ends = c.expires_at.is_not(None)
    seen = func.coalesce(c.last_check_in_at, c.issued_at)
    runs_on = or_(c.expires_at.is_(None), c.expires_at > now + EXPIRING_WITHIN)
    conditions = {
        Status.SUSPENDED: and_(c.revoked_at.is_(None), c.suspended_at.is_not(None)),
        Status.EXPIRED: and_(standing, ends, c.expires_at <= now),
        Status.EXPIRING: and_(standing, ends, c.expires_at > now, c.expires_at <= now + EXPIRING_WITHIN),
        Status.INACTIVE: and_(standing, runs_on, seen < now - INACTIVE_AFTER),
        Status.ACTIVE: and_(standing, runs_on, seen >= now - INACTIVE_AFTER),
    }
    return conditions[wanted]
