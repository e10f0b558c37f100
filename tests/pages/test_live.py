"""The feed of activity: each run reads it anew, past what pages remember."""

from streamlit.testing.v1 import AppTest

from core import clock
from core.databases import Databases
from tests.cast import Cast
from tests.pages.conftest import AsPerson
from tests.pages.customers_made import make_customers


def told(app: AppTest) -> list[str]:
    return [link.proto.label.replace("\\", "") for link in app.get("page_link")]


def test_what_happens_between_two_runs_is_in_the_second(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    app = as_person("vera", "customers")
    assert "New license for Initech" not in told(app)
    make_customers(databases, cast, clock.now())
    app.run()
    assert not app.exception
    assert told(app)[0] == "License of Oscorp *Labs* suspended"
    assert "New license for Initech" in told(app)
