"""Reports over HTTP: the file and its name, what is refused in words, and how often one may ask."""

import io

import openpyxl
import pytest

from api import rates
from core import clock
from core.databases import Databases
from tests.api.conftest import Served
from tests.cast import Cast
from tests.own_rows import PASSWORD, own_customer


def test_a_report_comes_as_an_attachment_with_its_day(served: Served) -> None:
    answer = served.call("sam", "GET", "/api/export?report=customers&format=csv&tier=pro&atRisk=true")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="calos-customers-20')
    assert answer.headers["content-disposition"].endswith('.csv"')
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content.decode("utf-8-sig").startswith("Customer,Install ID,Status,")


def test_a_spreadsheet_opens(served: Served) -> None:
    answer = served.call("fiona", "GET", "/api/export?report=upsells&format=xlsx&snoozed=true")
    assert answer.status_code == 200, answer.text
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).sheetnames == ["Upsells"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("report=secrets", "costs, credit-notes, customers, installs"),
        ("report=customers&format=exe", "csv, xlsx, pdf"),
        ("report=upsells&tier=pro", "It takes: assigned_to, priority, rule, snoozed, text"),
        ("report=customers&status=fine", "There is no status"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(served: Served, query: str, named: str) -> None:
    answer = served.call("adam", "GET", f"/api/export?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert named in answer.json()["error"]


def test_viewers_and_customers_take_nothing_away(served: Served) -> None:
    for name in ("vera", "mia", "otto"):
        answer = served.call(name, "GET", "/api/export?report=customers")
        assert (answer.status_code, "attachment" in str(answer.headers)) == (403, False), name


def test_too_many_exports_wait(served: Served, databases: Databases, fresh_database: str, cast: Cast) -> None:
    # Somebody of their own: whoever has asked too often is turned away in other tests, too.
    with own_customer(databases, fresh_database, cast, now=clock.now()):
        body = {"email": "ada@initech.test", "password": PASSWORD}
        token = served.call(None, "POST", "/api/auth/token", body).json()["access_token"]
        asking = {"Authorization": f"Bearer {token}"}
        asked = range(rates.LONG_WORK.amount + 1)
        found = [served.call(None, "GET", "/api/export?report=customers", None, **asking).status_code for _ in asked]
        assert found == [403] * rates.LONG_WORK.amount + [429]
        assert served.call(None, "GET", "/api/auth/me", None, **asking).status_code == 200, "everything else goes on"
