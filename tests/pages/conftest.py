"""Pages as a person of the cast sees them, over a database of this module's own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy.engine import make_url
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core import clock, config
from core.access.sessions import SignedIn, sign_in
from core.config import Settings
from core.databases import Databases
from core.databases import databases as opened_by_pages
from db.session import DOOR, SYSTEM
from pages.parts import session as seam
from tests.books import own_databases
from tests.cast import PASSWORD, Cast, make_cast

APP = Path(__file__).parents[2] / "app.py"
# Signs in a person of the cast and opens a screen by its address: `as_person("fiona", "customers", tier="pro")`.
AsPerson = Callable[..., AppTest]
# Signs in a person of the cast; whatever runs afterwards in this test runs as them: `signed_in("fiona")`.
SignedInAs = Callable[[str], None]


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own, in which pages too find themselves."""
    with own_databases(test_settings) as opened:
        name = opened.control.engine.url.database
        url = make_url(test_settings.database_url).set(database=name).render_as_string(hide_password=False)
        os.environ["DATABASE_URL"] = url
        _forget()
        yield opened
        opened_by_pages().close()
        os.environ["DATABASE_URL"] = test_settings.database_url
        _forget()


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, clock.now())


@pytest.fixture
def signed_in(databases: Databases, cast: Cast) -> Iterator[SignedInAs]:
    """Yield a function that makes one of the cast the person who looks at pages."""
    found = seam.session_source

    def enter(name: str) -> None:
        with databases.control.write(DOOR) as session:
            entered = sign_in(
                session,
                f"{name}@calos.test",
                PASSWORD,
                now=clock.now(),
                address="127.0.0.1",
                user_agent="AppTest",
                idle_minutes=30,
                hours=1,
            )
        assert isinstance(entered, SignedIn), entered
        seam.session_source = lambda: str(entered.session_id)
        st.cache_data.clear()

    yield enter
    seam.session_source = found


@pytest.fixture
def as_person(signed_in: SignedInAs) -> AsPerson:
    """Return a function that opens a screen of the product as one of the cast, after its first run."""

    def opened(name: str, path: str = "overview", **query: Any) -> AppTest:
        signed_in(name)
        app = AppTest.from_file(str(APP), default_timeout=60)
        # AppTest switches pages by file; ours are functions, which Streamlit knows by the hash of their address.
        app._page_hash = calc_hash(path)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return opened


def _forget() -> None:
    config.settings.cache_clear()
    opened_by_pages.cache_clear()
    st.cache_data.clear()


def words(app: AppTest) -> str:
    """Return everything the page says, for a test to look for a sentence in; escapes of Markdown are taken out."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success", "metric")
    said = [str(getattr(each, "value", "")) for kind in kinds for each in app.get(kind)]
    said += [str(getattr(each.proto, "label", "")) for kind in ("metric", "page_link") for each in app.get(kind)]
    return "\n".join(said).replace("\\", "")
