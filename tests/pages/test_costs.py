"""Costs, unit economics and plans as who sees money sees them, and before there is any."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from core.metrics.catalog import METRICS
from core.periods import months_until
from tests.cast import Cast
from tests.pages.books_made import Made, make_books
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.test_cash import tiles


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module, with books."""
    return make_books(databases, cast, clock.now())


def month_name(back: int) -> str:
    """The name of the month that many months ago."""
    return f"{months_until(clock.now(), back + 1)[0].start:%B}"


def test_before_anything_is_booked_each_says_where_to_begin(as_person: AsPerson) -> None:
    assert "Record last month's bill" in words(as_person("fiona", "costs"))
    assert "An admin or owner can record them" in words(as_person("sam", "costs"))
    assert "No paying customers yet" in words(as_person("sam", "economics"))
    plans = as_person("sam", "plans")
    assert not plans.exception
    assert "Nobody is on it" in words(plans)


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", ["fiona", "adam", "sam"])
def test_costs_say_what_moved_and_who_made_it_move(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "costs")
    assert not app.exception
    said = words(app)
    assert f"Compute cost rose 100% in {month_name(1)}" in said
    assert "Initech in Analytics explains 100% of it: $20" in said
    assert tiles(app)[f"Costs in {month_name(1)}"] == "$50"
    rows = app.dataframe[0].value
    assert rows["name"].tolist()[0] == "Nova Bank"
    assert rows["left"].tolist()[0] == -10
    assert ("Record a cost" in [button.label for button in app.button]) == (name != "sam")


@pytest.mark.usefixtures("made")
def test_customers_can_be_narrowed_to_who_loses_money(as_person: AsPerson) -> None:
    rows = as_person("fiona", "costs", who="Lose money").dataframe[0].value
    assert rows["name"].tolist() == ["Nova Bank"]


@pytest.mark.usefixtures("made")
def test_a_cost_is_recorded(signed_in: SignedInAs) -> None:
    signed_in("adam")
    script = (
        "from pages.finance.cost_entry import body\nfrom pages.parts.session import require_actor\n"
        "body(require_actor())"
    )
    app = AppTest.from_string(script, default_timeout=60).run()
    app.text_input(key="cost-amount").input("3.10")
    app.selectbox(key="cost-customer").select("Initech")
    app.selectbox(key="cost-product").select("pos")
    app.button(key="cost-confirm").click().run()
    assert not app.exception
    assert not app.error


@pytest.mark.usefixtures("made")
def test_unit_economics_are_named_as_in_the_catalogue(as_person: AsPerson) -> None:
    app = as_person("sam", "economics")
    assert not app.exception
    shown = tiles(app)
    assert list(shown) == [
        METRICS[each].label for each in ("ltv_to_cac", "payback", "arpa", "gross_margin", "cac", "ltv")
    ]
    # Nobody has left, so there is no lifetime to speak of; the reason stands where the change would.
    assert shown["LTV"] == "—"
    reasons = {metric.label: metric.proto.delta_description for metric in app.metric}
    assert "nobody left" in reasons["LTV"]
    assert METRICS["ltv"].definition in words(app).replace("\\", "")


@pytest.mark.usefixtures("made")
def test_plans_lead_to_who_is_on_them(as_person: AsPerson) -> None:
    app = as_person("sam", "plans", period="Annual", currency="EUR")
    assert not app.exception
    said = words(app)
    assert "€4,490" in said
    assert "$499 MRR from 1 customer" in said
    links = {link.proto.query_string for link in app.get("page_link")}
    assert "tier=pro" in links
    terms = app.dataframe[0].value
    assert terms["mrr"].tolist() == ["$499"]
    assert len(app.dataframe[1].value) == 18
