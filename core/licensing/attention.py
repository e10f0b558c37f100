"""Which licenses need somebody's hand, as conditions over their dates."""

from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import ColumnElement, and_, func, or_

from core.licensing.status import INACTIVE_AFTER
from db.models.licensing import license as licenses

Need = Literal["overdue", "ending", "expired", "suspended", "silent"]
NEEDS: Final[tuple[Need, ...]] = ("overdue", "ending", "expired", "suspended", "silent")
ENDING_WITHIN: Final = timedelta(days=14)
# Longer ago it is a customer who left, not a license to look after.
EXPIRED_WITHIN: Final = timedelta(days=30)


def needs(now: datetime) -> dict[Need, ColumnElement[bool]]:
    """Return the condition of each need; none holds for a revoked license, and several may hold for one.

    `overdue` has missed the check-in that its policy asks for; `silent` has not checked in for 90 days.
    """
    c = licenses.c
    unrevoked, running = c.revoked_at.is_(None), c.suspended_at.is_(None)
    unexpired = or_(c.expires_at.is_(None), c.expires_at > now)
    in_force = and_(unrevoked, running, unexpired)
    due = func.coalesce(c.last_check_in_at, c.starts_at) + func.make_interval(0, 0, 0, c.check_in_days)
    return {
        "overdue": and_(in_force, c.check_in_days.is_not(None), due < now),
        "ending": and_(in_force, c.expires_at <= now + ENDING_WITHIN),
        "expired": and_(unrevoked, running, c.expires_at.between(now - EXPIRED_WITHIN, now)),
        "suspended": and_(unrevoked, ~running),
        "silent": and_(in_force, func.coalesce(c.last_check_in_at, c.issued_at) < now - INACTIVE_AFTER),
    }


def any_need(now: datetime) -> ColumnElement[bool]:
    """Return the condition under which a license has at least one of them."""
    return or_(*needs(now).values())
