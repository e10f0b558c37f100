"""Acme GmbH for the pages of culture and upsells: on Free, busy, with three people refused what Pro includes."""

from datetime import datetime, timedelta

from core.accounts.cards import refresh_card
from core.accounts.requests import Created, LicenseRequest
from core.accounts.writes import create_license
from core.culture.writes import recompute
from core.databases import Databases
from core.telemetry.writes import ingest
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.culture.conftest import office_events


def license_for(databases: Databases, cast: Cast, name: str, tier: str, now: datetime) -> Created:
    """Issue a license to a new customer 60 days ago, and refresh its card."""
    request = LicenseRequest(f"it@{name.partition(' ')[0].lower()}.test", tier, name=name)
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        made = create_license(session, cast.fiona, request, now=now - timedelta(days=60))
        refresh_card(session, telemetry, made.organization_id, now=now)
    return made


def make_acme(
    databases: Databases,
    cast: Cast,
    now: datetime,
    name: str = "Acme GmbH",
    features: tuple[str, ...] = ("pos", "email"),
) -> Created:
    """Make the customer with its telemetry, profile, opportunities and card; without `email` one is for training."""
    made = license_for(databases, cast, name, "free", now)
    refused = [
        {**event, "id": f"refused-{number}", "feature": "crypto", "status": 402, "user": f"user-{number}"}
        for number, event in enumerate(office_events(now, people=1, days=4)[:3])
    ]
    with databases.telemetry.write(SYSTEM) as telemetry:
        receipt = ingest(telemetry, made.install_id, office_events(now, people=3, features=features) + refused, now=now)
    assert receipt.refused == ()
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        recompute(session, telemetry, made.install_id, now=now)
        refresh_card(session, telemetry, made.organization_id, now=now)
    return made
