"""Customers for the tests of their screens: one that pays, a trial near its end, one suspended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.accounts.cards import refresh_card
from core.accounts.requests import Created, LicenseRequest
from core.accounts.writes import create_license
from core.databases import Databases
from core.licensing.writes import suspend
from db.session import SYSTEM
from tests.cast import Cast


@dataclass(frozen=True)
class Made:
    """The three."""

    paying: Created
    trial: Created
    suspended: Created


def make_customers(databases: Databases, cast: Cast, now: datetime) -> Made:
    """Issue the three licenses, committed, with their cards."""
    day = timedelta(days=1)
    paying = _issue(databases, cast, "Initech", LicenseRequest("peter@initech.test", "pro"), now - 20 * day, now)
    asked = LicenseRequest("nadia@nova-bank.test", "enterprise", trial_days=14)
    trial = _issue(databases, cast, "Nova Bank", asked, now - 8 * day, now)
    stopped = _issue(databases, cast, "Oscorp *Labs*", LicenseRequest("norman@oscorp.test", "basic"), now - day, now)
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        suspend(session, cast.adam, stopped.install_id, reason="three invoices unpaid", now=now)
        refresh_card(session, telemetry, stopped.organization_id, now=now)
    return Made(paying, trial, stopped)


def _issue(databases: Databases, cast: Cast, name: str, asked: LicenseRequest, at: datetime, now: datetime) -> Created:
    request = LicenseRequest(asked.user_id, asked.tier, trial_days=asked.trial_days, name=name)
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        made = create_license(session, cast.fiona, request, now=at)
        refresh_card(session, telemetry, made.organization_id, now=now)
    return made
