"""The ledger as screens look at it: months, the years that end with them, and the largest groups."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from core.billing.writes import end_subscription
from core.databases import Databases
from core.errors import NotPermitted
from core.finance.ledger import MONEY, ledger_facts
from core.finance.views import LARGEST, OTHER, month_sums, of_month, split_months, summed, until, year_sums
from core.finance.writes import record_movement
from core.organizations.writes import create_organization
from core.periods import Period, add_months, month_of, months_until
from db.session import SYSTEM, ReadSession
from tests.books import subscribe
from tests.cast import Cast

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MONTHS = tuple(months_until(NOW, 36))
COUNTRIES = ("US", "DE", "FR", "NL", "PT", "GB", "JP")


@pytest.fixture(scope="module", autouse=True)
def books(databases: Databases, cast: Cast) -> None:
    """Seven customers of seven countries, the first from January 2025 on, a month apart; one left in October 2026."""
    with databases.control.write(SYSTEM) as session:
        for number, country in enumerate(COUNTRIES):
            at = add_months(datetime(2025, 1, 15, tzinfo=UTC), number)
            who = create_organization(session, cast.system, f"From {country}", now=at, country=country)
            held = subscribe(session, cast.system, who, "pro" if number else "enterprise", at)
            record_movement(session, cast.system, None, held, now=at)
            if country == "JP":
                left = datetime(2026, 10, 3, tzinfo=UTC)
                end_subscription(session, cast.system, held, now=left)
                record_movement(session, cast.system, held, None, now=left, reason="They canceled.")


@pytest.fixture
def session(databases: Databases) -> Iterator[ReadSession]:
    """Yield a session to read with."""
    with databases.control.read(SYSTEM) as opened:
        yield opened


def test_months_begin_with_the_first_movement_and_follow_each_other(session: ReadSession, cast: Cast) -> None:
    months = month_sums(session, cast.fiona, MONTHS, as_of=NOW)
    assert months["month"].iloc[0] == pd.Timestamp("2025-01-01")
    assert len(months) == 23
    assert list(months["closing"][:-1]) == list(months["opening"][1:])
    assert of_month(months, month_of(datetime(2026, 10, 9, tzinfo=UTC)))["customers_churned"] == 1
    assert set(of_month(months, month_of(datetime(2020, 1, 1, tzinfo=UTC))).values()) == {0}


def test_months_add_up_to_their_span(session: ReadSession, cast: Cast) -> None:
    last = month_of(datetime(2026, 10, 9, tzinfo=UTC))
    half = until(month_sums(session, cast.fiona, MONTHS, as_of=NOW), last, 6)
    assert len(half) == 6
    whole = ledger_facts(session, cast.fiona, [Period(add_months(last.end, -6), last.end)], as_of=NOW).iloc[0]
    assert {name: summed(half)[name] for name in MONEY} == {name: whole[name] for name in MONEY}
    assert summed(half.head(0))["closing"] == 0


def test_a_year_is_named_by_its_last_month_and_needs_somebody_who_paid(session: ReadSession, cast: Cast) -> None:
    years = year_sums(session, cast.fiona, MONTHS, as_of=NOW)
    # Who first paid on January 15, 2025 is an opening customer of the year from February 2025 on.
    assert years["month"].iloc[0] == pd.Timestamp("2026-01-01")
    last = years.iloc[-1]
    assert last["month"] == pd.Timestamp("2026-11-01")
    lost = of_month(month_sums(session, cast.fiona, MONTHS, as_of=NOW), MONTHS[-2])["churn"]
    assert last["kept"] == last["opening"] + lost


def test_beyond_the_largest_groups_the_rest_is_one(session: ReadSession, cast: Cast) -> None:
    split = split_months(session, cast.fiona, "country", MONTHS[-12:], as_of=NOW)
    # Who left in October has nothing in November.
    assert list(split.rows["group"]) == ["US", "DE", "FR", "GB", "NL", "PT"]
    assert split.months["group"].nunique() == LARGEST + 1
    assert OTHER in set(split.months["group"])
    months = month_sums(session, cast.fiona, MONTHS[-12:], as_of=NOW)
    assert list(split.months.groupby("month")["closing"].sum()) == list(months["closing"])
    assert [trend[-1] for trend in split.rows["trend"]] == list(split.rows["closing"])


def test_a_dimension_with_few_groups_has_no_rest(session: ReadSession, cast: Cast) -> None:
    split = split_months(session, cast.fiona, "tier", MONTHS, as_of=NOW)
    assert set(split.months["group"]) == {"enterprise", "pro"}
    assert split.months["month"].min() == pd.Timestamp("2025-01-01")


def test_before_the_first_movement_there_is_nothing(session: ReadSession, cast: Cast) -> None:
    early = tuple(months_until(datetime(2020, 1, 1, tzinfo=UTC), 12))
    assert month_sums(session, cast.fiona, early, as_of=NOW).empty
    assert year_sums(session, cast.fiona, early, as_of=NOW).empty
    split = split_months(session, cast.fiona, "tier", early, as_of=NOW)
    assert split.rows.empty
    assert split.months.empty


def test_who_does_not_see_money_sees_none_of_it(session: ReadSession, cast: Cast) -> None:
    for read in (month_sums, year_sums):
        with pytest.raises(NotPermitted):
            read(session, cast.vera, MONTHS, as_of=NOW)
    with pytest.raises(NotPermitted):
        split_months(session, cast.vera, "tier", MONTHS, as_of=NOW + timedelta(days=1))
