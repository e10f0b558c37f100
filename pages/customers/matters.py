"""What is the matter with a license, in words."""

from datetime import datetime, timedelta
from typing import Final

from core.licensing.attention import ENDING_WITHIN, NEEDS, Need
from core.licensing.reads import License
from core.licensing.status import INACTIVE_AFTER
from pages.parts import format as say

LABELS: Final[dict[Need, str]] = {
    "overdue": "Overdue",
    "ending": "Ending soon",
    "expired": "Just expired",
    "suspended": "Suspended",
    "silent": "Silent",
}
MEANINGS: Final[dict[Need, str]] = {
    "overdue": "In force, and the check-in that its policy asks for was missed: verification by install id says no.",
    "ending": "In force, and ends within 14 days, trial or contract.",
    "expired": "Ended within the last 30 days and was not renewed.",
    "suspended": "Stopped by us for now; verification says no until it is resumed.",
    "silent": "In force, and not heard of for 90 days, or never since it was issued 90 days ago.",
}
HINTS: Final[dict[Need, str]] = {
    "overdue": "missed a check-in",
    "ending": "within 14 days",
    "expired": "within 30 days",
    "suspended": "until resumed",
    "silent": "for 90 days",
}
BY_LABEL: Final[dict[str, Need]] = {LABELS[need]: need for need in NEEDS}


def sentence(each: License, now: datetime) -> str:
    """The most pressing of what may be the matter; empty for a license that is well."""
    if each.revoked_at is not None:
        return f"Revoked {say.relative(each.revoked_at, now)}"
    if each.suspended_at is not None:
        return f"Suspended {say.relative(each.suspended_at, now)}"
    if each.expires_at is not None and each.expires_at <= now:
        return f"Expired {say.relative(each.expires_at, now)}"
    due = _due(each)
    if due is not None and due < now:
        return f"Check-in was due {say.relative(due, now)}"
    if each.expires_at is not None and each.expires_at <= now + ENDING_WITHIN:
        return f"{'Trial' if each.term == 'trial' else 'License'} ends {say.relative(each.expires_at, now)}"
    if (each.last_check_in_at or each.issued_at) < now - INACTIVE_AFTER:
        return "Never checked in" if each.last_check_in_at is None else f"Silent for {_since(each, now)}"
    return ""


def _due(each: License) -> datetime | None:
    if each.check_in_days is None:
        return None
    return (each.last_check_in_at or each.starts_at) + timedelta(days=each.check_in_days)


def _since(each: License, now: datetime) -> str:
    return say.count((now - (each.last_check_in_at or each.issued_at)).days, "day")
