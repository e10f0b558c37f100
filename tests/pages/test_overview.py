"""The Overview as the cast see it: the answer for who may see money, and without money for who may not."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from tests.cast import Cast
from tests.pages.conftest import AsPerson, words
from tests.pages.customers_made import Made, make_customers

SEES_MONEY = ("fiona", "adam", "sam")
OTHERS = ("mia", "vera")


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module."""
    return make_customers(databases, cast, clock.now())


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", SEES_MONEY)
def test_who_sees_money_sees_it_first(as_person: AsPerson, name: str) -> None:
    app = as_person(name)
    assert not app.exception
    tiles = _tiles(app)
    # Pro at 499 and Basic at 99; the trial costs nothing and a suspended license is still billed.
    assert tiles == {"MRR": "$598", "Active customers": "2", "At-risk MRR": "$0", "Runway": "—"}
    assert len(app.get("plotly_chart")) == 2


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("name", OTHERS)
def test_who_does_not_sees_everything_else(as_person: AsPerson, name: str) -> None:
    app = as_person(name)
    assert not app.exception
    assert _tiles(app) == {"MRR": "—", "Active customers": "2", "Customers at risk": "0", "Runway": "—"}
    assert app.get("plotly_chart") == []
    assert "your role does not see money" in [metric.proto.delta_description for metric in app.metric]
    assert "$" not in words(app)


@pytest.mark.usefixtures("made")
def test_what_is_missing_says_why(as_person: AsPerson) -> None:
    told = {metric.label: metric.proto.delta_description for metric in as_person("fiona").metric}
    assert "no cash is burned, or none is booked" in told["Runway"].replace("\\", "")


@pytest.mark.usefixtures("made")
def test_open_security_points_are_for_who_sees_security(as_person: AsPerson) -> None:
    assert "Open security points" in words(as_person("fiona"))
    assert "Open security points" not in words(as_person("mia"))


@pytest.mark.usefixtures("made")
def test_three_sentences_say_what_changed(as_person: AsPerson) -> None:
    said = words(as_person("fiona"))
    assert "1 license was issued this week" in said
    assert "MRR rose by" in said
    assert "Nobody's health fell" in said


@pytest.mark.usefixtures("made")
def test_a_trial_that_ends_is_a_call(as_person: AsPerson) -> None:
    assert "Trial of Enterprise ends in 6 days" in words(as_person("sam"))


def test_the_newest_activity_leads_to_its_customer(as_person: AsPerson, made: Made) -> None:
    app = as_person("mia")
    titles = {link.proto.label.replace("\\", ""): link.proto.query_string for link in app.get("page_link")}
    assert titles["License of Oscorp *Labs* suspended"] == f"install_id={made.suspended.install_id}"
    assert "New license for Nova Bank" in titles


@pytest.mark.usefixtures("made")
def test_names_from_data_format_nothing(as_person: AsPerson) -> None:
    app = as_person("fiona")
    raw = [each.value for each in (*app.markdown, *app.caption)] + [each.proto.label for each in app.get("page_link")]
    assert any("\\*Labs\\*" in text for text in raw)
    assert not any("*Labs*" in text.replace("\\*", "") for text in raw)


def _tiles(app: AppTest) -> dict[str, str]:
    return {metric.label.replace("\\", ""): metric.value.replace("\\", "") for metric in app.metric}


@pytest.mark.usefixtures("made")
def test_a_customers_people_see_their_portal_and_nothing_else(as_person: AsPerson) -> None:
    app = as_person("otto")
    assert not app.exception
    assert [title.value for title in app.title] == ["Your portal"]
    said = words(app)
    assert "This console belongs to the vendor" in said
    assert "Nova Bank" not in said
    assert not app.metric
