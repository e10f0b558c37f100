"""Projected cash over HTTP: the base case, a saved scenario by name, and null with its reason before there is cash."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from api import forecast
from core.config import Settings
from core.databases import Databases
from core.finance.booking import book_cash
from core.finance.entries import NewCash
from core.finance.saved_scenarios import save_scenario
from core.finance.scenarios import Levers
from core.money import Money
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW

AT = datetime(2025, 7, 15, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def books(test_settings: Settings) -> Iterator[tuple[Databases, Cast]]:
    with own_databases(test_settings) as databases:
        with databases.control.write(SYSTEM) as session:
            cast = make_cast(session, NOW)
            entries = [NewCash(date(2025, 4, 1), "opening", Money(10_000_00, "USD"))]
            entries += [NewCash(date(2025, month, 5), "payroll", Money(-1_000_00, "USD")) for month in (4, 5, 6)]
            book_cash(session, cast.adam, entries, now=NOW)
            save_scenario(session, cast.adam, "Two more", Levers(hires=2, hire_cost=500), now=AT)
        yield databases, cast


def get(books: tuple[Databases, Cast], query: str, who: str = "sam") -> Any:
    return signed_in(books[0], getattr(books[1], who), forecast).get(f"/financial/cash-flow?asOf={query}")


def test_the_base_case_and_a_scenario(books: tuple[Databases, Cast]) -> None:
    base = get(books, "2025-07-15&months=3").json()
    assert (base["cash"]["minor"], base["runway"]["months"], base["scenario"]) == (700_000, "7.00", None)
    assert [step["cash"]["minor"] for step in base["months"]] == [700_000, 600_000, 500_000, 400_000]
    plan = get(books, "2025-07-15&scenario=two%20MORE").json()
    assert (plan["scenario"], plan["runway"]["months"], plan["levers"]["hires"]) == ("Two more", "3.50", 2)
    assert len(plan["months"]) == 25


def test_what_is_not_there_is_said(books: tuple[Databases, Cast]) -> None:
    early = get(books, "2025-03-15").json()
    assert (early["runway"], early["months"]) == (None, [])
    assert "No whole month of cash" in early["reason"]
    assert get(books, "2025-07-15&scenario=None").status_code == 404


@pytest.mark.parametrize("who", ["mia", "otto"])
def test_who_may_not_see_money_is_refused(books: tuple[Databases, Cast], who: str) -> None:
    assert get(books, "2025-07-15", who).status_code == 403
