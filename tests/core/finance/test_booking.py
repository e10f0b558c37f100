"""Costs and cash as they are booked: once, whatever is sent again; never edited; by who may; hidden from customers."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import ProgrammingError

from core.errors import Conflict, InvalidInput, NotFound, NotPermitted
from core.finance.booked import booked_cash, booked_costs
from core.finance.booking import book_cash, book_costs, reverse_cash, reverse_cost
from core.finance.cash import cash_facts
from core.finance.costs import cost_facts
from core.finance.entries import NewCash, NewCost
from core.ids import new_id
from core.money import Money
from core.periods import month_of
from db.models.access import audit_entry
from db.models.costs import cash_entry, cost_entry
from db.session import WriteSession
from tests.cast import Cast

DAY = date(2026, 11, 3)
COMPUTE = NewCost(DAY, "compute", Money(12_345, "USD"), product_id="analytics", note="Invoice 7", external_id="inv-7")
SALARIES = NewCash(DAY, "payroll", Money(-500_000, "USD"), external_id="pay-11")


def audited(session: WriteSession, action: str) -> list[Any]:
    return list(session.execute(select(audit_entry).where(audit_entry.c.action == action)))


def test_a_cost_is_booked_once_whatever_is_sent_again(session: WriteSession, cast: Cast, now: datetime) -> None:
    first = book_costs(session, cast.adam, [COMPUTE], now=now, source="cloud")
    again = book_costs(session, cast.fiona, [COMPUTE, COMPUTE], now=now + timedelta(days=1), source="cloud")
    other = book_costs(session, cast.adam, [COMPUTE], now=now, source="another cloud")
    assert again == (first[0], first[0])
    assert other != first
    assert session.execute(select(func.count()).select_from(cost_entry)).scalar_one() == 2
    told = audited(session, "cost.booked")
    assert [(row.target_id, row.actor_id) for row in told] == [
        (str(first[0]), cast.adam.id),
        (str(other[0]), cast.adam.id),
    ]
    assert told[0].after["amount_minor"] == 12_345


def test_the_same_id_with_another_amount_is_refused(session: WriteSession, cast: Cast, now: datetime) -> None:
    book_costs(session, cast.adam, [COMPUTE], now=now, source="cloud")
    changed = NewCost(
        DAY, "compute", Money(12_346, "USD"), product_id="analytics", note="Invoice 7", external_id="inv-7"
    )
    with pytest.raises(Conflict, match=r"inv-7.*reverse that one"):
        book_costs(session, cast.adam, [changed], now=now, source="cloud")
    twice = [NewCash(DAY, "office", Money(-amount, "USD"), external_id="inv-8") for amount in (1, 2)]
    with pytest.raises(Conflict, match=r"inv-8.*with other values"):
        book_cash(session, cast.adam, twice, now=now)


def test_a_batch_is_one_audit_entry_with_its_totals(session: WriteSession, cast: Cast, now: datetime) -> None:
    entries = [NewCash(DAY - timedelta(days=n), "receipts", Money(n + 1, "EUR"), external_id=f"r{n}") for n in range(3)]
    assert len(set(book_cash(session, cast.adam, entries, now=now, source="bank"))) == 3
    [told] = audited(session, "cash.booked")
    assert told.after == {"entries": 3, "from": "2026-11-01", "until": "2026-11-03", "totalsMinor": {"EUR": 6}}


def test_without_an_external_id_the_same_is_two_entries(session: WriteSession, cast: Cast, now: datetime) -> None:
    twice = [NewCash(DAY, "office", Money(-900, "USD"), note="Coffee")] * 2
    assert len(set(book_cash(session, cast.adam, twice, now=now))) == 2


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (NewCost(DAY, "electricity", Money(1, "USD")), "no kind of cost. Give one of: compute"),  # type: ignore[arg-type]  # on purpose
        (NewCost(date(2026, 11, 22), "compute", Money(1, "USD")), "Book what has happened"),
        (NewCost(date(1999, 12, 31), "compute", Money(1, "USD")), "Book what has happened"),
        (NewCost(DAY, "compute", Money(0, "USD")), "other than zero"),
        (NewCost(DAY, "compute", Money(10**15 + 1, "USD")), "at most 15 digits"),
        (NewCost(DAY, "compute", Money(1, "USD"), note="x" * 501), "within 500"),
        (NewCost(DAY, "compute", Money(1, "USD"), external_id=""), "1 to 200"),
        (NewCost(DAY, "compute", Money(1, "JPY")), "no exchange rate from JPY"),
        (NewCost(DAY, "compute", Money(1, "USD"), organization_id=new_id()), "no such customer"),
        (NewCost(DAY, "compute", Money(1, "USD"), product_id="fax"), "no product “fax”. Give one of: pos"),
    ],
)
def test_what_cannot_be_booked_is_refused_in_a_sentence(
    session: WriteSession, cast: Cast, now: datetime, entry: NewCost, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        book_costs(session, cast.adam, [COMPUTE, entry], now=now)
    assert session.execute(select(func.count()).select_from(cost_entry)).scalar_one() == 0


def test_a_category_of_cash_is_one_of_ten(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(InvalidInput, match=r"no category of cash\. Give one of: opening, receipts"):
        book_cash(session, cast.adam, [NewCash(DAY, "lunch", Money(-1, "USD"))], now=now)  # type: ignore[arg-type]  # on purpose


def test_a_cost_of_the_vendor_itself_is_nobodys(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="no such customer"):
        book_costs(session, cast.adam, [NewCost(DAY, "compute", Money(1, "USD"), cast.vendor)], now=now)


def test_a_correction_is_a_reversing_entry(session: WriteSession, cast: Cast, now: datetime) -> None:
    [wrong] = book_cash(session, cast.adam, [SALARIES], now=now)
    with pytest.raises(InvalidInput, match="Say why"):
        reverse_cash(session, cast.adam, wrong, reason=" ", now=now)
    mirror = reverse_cash(session, cast.fiona, wrong, reason="Booked twice by the bank.", now=now)
    assert _balance(session, cast, now) == 0
    newest, oldest = booked_cash(session, cast.sam, as_of=now)
    assert (newest.id, newest.reverses, newest.amount.minor, newest.booked_on) == (mirror, wrong, 500_000, DAY)
    assert (oldest.id, oldest.reversed_by) == (wrong, mirror)
    with pytest.raises(Conflict, match="reversed already"):
        reverse_cash(session, cast.adam, wrong, reason="again", now=now)
    with pytest.raises(Conflict, match="itself a reversal"):
        reverse_cash(session, cast.adam, mirror, reason="again", now=now)
    [told] = audited(session, "cash.reversed")
    assert (told.reason, told.before["amount_minor"], told.after["amount_minor"]) == (
        "Booked twice by the bank.", -500_000, 500_000
    )  # fmt: skip


def test_a_reversed_cost_is_no_cost(session: WriteSession, cast: Cast, now: datetime) -> None:
    [wrong] = book_costs(session, cast.adam, [COMPUTE], now=now)
    reverse_cost(session, cast.adam, wrong, reason="Another customer's.", now=now)
    assert cost_facts(session, cast.sam, [month_of(now)], as_of=now)["cost"].tolist() == [0]
    with pytest.raises(NotFound, match="no such cost entry"):
        reverse_cost(session, cast.adam, new_id(), reason="x", now=now)


def _balance(session: WriteSession, cast: Cast, now: datetime) -> int:
    return int(cash_facts(session, cast.sam, [month_of(now)], as_of=now)["cash"][0])


def test_only_who_may_manage_costs_books_and_who_sees_money_reads(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    for actor in (cast.sam, cast.mia, cast.vera):
        with pytest.raises(NotPermitted, match="record costs and cash"):
            book_costs(session, actor, [COMPUTE], now=now)
        with pytest.raises(NotPermitted, match="record costs and cash"):
            book_cash(session, actor, [SALARIES], now=now)
        with pytest.raises(NotPermitted, match="record costs and cash"):
            reverse_cash(session, actor, new_id(), reason="x", now=now)
    for actor in (cast.mia, cast.vera):
        for read in (booked_costs, booked_cash):
            with pytest.raises(NotPermitted, match="finance:read"):
                read(session, actor, as_of=now)
    for read in (booked_costs, booked_cash):
        with pytest.raises(NotPermitted, match="vendor's console"):
            read(session, cast.otto, as_of=now)
    with pytest.raises(NotPermitted, match="vendor's console"):
        book_costs(session, cast.otto, [COMPUTE], now=now)


def test_customers_read_no_cost_even_of_their_own(session: WriteSession, cast: Cast, now: datetime) -> None:
    about = [NewCost(DAY, "support", Money(700 + n, "USD"), cast.globex) for n in range(2)]
    book_costs(session, cast.system, about, now=now)
    book_cash(session, cast.system, [SALARIES], now=now)
    session.connection.exec_driver_sql(cast.otto.tenancy().statement())
    for table in (cost_entry, cash_entry):
        assert session.execute(select(table)).all() == []
    assert audited(session, "cost.booked") == audited(session, "cash.booked") == []


@pytest.mark.parametrize("table", [cost_entry, cash_entry])
def test_the_app_itself_can_neither_edit_nor_delete(session: WriteSession, table: Any) -> None:
    for act in (update(table).values(note="edited"), delete(table)):
        savepoint = session.connection.begin_nested()
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(act)
        savepoint.rollback()


def test_entries_are_paged_newest_first(session: WriteSession, cast: Cast, now: datetime) -> None:
    days = [DAY - timedelta(days=back) for back in (0, 0, 1, 2, 2)]
    made = book_costs(
        session, cast.adam, [NewCost(day, "storage", Money(100 + n, "USD")) for n, day in enumerate(days)], now=now
    )
    seen: list[UUID] = []
    before = None
    while page := booked_costs(session, cast.sam, as_of=now, before=before, limit=2):
        seen += [each.id for each in page]
        before = page[-1].id
    assert sorted(seen) == sorted(made)
    assert [each.booked_on for each in booked_costs(session, cast.sam, as_of=now)] == days
    assert booked_costs(session, cast.sam, as_of=now - timedelta(days=30)) == ()
