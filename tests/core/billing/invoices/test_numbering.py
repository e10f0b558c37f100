"""Numbers: without a gap whoever finalizes at once and whatever is rolled back, a year and a seller by itself."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import BoundedSemaphore
from uuid import UUID

import pytest
from sqlalchemy import select

from core.billing.invoices.finalizing import finalize
from core.billing.invoices.numbering import customer_number, entity_number, number_of, take_numbers
from core.databases import Databases
from core.errors import Conflict
from db.models.invoices import invoice
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.core.billing.invoices.shop import Shop, billed, draft_by_hand, seller

THREADS = 50
# As many as the pool has connections for: waiting for one has an end, waiting for the counter has none.
AT_ONCE = 16


class _RolledBackError(Exception):
    pass


def test_the_formats() -> None:
    assert number_of("CALOS", "invoice", 2026, 17) == "CALOS-2026-00017"
    assert number_of("CALOS", "credit_note", 2026, 3) == "CALOS-CN-2026-00003"
    assert number_of("CALOS", "invoice", 2026, 123_456) == "CALOS-2026-123456"


def test_d23_per_customer_then_per_entity() -> None:
    first = [customer_number("BENT-1", customer, 1) for customer in (1, 2, 3)]
    second = [customer_number("BENT-1", customer, 2) for customer in (1, 2, 3)]
    third = [customer_number("BENT-1", customer, 3) for customer in (1, 2, 3)]
    assert first == ["BENT-1-001-001", "BENT-1-002-001", "BENT-1-003-001"]
    assert second == ["BENT-1-001-002", "BENT-1-002-002", "BENT-1-003-002"]
    before = len(first + second + third)
    changed = [entity_number("BENT-11", date(2023, 10, 4), before + place) for place in (1, 2, 3)]
    assert changed == ["BENT-11-202310-010", "BENT-11-202310-011", "BENT-11-202310-012"]


def test_each_year_and_seller_begins_anew(session: WriteSession, cast: Cast, now: datetime) -> None:
    one, other = seller(session, cast.fiona, now), seller(session, cast.fiona, now)
    days = (date(2026, 12, 31), date(2027, 1, 1))
    assert [take_numbers(session, one.id, "A", "invoice", day, 2) for day in days] == [
        ["A-2026-00001", "A-2026-00002"],
        ["A-2027-00001", "A-2027-00002"],
    ]
    assert take_numbers(session, one.id, "A", "invoice", days[0], 1) == ["A-2026-00003"]
    assert take_numbers(session, one.id, "A", "credit_note", days[0], 1) == ["A-CN-2026-00001"]
    assert take_numbers(session, other.id, "B", "invoice", days[0], 1) == ["B-2026-00001"]


def test_fifty_at_once_leave_no_gap_though_some_roll_back(databases: Databases, cast: Cast, now: datetime) -> None:
    with databases.control.write(SYSTEM) as session:
        sells = seller(session, cast.fiona, now)
        drafts = [draft_by_hand(session, sells, billed(session, cast.system, sells, now), now) for _ in range(THREADS)]

    room = BoundedSemaphore(AT_ONCE)

    def act(place: int) -> str | None:
        with room:
            return _finalized(databases, cast, drafts[place], now, roll_back=place % 5 == 0)

    with ThreadPoolExecutor(THREADS) as pool:
        given = list(pool.map(act, range(THREADS)))
    numbers = [number for number in given if number]
    assert sorted(numbers) == [f"{sells.prefix}-2026-{place:05d}" for place in range(1, THREADS - THREADS // 5 + 1)]


def _finalized(databases: Databases, cast: Cast, draft: UUID, now: datetime, *, roll_back: bool) -> str | None:
    try:
        with databases.control.write(SYSTEM) as session:
            finalize(session, cast.fiona, [draft], now=now)
            number = str(session.execute(select(invoice.c.number).where(invoice.c.id == draft)).scalar_one())
            _end(roll_back=roll_back)
    except _RolledBackError:
        return None
    return number


def _end(*, roll_back: bool) -> None:
    if roll_back:
        raise _RolledBackError


def test_one_that_is_finalized_twice_takes_no_second_number(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    whom = shop.customer()
    first = shop.open(whom)
    with pytest.raises(Conflict, match="This invoice is open"):
        finalize(session, cast.fiona, [first.id], now=now)
    assert (first.number, shop.open(whom).number) == (
        f"{shop.seller.prefix}-2026-00001",
        f"{shop.seller.prefix}-2026-00002",
    )


def test_the_year_is_that_of_the_day_of_issue(session: WriteSession, cast: Cast, now: datetime) -> None:
    shop = Shop(session, cast, now)
    draft = shop.by_hand(shop.customer())
    finalize(session, cast.fiona, [draft], now=datetime(2027, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert shop.invoice(draft).number == f"{shop.seller.prefix}-2027-00001"
