"""A ledger for the tests of revenue and retention: who came, grew and left in whole months, whatever day it is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from core.billing.reads import Subscription, price_in_force
from core.billing.writes import change_subscription, end_subscription
from core.databases import Databases
from core.finance.writes import record_movement
from core.organizations.writes import create_organization
from core.periods import add_months, month_start
from db.session import SYSTEM, WriteSession
from tests.books import subscribe
from tests.cast import Cast


@dataclass(frozen=True)
class Ledger:
    """Four customers: three since 14 months ago, of whom one grew and one left last month, when a fourth came."""

    staying: UUID
    grown: UUID
    left: UUID
    new: UUID
    begun: datetime
    last_month: datetime


def make_ledger(databases: Databases, cast: Cast, now: datetime) -> Ledger:
    """Write it, committed; nothing happens in the month that runs."""
    begun = add_months(month_start(now), -14) + timedelta(days=9)
    last_month = add_months(month_start(now), -1)
    with databases.control.write(SYSTEM) as session:
        staying, _ = _join(session, cast, "Initech *Labs*", "pro", begun, "US", "Software")
        grown, held = _join(session, cast, "Hooli", "basic", begun, "DE", "Retail")
        price = price_in_force(session, "pro", "monthly", "USD", begun)
        moved = last_month + timedelta(days=4)
        changed = change_subscription(session, cast.system, held, "pro", "monthly", price.amount, now=moved)
        record_movement(session, cast.system, held, changed, now=moved)
        left, gone = _join(session, cast, "Vandelay", "basic", begun, "US", None)
        ends = last_month + timedelta(days=5)
        end_subscription(session, cast.system, gone, now=ends)
        record_movement(session, cast.system, gone, None, now=ends, reason="They went bankrupt.")
        new, _ = _join(session, cast, "Umbrella", "basic", last_month + timedelta(days=6), "DE", "Retail")
    return Ledger(staying, grown, left, new, begun, last_month)


def _join(
    session: WriteSession, cast: Cast, name: str, tier: str, at: datetime, country: str, segment: str | None
) -> tuple[UUID, Subscription]:
    who = create_organization(session, cast.system, name, now=at, country=country, segment=segment)
    held = subscribe(session, cast.system, who, tier, at)
    record_movement(session, cast.system, None, held, now=at)
    return who, held
