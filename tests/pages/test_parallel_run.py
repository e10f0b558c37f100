"""The parallel run before an import, when every month agrees, when something differs; Revenue on imported books."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.databases import Databases
from core.imports.chartmogul import console
from db.session import SYSTEM
from tests.core.imports.chartmogul import world
from tests.pages.conftest import AsPerson, words
from tests.pages.test_cash import tiles


@pytest.fixture(scope="module")
def account(databases: Databases, cast: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an account that has moved here."""
    unknown = world.line("x1", "gold", "2024-02-01", "2024-03-01", 10_00)
    bills = [*world.invoices(), world.invoice("X-1", "initech", "2024-02-01", [unknown])]
    folder = world.write(tmp_path_factory.mktemp("account"), invoices=bills)
    world.take(databases, folder)
    return folder


@pytest.mark.parametrize("name", ["fiona", "sam"])
def test_before_anything_was_imported_it_says_what_to_do(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "parallel-run")
    assert not app.exception
    assert "import-chartmogul" in words(app)


@pytest.mark.parametrize("name", ["vera", "otto"])
def test_who_may_not_see_money_does_not_see_it(as_person: AsPerson, account: Path, name: str) -> None:
    app = as_person(name, "parallel-run")
    assert not app.exception
    assert "agree to the cent" not in words(app)
    assert len(app.dataframe) == 0


def test_every_month_agrees(as_person: AsPerson, account: Path) -> None:
    app = as_person("fiona", "parallel-run")
    assert not app.exception
    assert "13 months agree to the cent" in words(app)
    assert tiles(app) == {
        "MRR, by ChartMogul": "$307.33",
        "MRR, by Calos": "$307.33",
        "Months that agree": "13 of 13",
        "Unexplained": "$0.00",
    }
    (months,) = app.dataframe
    assert months.value["month"].tolist()[0] == "Jan 2025"
    assert months.value["churn"].tolist()[7] == "−$40.00"


def test_differences_stand_with_months_and_cause(as_person: AsPerson, databases: Databases, account: Path) -> None:
    planted = world.activities()
    planted[7] = {**planted[7], "date": "2024-05-18"}
    del planted[8]
    world.write(account, activities=planted)
    with databases.control.write(SYSTEM) as session:
        console.keep(session, console.order_from(None, account), now=world.NOW + timedelta(hours=1))
    app = as_person("fiona", "parallel-run")
    assert not app.exception
    assert "9 months differ by up to $40.00: missing in ChartMogul, churn dated otherwise" in words(app)
    rows = app.dataframe[0].value
    assert rows["customer"].tolist() == ["=Vandelay()", "Hooli", "Hooli"]
    assert rows["months"].tolist() == ["Jul 2024 to Jan 2025", "Jun 2024", "May 2024"]
    assert rows["gap"].tolist() == ["−$15.00", "—", "−$40.00"]
    assert rows["moved"].tolist()[0] == "new −$15.00"


def test_revenue_says_what_is_wrong_with_the_books_and_leads_to_both(as_person: AsPerson, account: Path) -> None:
    app = as_person("fiona", "revenue")
    assert not app.exception
    said = words(app)
    assert "right with the books of **ChartMogul**" in said
    assert "1 row: one of the invoice's lines was refused" in said
    assert "Compared with ChartMogul, month by month" in said
