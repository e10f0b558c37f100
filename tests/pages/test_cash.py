"""Cash as the cast see it: how long it lasts, for whom; recording an entry and taking one back; before there is any."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from core.finance.booked import booked_cash
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.books_made import Made, make_books
from tests.pages.conftest import AsPerson, SignedInAs, words


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module, with books."""
    return make_books(databases, cast, clock.now())


def tiles(app: AppTest) -> dict[str, str]:
    """The tiles by their labels."""
    return {metric.label.replace("\\", ""): metric.value.replace("\\", "") for metric in app.metric}


def test_before_anything_is_booked_it_says_where_to_begin(as_person: AsPerson) -> None:
    app = as_person("fiona", "cash")
    assert not app.exception
    assert "Begin with the opening balance of the bank" in words(app)
    assert "Record an entry" in [button.label for button in app.button]
    assert "An admin or owner can record entries" in words(as_person("sam", "cash"))


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", ["fiona", "adam", "sam"])
def test_the_first_glance_is_how_long_cash_lasts(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "cash")
    assert not app.exception
    shown = tiles(app)
    assert shown["Runway"] == "4.0\u00a0months"
    assert (shown["Cash"], shown["Burn"]) == ("$40,000", "$10,000")
    said = words(app)
    assert "Act now" in said
    assert "At worst" in said
    assert len(app.get("plotly_chart")) == 4
    assert {slider.label for slider in app.slider} >= {"New MRR won", "MRR lost", "Price change", "Customers pay later"}
    statement = app.dataframe[0].value
    assert statement["balance"].tolist() == [40_000, 40_000, 50_000, 60_000, 70_000, 80_000, 90_000]
    can_record = "Record an entry" in [button.label for button in app.button]
    assert can_record == (name != "sam")


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", ["mia", "vera"])
def test_who_does_not_see_money_does_not_see_it(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "cash")
    assert not app.exception
    assert "$" not in words(app)
    assert tiles(app).get("Runway", "—") == "—"


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("path", ["cash", "costs", "economics", "plans"])
def test_the_page_itself_refuses_kindly(signed_in: SignedInAs, path: str) -> None:
    """Not only the navigation: whoever runs the page is asked."""
    signed_in("vera")
    app = AppTest.from_string(f"from pages.finance.{path} import page\npage()", default_timeout=60).run()
    assert not app.exception
    assert [error.value for error in app.error] == [
        "Your role (viewer) may not see revenue, subscriptions and invoices. Ask an owner or admin for the permission "
        "“finance:read”."
    ]
    assert not app.metric


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("path", ["cash", "costs", "economics", "plans"])
def test_a_customers_people_see_their_portal_and_nothing_else(as_person: AsPerson, path: str) -> None:
    app = as_person("otto", path)
    assert not app.exception
    assert [title.value for title in app.title] == ["Your portal"]
    assert not app.metric


@pytest.mark.usefixtures("made")
def test_an_entry_is_recorded_and_taken_back(signed_in: SignedInAs) -> None:
    signed_in("adam")
    form = (
        "from pages.finance.cash_entry import body\nfrom pages.parts.session import require_actor\n"
        "body(require_actor())"
    )
    app = AppTest.from_string(form, default_timeout=60).run()
    app.selectbox(key="cash-category").select("office").run()
    app.text_input(key="cash-amount").input("ten").run()
    app.button(key="cash-confirm").click().run()
    assert "Give the amount as a number" in words(app)
    app.text_input(key="cash-amount").input("1,250.50")
    app.text_input(key="cash-note").input("A *round* table")
    app.button(key="cash-confirm").click().run()
    assert not app.exception
    with_entry = _entries()
    row = with_entry[with_entry["note"] == "A *round* table"].iloc[0]
    assert (row["category"], row["amount"], row["source"]) == ("Office", "−$1,250.50", "Manual")


def _entries() -> Any:
    script = (
        "from core import clock\nfrom pages.finance import cash_entries\n"
        "from pages.parts.session import require_actor\ncash_entries.show(require_actor(), clock.now())"
    )
    app = AppTest.from_string(script, default_timeout=60).run()
    assert not app.exception
    return app.dataframe[0].value


@pytest.mark.usefixtures("made")
def test_a_reversal_needs_a_reason(signed_in: SignedInAs, databases: Databases, cast: Cast) -> None:
    signed_in("fiona")
    with databases.control.read(SYSTEM) as session:
        each = booked_cash(session, cast.fiona, as_of=clock.now(), limit=1)[0]
    script = f"""
from uuid import UUID
from core import clock
from core.finance.booked import booked_cash
from core.finance.booking import reverse_cash
from pages.finance import reversal
from pages.parts.load import fresh
from pages.parts.session import require_actor
actor = require_actor()
found = fresh(booked_cash, actor, as_of=clock.now(), limit=500)
each = next(one for one in found if one.id == UUID("{each.id}"))
reversal.body(actor, each, "Payroll", reverse_cash)
"""
    app = AppTest.from_string(script, default_timeout=60).run()
    assert app.button(key=f"confirm-{each.id}").disabled
    app.text_input(key=f"why-{each.id}").input("Booked twice").run()
    app.button(key=f"confirm-{each.id}").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        found = {one.id: one for one in booked_cash(session, cast.fiona, as_of=clock.now(), limit=500)}
    assert found[each.id].reversed_by in found


@pytest.mark.usefixtures("made")
def test_a_lever_moves_the_day_cash_ends(as_person: AsPerson) -> None:
    assert "Base case" in words(as_person("sam", "cash"))
    dearer = words(as_person("sam", "cash", hires="5")).replace("\\", "")
    assert "months shorter than in the base case" in dearer
    cheaper = words(as_person("sam", "cash", hires="-1")).replace("\\", "")
    assert "no end within 5 years" in cheaper.lower() or "longer than in the base case" in cheaper


@pytest.mark.usefixtures("made")
def test_a_scenario_is_saved_and_stands_beside_the_others(signed_in: SignedInAs, as_person: AsPerson) -> None:
    signed_in("adam")
    form = (
        "from core.finance.scenarios import Levers\nfrom pages.finance.cash_scenario_acts import body\n"
        "from pages.parts.session import require_actor\nbody(require_actor(), Levers(hires=2))"
    )
    app = AppTest.from_string(form, default_timeout=60).run()
    app.button(key="scenario-confirm").click().run()
    assert "Name it in at most 60 characters" in words(app)
    app.text_input(key="scenario-name").input("Two *more*")
    app.button(key="scenario-confirm").click().run()
    assert not app.exception
    page = as_person("sam", "cash")
    assert not page.exception
    assert page.dataframe[0].value["name"].tolist() == ["Base case", "Two *more*"]
    assert "Once a month is over since it was saved" in words(page)
    assert "Save" not in [button.label for button in page.button]
