"""A customer's brand as staff set it."""

import re

import pytest

from core import clock
from core.databases import Databases
from core.organizations.brands import BrandDraft
from core.organizations.reads import brand_of_organization
from core.organizations.writes import set_brand
from db.session import SYSTEM
from tests.cast import Cast
from tests.hostile_names import HARMLESS, HOSTILE, made_of
from tests.pages.conftest import AsPerson, words
from tests.pages.customers_made import Made, make_customers

# What begins something in Markdown where no backslash stands before it.
LIVE = re.compile(r"(?<!\\)[*_`\[\]()<>$:#&~^{}.!]")


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module."""
    return make_customers(databases, cast, clock.now())


@pytest.mark.parametrize("name", ["fiona", "adam", "sam", "mia", "vera"])
def test_staff_see_the_brand_and_set_it_by_permission(as_person: AsPerson, made: Made, name: str) -> None:
    app = as_person(name, "brand", install_id=made.paying.install_id)
    assert not app.exception
    assert app.title[0].value == "Brand of Initech"
    keys = {button.key for button in app.button}
    assert ("brand-save" in keys) == (name != "vera")
    assert app.text_input(key="brand-name").disabled == (name == "vera")


def test_otto_sees_his_own_portal_in_its_brand(
    as_person: AsPerson, made: Made, databases: Databases, cast: Cast
) -> None:
    picture = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="4"/></svg>'
    with databases.control.write(SYSTEM) as session:
        set_brand(session, cast.adam, cast.globex, BrandDraft("Globex *", "#1d4ed8"), now=clock.now(), picture=picture)
    app = as_person("otto", "brand", install_id=made.paying.install_id)
    assert not app.exception
    assert app.title[0].value == "Your portal"
    assert "Globex *" in words(app)
    assert 'src="/api/logos/' in app.get("html")[0].proto.body
    assert "Initech" not in words(app)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_the_portal_and_in_the_preview(
    as_person: AsPerson, made: Made, databases: Databases, cast: Cast, name: str
) -> None:
    with databases.control.write(SYSTEM) as session:
        set_brand(session, cast.adam, cast.globex, BrandDraft(name, "#1d4ed8"), now=clock.now())
    app = as_person("otto", "overview")
    assert not app.exception
    [said] = [each.value for each in app.caption if each.value.replace("\\", "") == name.replace("\\", "")]
    assert not LIVE.search(said), said
    assert [each.proto.body for each in app.get("html") if name in each.proto.body] == []
    previews = []
    for each in (HARMLESS, name):
        page = as_person("sam", "brand", install_id=made.paying.install_id)
        page.text_input(key="brand-name").set_value(each).run()
        previews.append(made_of(page.get("html")[0].proto.body, each))
    assert previews[0][0] == previews[1][0]
    assert f"to {name}" in previews[1][1]


def test_without_a_customer_it_asks_for_one(as_person: AsPerson, made: Made) -> None:
    app = as_person("fiona", "brand", install_id="inst-nobody")
    assert not app.exception
    assert app.selectbox(key="picked-customer")


def test_a_brand_is_previewed_saved_and_refused_in_a_sentence(
    as_person: AsPerson, made: Made, databases: Databases
) -> None:
    app = as_person("sam", "brand", install_id=made.paying.install_id)
    app.text_input(key="brand-name").set_value("Initech <i>")
    app.text_input(key="brand-email").set_value("help@initech.test").run()
    preview = app.get("html")[0].proto.body
    assert "Initech &lt;i&gt;" in preview
    assert "help@initech.test" in preview
    app.button(key="brand-save").click().run()
    with databases.control.read(SYSTEM) as session:
        kept = brand_of_organization(session, made.paying.organization_id)
    assert kept is not None
    assert kept.name == "Initech <i>"
    app.text_input(key="brand-url").set_value("http://plain.test").run()
    assert "https://" in app.warning[0].value
