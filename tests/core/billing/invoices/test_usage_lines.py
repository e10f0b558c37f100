"""Usage and overage of the month before: by the day, by the month, as a level; against limits in force."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert, select

from core.billing.charges import Charge
from core.billing.charges_priced import UsagePrice
from core.billing.charges_stored import as_json
from core.billing.invoices.drafting import draft_month
from core.billing.invoices.usage_lines import billable_units, usage_due
from core.billing.package import Standard
from core.ids import new_id
from core.usage.records import UsageRecord, record_usage
from db.models.licensing import license as licenses
from db.models.prices import usage_price
from db.session import WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import Shop, on

NOVEMBER = date(2026, 11, 1)
STANDARD = Charge(Standard(Decimal("0.05")))


def price(meter: str, *, beyond: bool = True) -> UsagePrice:
    return UsagePrice(new_id(), "pro", meter, "USD", meter, beyond, STANDARD, datetime(2026, 1, 1, tzinfo=UTC), "Fiona")


@pytest.mark.parametrize(
    ("meter", "beyond", "days", "limit", "units"),
    [
        ("api_calls_day", True, (90, 130, 105), 100, 35),
        ("api_calls_day", False, (90, 130, 105), 100, 325),
        ("api_calls_day", True, (90, 130), None, 0),
        ("bandwidth_bytes_month", True, (60, 70), 100, 30),
        ("storage_bytes", True, (60, 170, 150), 100, 70),
        ("members", True, (), 100, 0),
    ],
)
def test_what_is_charged(meter: str, beyond: bool, days: tuple[int, ...], limit: int | None, units: int) -> None:
    used = {date(2026, 10, 1 + place): amount for place, amount in enumerate(days)}
    assert billable_units(price(meter, beyond=beyond), used, limit) == units


def test_overage_comes_with_the_next_months_invoice_once(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    whom = shop.customer()
    sold = shop.sell(whom, 4_900, on(date(2026, 8, 1)))
    _priced(session, "api_calls_day", now)
    install = session.execute(select(licenses.c.install_id).where(licenses.c.id == sold.license_id)).scalar_one()
    found = usage_due(session, session, [whom], NOVEMBER)
    assert found == {whom: []}
    limit = 500_000
    for day in (5, 6):
        used = UsageRecord(str(new_id()), "api_calls_day", limit * 40, on(date(2026, 10, day)))
        record_usage(session, install, [used], now=now)
    [line] = usage_due(session, session, [whom], NOVEMBER)[whom]
    assert (line.kind, line.first, line.last, line.meter) == (
        "overage", date(2026, 10, 1), date(2026, 10, 31), "api_calls_day",
    )  # fmt: skip
    assert line.amount == line.quantity * 5
    usage = usage_due(session, session, [whom], NOVEMBER)
    for _ in range(2):
        [draft] = draft_month(session, cast.sam, whom, NOVEMBER, usage=usage, now=now).invoice_ids
    assert [one.kind for one in shop.lines(draft)] == ["subscription", "overage"]
    assert usage_due(session, session, [whom], date(2026, 12, 1)) == {whom: []}


def _priced(session: WriteSession, meter: str, now: datetime) -> None:
    row = {"id": new_id(), "tier_id": "pro", "meter": meter, "currency": "USD", "label": "Calls beyond the limit"}
    row |= {"beyond_limit": True, "definition": as_json(STANDARD), "by": "Fiona", "created_at": now}
    session.execute(insert(usage_price).values(row | {"valid_from": now - timedelta(days=300)}))
