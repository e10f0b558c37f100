"""The forecast over HTTP: bands around points, a track record, null with its reason below twelve months."""

from collections.abc import Iterator
from typing import Any

import pytest

from api import forecast
from core import clock
from core.config import Settings
from core.databases import Databases
from core.periods import add_months
from db.session import SYSTEM
from tests.api.signed_in import signed_in
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW
from tests.pages.ledger_made import make_ledger


@pytest.fixture(scope="module")
def books(test_settings: Settings) -> Iterator[tuple[Databases, Cast]]:
    with own_databases(test_settings) as databases:
        with databases.control.write(SYSTEM) as session:
            cast = make_cast(session, NOW)
        make_ledger(databases, cast, clock.now())
        yield databases, cast


def get(books: tuple[Databases, Cast], query: str = "", who: str = "sam") -> Any:
    return signed_in(books[0], getattr(books[1], who), forecast).get(f"/financial/forecast{query}")


def test_the_coming_months_lie_within_their_bands(books: tuple[Databases, Cast]) -> None:
    found = get(books).json()
    assert (found["reason"], found["restsOn"], found["claimed"]) == (None, 13, "0.8")
    assert len(found["mrr"]["months"]) == 6
    for step in found["mrr"]["months"]:
        assert step["low"]["minor"] <= step["expected"]["minor"] <= step["high"]["minor"]
    assert found["mrr"]["record"]["forecasts"] > 0
    assert found["components"]["churn"]["months"][0]["expected"]["minor"] <= 0


def test_below_twelve_months_it_is_null_with_its_reason(books: tuple[Databases, Cast]) -> None:
    early = add_months(clock.now(), -6).date().isoformat()
    found = get(books, f"?asOf={early}").json()
    assert (found["mrr"], found["components"]) == (None, None)
    assert "needs 12 whole months" in found["reason"]


@pytest.mark.parametrize("who", ["mia", "otto"])
def test_who_may_not_see_money_is_refused(books: tuple[Databases, Cast], who: str) -> None:
    assert get(books, who=who).status_code == 403
