"""Retention as the cast see it: what is kept, the customers behind a cohort, who left and why."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from pages.parts import format as say
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.ledger_made import Ledger, make_ledger


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Ledger:
    """Return the ledger of this module."""
    return make_ledger(databases, cast, clock.now())


@pytest.mark.parametrize("name", ["fiona", "adam", "sam"])
def test_what_is_kept_comes_first(as_person: AsPerson, made: Ledger, name: str) -> None:
    app = as_person(name, "retention")
    assert not app.exception
    tiles = {metric.label.replace("\\", ""): metric.value.replace("\\", "") for metric in app.metric}
    month = f"{made.last_month:%B}"
    # Of 697 a year ago 499 + 99 are kept at most; one of three left.
    assert tiles == {
        "NRR, 12 months": "143.2%",
        "GRR, 12 months": "85.8%",
        f"Logo churn in {month}": "33.3%",
        f"Gross revenue churn in {month}": "14.2%",
    }
    assert len(app.get("plotly_chart")) == 3


def test_who_left_is_named_with_the_reason(as_person: AsPerson, made: Ledger) -> None:
    app = as_person("sam", "retention")
    assert "1 customer in three months, $99 MRR with them" in words(app)
    (left,) = [frame.value for frame in app.dataframe if "reason" in frame.value]
    assert list(left["customer"]) == ["Vandelay"]
    assert list(left["reason"]) == ["They went bankrupt."]
    assert list(left["after"]) == ["12 months"]


def test_a_cell_names_its_customers(as_person: AsPerson, made: Ledger) -> None:
    cohort = say.month(made.begun)
    app = as_person("fiona", "retention", cohort=cohort, cohorts="24m", age="2")
    assert f"Of 3 customers who first paid in {cohort}, 3 paid in" in words(app)
    app = as_person("fiona", "retention", cohort=cohort, cohorts="24m")
    assert f"Of 3 customers who first paid in {cohort}, 2 paid in {say.month(clock.now())}" in words(app)
    (cell,) = [frame.value for frame in app.dataframe if "first" in frame.value]
    assert list(cell["customer"]) == ["Initech *Labs*", "Hooli", "Vandelay"]
    assert list(cell["state"]) == ["", "", "Left"]


@pytest.mark.usefixtures("made")
def test_cohorts_can_be_counted_in_money(as_person: AsPerson) -> None:
    app = as_person("fiona", "retention", of="MRR", cohorts="24m")
    assert not app.exception
    assert any("MRR they pay" in chart.proto.spec for chart in app.get("plotly_chart"))


@pytest.mark.usefixtures("made")
def test_a_month_before_anybody_could_be_kept_says_why(as_person: AsPerson, made: Ledger) -> None:
    app = as_person("fiona", "retention", until=say.month(made.begun))
    assert not app.exception
    assert "nobody paid at the start of the period" in [metric.proto.delta_description for metric in app.metric]


@pytest.mark.parametrize("name", ["mia", "vera"])
def test_who_may_not_see_money_is_refused(signed_in: SignedInAs, made: Ledger, name: str) -> None:
    signed_in(name)
    app = AppTest.from_function(_page, default_timeout=30).run()
    assert "may not see revenue, subscriptions and invoices" in app.error[0].value
    assert not app.metric


def _page() -> None:
    from pages.finance import retention

    retention.page()
