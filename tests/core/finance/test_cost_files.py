"""Costs from CSV files: read in any order of columns, refused row by row, and the same file booked once."""

from datetime import UTC, datetime

import pytest

from core.errors import InvalidInput, NotPermitted
from core.finance.booking import book_costs
from core.finance.cost_files import SOURCE, read_costs
from core.money import Money
from db.session import WriteSession
from tests.books import customer
from tests.cast import Cast

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_rows_are_read_or_refused_by_themselves(session: WriteSession, cast: Cast) -> None:
    who = customer(session, cast.system, "Filed Ltd", NOW)
    lines = [
        "Date;Kind;Cost;Currency;Customer;Product;Note",
        "2026-10-31;Compute;1,250.50;;filed ltd;Analytics;October",
        f"2026-10-31;storage;-3;EUR;{who};;a credit",
        "2026-10-31;support;10;;;;",
        "",
        "31.10.2026;compute;1;;;;",
        "2026-10-31;rent;1;;;;",
        "2026-10-31;compute;ten;;;;",
        "2026-10-31;compute;1;USD;Nobody;;",
        "2026-10-31;compute;1;USD;;fax;",
        "2027-10-31;compute;1;USD;;;",
        "2026-10-31;compute;0;USD;;;",
        "2026-10-31;compute;1;XXX1;;;",
    ]
    found = read_costs(session, cast.adam, "\n".join(lines).encode("utf-8-sig"), today=NOW.date())
    assert [(each.kind, each.amount, each.organization_id, each.product_id) for each in found.entries] == [
        ("compute", Money(125_050, "USD"), who, "analytics"),
        ("storage", Money(-300, "EUR"), who, None),
        ("support", Money(1_000, "USD"), None, None),
    ]
    assert [each.line for each in found.refused] == [6, 7, 8, 9, 10, 11, 12, 13]
    reasons = ("no day", "no kind", "as a number", "no customer", "no product", "what has happened", "zero", "ISO 4217")
    for each, why in zip(found.refused, reasons, strict=True):
        assert why in each.why


def test_the_same_file_is_booked_once_and_equal_rows_are_two(session: WriteSession, cast: Cast) -> None:
    content = b"day,kind,amount\n2026-10-01,compute,5\n2026-10-01,compute,5\n2026-10-02,compute,5\n"
    made = []
    for _ in range(2):
        found = read_costs(session, cast.adam, content, today=NOW.date())
        made.append(book_costs(session, cast.adam, found.entries, now=NOW, source=SOURCE))
    assert made[0] == made[1]
    assert len(set(made[0])) == 3


def test_two_customers_of_one_name_are_told_apart_by_id(session: WriteSession, cast: Cast) -> None:
    first, _second = (customer(session, cast.system, "Twin GmbH", NOW) for _ in range(2))
    content = f"day,kind,amount,customer\n2026-10-01,compute,5,Twin GmbH\n2026-10-01,compute,5,{first}\n".encode()
    found = read_costs(session, cast.adam, content, today=NOW.date())
    assert [each.organization_id for each in found.entries] == [first]
    assert "Give the id" in found.refused[0].why


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "lacks .day"),
        (b"day,kind\n2026-10-01,compute\n", "lacks .amount"),
        (b"day,kind,amount\n", "1 to 10,000 rows"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"day,kind,amount\n" + b"2026-10-01,compute,1\n" * 10_001, "1 to 10,000 rows"),
    ],
)
def test_a_file_that_is_no_table_of_costs_is_refused(
    session: WriteSession, cast: Cast, content: bytes, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_costs(session, cast.adam, content, today=NOW.date())


def test_who_may_not_record_costs_may_not_read_files_in(session: WriteSession, cast: Cast) -> None:
    with pytest.raises(NotPermitted):
        read_costs(session, cast.sam, b"day,kind,amount\n2026-10-01,compute,1\n", today=NOW.date())
