"""The feed of activity: each run reads it anew, past what pages remember."""

import re

from streamlit.material_icon_names import ALL_MATERIAL_ICONS
from streamlit.testing.v1 import AppTest

from core import clock
from core.announce.writes import announce
from core.databases import Databases
from core.licensing.acts import TITLES
from db.session import SYSTEM
from pages.parts.live import ICONS
from tests.cast import Cast
from tests.pages.conftest import AsPerson
from tests.pages.customers_made import make_customers
from tests.running import ROOT


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


def announced() -> set[str]:
    """Return the kinds of news that core tells of: written out where it announces, or named by an act's title."""
    files = [path for path in (ROOT / "core").rglob("*.py") if re.search(r"""['"]activity:new['"]""", path.read_text())]
    said = r"""(?:['"]kind['"][:,]|_tell\(\s*session, \w+,) ['"](\w+\.\w+)['"]"""
    written = {kind for path in files for kind in re.findall(said, path.read_text())}
    assert {path.relative_to(ROOT / "core").as_posix() for path in files} == {
        "accounts/dunning.py",
        "accounts/invoicing.py",
        "finance/cost_watch.py",
        "imports/writes.py",
        "licensing/acts.py",
        "licensing/statements.py",
    }, "look what kinds the new one announces"
    return written | set(TITLES)


def test_every_kind_of_news_has_an_icon_of_its_own() -> None:
    assert announced() >= {"license.first_verified", "import.finished", "license.secret_rotated", "invoice.voided"}
    assert sorted(announced() - set(ICONS)) == []
    assert len(set(ICONS.values())) == len(ICONS)
    assert [icon for icon in ICONS.values() if icon not in ALL_MATERIAL_ICONS] == []


def test_news_of_no_customer_leads_to_none(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    with databases.control.write(SYSTEM) as session:
        news = {"kind": "import.finished", "title": "Books *of May* imported"}
        announce(session, cast.vendor, "activity:new", news, now=clock.now())
    app = as_person("vera", "customers")
    assert not app.exception
    assert ":material/upload_file: Books \\*of May\\* imported" in [each.value for each in app.markdown]
    assert "Books *of May* imported" not in told(app)
