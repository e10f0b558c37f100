"""The board report over HTTP: a PDF by its month, for who may take money away, and refused in words."""

import pytest

from tests.api.conftest import Served


@pytest.mark.parametrize("paper", ["a4", "letter"])
def test_it_comes_as_a_page_named_after_its_month(served: Served, paper: str) -> None:
    answer = served.call("sam", "GET", f"/api/financial/board-report?month=2026-02&paper={paper}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'attachment; filename="calos-board-2026-02.pdf"'
    assert answer.content.startswith(b"%PDF-1.7")
    assert served.call("fiona", "GET", "/api/financial/board-report").status_code == 200


@pytest.mark.parametrize("query", ["month=2026-13", "month=2026", "month=0001-01", "month=9999-12", "paper=a5"])
def test_what_is_no_month_or_paper_is_refused(served: Served, query: str) -> None:
    answer = served.call("fiona", "GET", f"/api/financial/board-report?{query}")
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_input"


def test_it_is_for_who_may_take_money_away(served: Served) -> None:
    for name in ("mia", "vera", "otto"):
        assert served.call(name, "GET", "/api/financial/board-report").status_code == 403, name
    assert served.call(None, "GET", "/api/financial/board-report").status_code == 401


def test_tables_come_as_paper_by_days(served: Served) -> None:
    answer = served.call("fiona", "GET", "/api/export?report=movements&format=pdf&from=2026-01-01&to=2026-01-31")
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"%PDF-1.7")
    wrong = served.call("fiona", "GET", "/api/export?report=movements&from=2026-02-01&to=2026-01-01")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")
