"""Search everything: customers, licenses and screens, each only for who may open it."""

import pytest
from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words
from tests.pages.customers_made import Made, make_customers


@pytest.fixture(scope="module")
def made(databases: Databases, cast: Cast) -> Made:
    """Return the customers of this module."""
    return make_customers(databases, cast, clock.now())


def _finder() -> None:
    import streamlit as st

    from pages.parts import finder, links, session
    from pages.parts.registry import SCREENS

    st.navigation([links.page_of(screen) for screen in SCREENS], position="hidden")
    finder.body(session.require_actor())


def found(signed_in: SignedInAs, name: str, text: str = "") -> AppTest:
    signed_in(name)
    app = AppTest.from_function(_finder, default_timeout=30).run()
    assert not app.exception
    return app.text_input(key="finder-text").set_value(text).run() if text else app


def labels(app: AppTest) -> list[str]:
    return [link.proto.label.replace("\\", "") for link in app.get("page_link")]


def test_without_words_it_lists_the_screens_of_the_role(signed_in: SignedInAs, made: Made) -> None:
    assert {"Overview", "Customers", "Audit", "People"} <= set(labels(found(signed_in, "fiona")))
    assert "Audit" not in labels(found(signed_in, "vera"))
    assert "Customer" not in labels(found(signed_in, "fiona"))


def test_part_of_a_name_finds_the_customer_and_the_license(signed_in: SignedInAs, made: Made) -> None:
    app = found(signed_in, "vera", "nova b")
    assert labels(app) == ["Nova Bank", made.trial.install_id]
    assert {link.proto.query_string for link in app.get("page_link")} == {f"install_id={made.trial.install_id}"}


def test_an_install_id_finds_its_license(signed_in: SignedInAs, made: Made) -> None:
    assert made.paying.install_id in labels(found(signed_in, "mia", made.paying.install_id[:14]))


def test_nothing_found_says_what_to_try(signed_in: SignedInAs, made: Made) -> None:
    assert "Nothing is called “zzzz”" in words(found(signed_in, "sam", "zzzz"))


def test_every_screen_has_it(as_person: AsPerson, made: Made) -> None:
    for path in ("overview", "customers", "licenses", "people"):
        app = as_person("adam", path)
        assert [button.key for button in app.sidebar.button] == ["finder"]
    app.button(key="finder").click().run()
    assert "Overview" in labels(app)
