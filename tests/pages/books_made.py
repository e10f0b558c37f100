"""Books for the tests of Finance's screens: two customers, half a year of cash and costs, the last month dearer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.accounts.cards import refresh_card
from core.accounts.requests import Created, LicenseRequest
from core.accounts.writes import create_license
from core.databases import Databases
from core.finance.booking import book_cash, book_costs
from core.finance.entries import NewCash, NewCost
from core.money import Money
from core.periods import months_until
from db.session import SYSTEM
from tests.cast import Cast


@dataclass(frozen=True)
class Made:
    """Initech pays for Pro since before the last whole month; Nova Bank uses the free tier."""

    paying: Created
    free: Created


def make_books(databases: Databases, cast: Cast, now: datetime) -> Made:
    """Book them, committed: $100,000 brought forward, $10,000 a month burned, computing twice as dear last month."""
    made = Made(
        *(_issue(databases, cast, name, tier, now) for name, tier in (("Initech", "pro"), ("Nova Bank", "free")))
    )
    *whole, _running = months_until(now, 7)
    cash = [NewCash(whole[0].start.date(), "opening", Money(10_000_000, "USD"), external_id="opening")]
    costs = []
    for month in whole:
        day = month.start.date().replace(day=9)
        cash.append(NewCash(day, "payroll", Money(-900_000, "USD"), note="Salaries"))
        cash.append(NewCash(day, "marketing", Money(-100_000, "USD")))
        last = (month.end - timedelta(days=1)).date()
        dollars = 40 if month is whole[-1] else 20
        costs.append(NewCost(last, "compute", Money(100 * dollars, "USD"), made.paying.organization_id, "analytics"))
        costs.append(NewCost(last, "support", Money(1_000, "USD"), made.free.organization_id))
    with databases.control.write(SYSTEM) as session:
        book_cash(session, cast.adam, cash, now=now)
        book_costs(session, cast.adam, costs, now=now)
    return made


def _issue(databases: Databases, cast: Cast, name: str, tier: str, now: datetime) -> Created:
    request = LicenseRequest(f"it@{name.lower().replace(' ', '-')}.test", tier, name=name)
    with databases.control.write(SYSTEM) as session, databases.telemetry.read(SYSTEM) as telemetry:
        made = create_license(session, cast.fiona, request, now=now - timedelta(days=70))
        refresh_card(session, telemetry, made.organization_id, now=now)
    return made
