"""Revenue as the cast see it: figures that add up, any past month, and no page for who may not see money."""

from datetime import UTC, date, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.access.actor import system_actor
from core.billing.invoices.past import PastInvoice, PastLine, PastPayment, record_past_invoices
from core.databases import Databases
from core.ids import new_id
from core.money import Money
from core.organizations.reads import vendor_id
from core.periods import add_months, last_instant, month_of
from db.session import SYSTEM
from pages.finance.revenue_month import Chosen
from pages.parts import format as say
from tests.cast import Cast
from tests.core.billing.invoices.shop import seller
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.ledger_made import Ledger, make_ledger

SEES_MONEY = ("fiona", "adam", "sam")


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Ledger:
    """Return the ledger of this module."""
    return make_ledger(databases, cast, clock.now())


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", SEES_MONEY)
def test_mrr_and_how_it_grows_come_first(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "revenue")
    assert not app.exception
    tiles = _tiles(app)
    assert tiles["MRR"] == "$1,097"
    assert tiles["ARR"] == "$13,164"
    # 400 of expansion and 99 new against 99 lost in six months.
    assert tiles["Quick ratio, 6 months"] == "5.0×"
    # Of 697 a year ago 998 are paid by the same customers.
    assert tiles["NRR, 12 months"] == "143.2%"
    assert len(app.get("plotly_chart")) == 5


def test_a_past_month_adds_up_to_the_cent(as_person: AsPerson, made: Ledger) -> None:
    said = words(as_person("fiona", "revenue", month=say.month(made.last_month)))
    assert "MRR rose by $400.00: 1 new and 1 left." in said
    for amount in ("$697.00", "+$99.00", "+$400.00", "−$99.00", "$1,097.00"):
        assert amount in said
    # Opening, new, expansion, churn and closing lead to their rows; what did not happen leads nowhere.
    # Three of promised, invoiced, paid say so too: nothing was invoiced or paid.
    assert said.count("$0.00") == 6


def test_what_was_promised_and_never_invoiced_is_named_so(as_person: AsPerson, made: Ledger) -> None:
    app = as_person("fiona", "revenue", month=say.month(made.last_month))
    assert not app.exception
    said = words(app)
    assert "Promised, invoiced, paid" in said
    assert "Not invoiced" in said
    rows = app.dataframe[-1].value
    assert set(rows["customer"]) == {"Initech *Labs*", "Hooli", "Vandelay", "Umbrella"}
    assert all(rows["promised"] + rows["gap"] == rows["paid"])
    assert not any(rows["paid"])
    assert all(told.startswith("Not invoiced −$") for told in rows["why"])


def test_the_running_month_is_told_apart(as_person: AsPerson, made: Ledger) -> None:
    app = as_person("fiona", "revenue")
    assert "MRR stood still so far." in words(app)
    assert f"Growth in {made.last_month:%B}" in _tiles(app)


def test_books_that_are_looked_at_on_a_months_last_day_have_that_month_whole() -> None:
    month = month_of(datetime(2024, 12, 31, tzinfo=UTC))
    assert not Chosen(month, last_instant(date(2024, 12, 31))).running
    assert Chosen(month, last_instant(date(2024, 12, 31))).judged == month
    assert Chosen(month, last_instant(date(2024, 12, 30))).running
    assert Chosen(month, datetime(2026, 1, 1, tzinfo=UTC)).at == last_instant(date(2024, 12, 31))


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("Tier", ["Pro", "Basic"]),
        ("Country", ["Germany", "United States"]),
        ("Segment", ["Retail", "Software"]),
    ],
)
def test_groups_add_up_to_the_whole(as_person: AsPerson, by: str, groups: list[str]) -> None:
    app = as_person("sam", "revenue", by=by, range="24m")
    assert not app.exception
    table = app.dataframe[1].value
    assert list(table["group"])[: len(groups)] == groups
    assert sum(table["mrr"]) == 1097
    assert all(len(trend) == 24 for trend in table["trend"])


@pytest.mark.usefixtures("made")
def test_every_number_says_what_it_means(as_person: AsPerson) -> None:
    said = words(as_person("fiona", "revenue"))
    assert "Monthly value of all active subscriptions, without one-offs, usage or tax." in said
    assert "How much MRR comes for each that goes." in said


def test_a_customers_lines_lead_to_their_invoice(signed_in: SignedInAs, databases: Databases, made: Ledger) -> None:
    month = month_of(add_months(made.last_month, -3))
    first, last = month.start.date(), (month.end - timedelta(days=1)).date()
    with databases.control.write(SYSTEM) as session:
        fiona = system_actor(vendor_id(session) or new_id())
        sells = seller(session, fiona, month.end)
        amount = Money(9_900, "USD")
        line = PastLine("Basic, monthly", amount, Money(0, "USD"), first=first, last=last)
        paid = PastPayment(amount, last)
        one = PastInvoice(made.grown, sells.id, first, last, (line,), (paid,))
        record_past_invoices(session, fiona, [one], source="test", now=month.end)
    signed_in("fiona")
    app = AppTest.from_function(_lines_page, default_timeout=60)
    app.session_state["month"], app.session_state["whose"] = month, made.grown
    app.run()
    assert not app.exception
    [row] = app.dataframe[0].value.to_dict("records")
    assert (row["text"], row["net"], row["within"], row["tax"]) == ("Basic, monthly", 99, 99, 0)


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", ["mia", "vera"])
def test_who_may_not_see_money_is_refused(signed_in: SignedInAs, name: str) -> None:
    signed_in(name)
    app = AppTest.from_function(_page, default_timeout=30).run()
    assert "may not see revenue, subscriptions and invoices" in app.error[0].value
    assert not app.metric
    assert "$" not in words(app)


def test_a_customers_people_see_their_portal(as_person: AsPerson) -> None:
    app = as_person("otto", "revenue")
    assert [title.value for title in app.title] == ["Your portal"]


def _lines_page() -> None:
    from datetime import timedelta

    import streamlit as st

    from core.access.permissions import Permission
    from core.finance.promised import promised_invoiced_paid
    from pages.finance import revenue_paid_rows
    from pages.finance.revenue_month import Chosen
    from pages.parts import session
    from pages.parts.load import load

    actor = session.require(Permission.FINANCE_READ)
    month = st.session_state["month"]
    first, last = month.start.date(), (month.end - timedelta(days=1)).date()
    whose = st.session_state["whose"]
    [one] = load(promised_invoiced_paid, actor, first, last, day=last, organization_id=whose)
    revenue_paid_rows._lines(actor, one, Chosen(month, month.end))


def _page() -> None:
    from pages.finance import revenue

    revenue.page()


def _tiles(app: AppTest) -> dict[str, str]:
    return {metric.label.replace("\\", ""): metric.value.replace("\\", "") for metric in app.metric}


@pytest.mark.usefixtures("made")
def test_what_comes_stands_beside_what_such_forecasts_were_worth(as_person: AsPerson) -> None:
    said = words(as_person("fiona", "revenue")).replace("\\", "")
    assert "80% band" in said
    assert "Better than naive" in said or "No better than naive" in said
    assert "From 13 whole months" in said


@pytest.mark.usefixtures("made")
def test_below_twelve_months_no_forecast_is_made(as_person: AsPerson, made: Ledger) -> None:
    app = as_person("fiona", "revenue", month=say.month(add_months(made.last_month, -4)))
    assert not app.exception
    assert "A forecast needs 12 whole months with revenue, and there are 9" in words(app)
