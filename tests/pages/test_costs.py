"""Costs, unit economics and plans as who sees money sees them, and before there is any."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from core.finance.cost_alerts import cost_alerts
from core.finance.cost_watch import watch
from core.metrics.catalog import METRICS
from core.periods import months_until
from db.session import SYSTEM
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


@pytest.mark.usefixtures("made")
def test_alerts_say_why_and_rules_are_made_and_ended(
    as_person: AsPerson, signed_in: SignedInAs, databases: Databases, cast: Cast
) -> None:
    assert "No alerts" in words(as_person("sam", "costs"))
    signed_in("adam")
    script = (
        "from core.finance.cost_alerts import cost_rules\nfrom pages.finance.cost_rules import body\n"
        "from pages.parts.load import fresh\nfrom pages.parts.session import require_actor\n"
        "actor = require_actor()\nbody(actor, fresh(cost_rules, actor))"
    )
    app = AppTest.from_string(script, default_timeout=60).run()
    app.text_input(key="rule-above").input("lots")
    app.button(key="rule-confirm").click().run()
    assert "Give the amount as a number" in words(app)
    app.text_input(key="rule-above").input("15")
    app.button(key="rule-confirm").click().run()
    assert not app.exception
    with databases.control.write(SYSTEM) as session:
        assert watch(session, cast.system, now=clock.now(), told=False) == 1
    page = as_person("fiona", "costs")
    assert not page.exception
    assert f"Initech cost $40 in {month_name(1)}, above $15.00" in words(page).replace("\\", "")
    app = AppTest.from_string(script, default_timeout=60).run()
    assert "Each customer: above $15.00 a month" in words(app).replace("\\", "")
    next(button for button in app.button if button.label == "End").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        assert cost_alerts(session, cast.sam) == ()


@pytest.mark.usefixtures("made")
def test_a_rate_is_added_and_shown(as_person: AsPerson, signed_in: SignedInAs) -> None:
    signed_in("adam")
    script = (
        "from pages.finance.cost_rates import body\nfrom pages.parts.session import require_actor\n"
        "body(require_actor())"
    )
    app = AppTest.from_string(script, default_timeout=60).run()
    app.text_input(key="rate-price").input("ten")
    app.button(key="rate-confirm").click().run()
    assert "Give the price as a number" in words(app)
    app.text_input(key="rate-price").input("0.023")
    app.button(key="rate-confirm").click().run()
    assert not app.exception
    page = as_person("sam", "costs")
    assert not page.exception
    prices = [frame.value["price"].tolist() for frame in page.dataframe if "price" in frame.value]
    assert prices == [["0.023 USD / unit"]]
    assert "costs anything" in words(page)


@pytest.mark.usefixtures("made")
def test_a_file_of_costs_shows_what_it_refuses_before_booking(signed_in: SignedInAs) -> None:
    signed_in("adam")
    script = (
        "from pages.finance.cost_import import body\nfrom pages.parts.session import require_actor\n"
        "body(require_actor())"
    )
    app = AppTest.from_string(script, default_timeout=60).run()
    content = b"day,kind,amount,customer\n2026-01-05,compute,7.50,Initech\n2026-01-06,rent,1,\n"
    app.file_uploader(key="cost-file").upload("costs.csv", content, "text/csv").run()
    assert not app.exception
    said = words(app).replace("\\", "")
    assert "1 row can be booked" in said
    assert app.dataframe[0].value["line"].tolist() == [3]
    app.button(key="cost-file-confirm").click().run()
    assert not app.exception
    assert not app.error
