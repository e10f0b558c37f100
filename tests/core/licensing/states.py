"""A license without blemish, as tests change it one field at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.licensing.verdicts import LicenseState, Question

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)

BLAMELESS = LicenseState(
    license_id="0193a000-0000-7000-8000-000000000001",
    organization_id="0193a000-0000-7000-8000-000000000002",
    install_id="inst-1",
    tier="pro",
    term="paid",
    billing_period="monthly",
    issued_at=NOW - 200 * DAY,
    starts_at=NOW - 200 * DAY,
    expires_at=None,
    suspended_at=None,
    revoked_at=None,
    max_installs=3,
    max_seats=None,
    domains=(),
    fingerprint_required=False,
    check_in_days=None,
    expiry_strategy="restrict",
    overage="deny",
    entitlements=("pos", "email"),
    versions=None,
    first_verified_at=NOW - 100 * DAY,
    last_check_in_at=NOW - DAY,
    state_version=1,
    installs=1,
    activated=False,
)


def state(**changed: Any) -> LicenseState:
    """Return the blameless state with some fields changed."""
    return replace(BLAMELESS, **changed)


def question(**given: Any) -> Question:
    """Return a question about the blameless license."""
    return Question(install_id="inst-1", **given)
