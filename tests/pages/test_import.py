"""The Import page: who sees it, an upload checked before anything is written, the import, and its history."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from api.background import jobs
from api.house import House
from core import clock, config
from core.databases import Databases
from core.imports.reads import runs
from core.organizations.viewpoint import set_viewpoint, viewpoint
from core.periods import last_instant
from db.session import SYSTEM
from tests.cast import Cast
from tests.core.imports.small import ACCOUNTS, FILES, MAPPING
from tests.pages.conftest import AsPerson, words


def _files(**changed: str) -> list[tuple[str, bytes, str]]:
    contents = {**FILES, **{f"{name}.csv": content for name, content in changed.items()}}
    return [(name, content.encode(), "text/csv") for name, content in contents.items()]


def _uploaded(app: AppTest, files: list[tuple[str, bytes, str]], mapping: str = MAPPING) -> AppTest:
    app.selectbox(key="mapping-choice").select("A mapping of my own").run()
    app.file_uploader(key="csv-files").set_value(files)
    app.file_uploader(key="mapping-file").set_value([("small.yaml", mapping.encode(), "application/yaml")])
    app.run()
    return app.button(key="check").click().run()


def _dialog(run_id: str) -> None:
    from uuid import UUID

    from core.imports.reads import run_by_id
    from pages.parts.load import fresh
    from pages.parts.session import require_actor
    from pages.settings import begin

    actor = require_actor()
    begin.confirm(actor, fresh(run_by_id, actor, UUID(run_id)))


def _start(run_id: UUID) -> None:
    """Confirm in the dialog, which AppTest can show only by itself."""
    app = AppTest.from_function(_dialog, kwargs={"run_id": str(run_id)}, default_timeout=30).run()
    assert "4 customers, 8 subscriptions, 7 rows of usage, 3 tickets, 3 churn events" in words(app)
    app.button(key="import-confirm").click().run()


def _customers(databases: Databases) -> int:
    with databases.control.read(SYSTEM) as session:
        return int(session.execute(text("SELECT count(*) FROM organization WHERE realm = 'customer'")).scalar_one())


@pytest.mark.parametrize("name", ["fiona", "adam"])
def test_before_the_first_import_it_says_what_to_do(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "import")
    assert not app.exception
    assert [title.value for title in app.title] == ["Import"]
    assert "Nothing imported yet" in words(app)
    assert app.button(key="check").disabled


@pytest.mark.parametrize("name", ["sam", "mia", "vera"])
def test_who_may_not_import_is_told_so(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "import")
    assert "may not add an organization" in words(app)
    assert not app.get("file_uploader")


def test_a_customers_admin_sees_the_portal(as_person: AsPerson) -> None:
    assert [title.value for title in as_person("otto", "import").title] == ["Your portal"]


def test_an_upload_that_has_to_be_asked_about_says_so(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    unclear = ACCOUNTS.replace("25/12/2022", "5/12/2022")
    app = _uploaded(as_person("fiona", "import"), _files(accounts=unclear))
    assert "1/2/2023 can be 1 February 2023 (d/m/yyyy) or 2 January 2023 (m/d/yyyy)" in words(app)
    short = _uploaded(as_person("fiona", "import"), _files()[1:])
    assert "The mapping names accounts.csv: add the file of that name." in words(short)
    with databases.control.read(SYSTEM) as session:
        assert runs(session, cast.fiona) == ()


def test_checked_then_imported_then_in_the_history(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    before = _customers(databases)
    app = _uploaded(as_person("fiona", "import"), _files())
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        (made,) = runs(session, cast.fiona)
    assert (made.state, made.started_by) == ("checked", "fiona@calos.test")
    assert _customers(databases) == before, "a check writes nothing of the books"

    app = as_person("fiona", "import", **{"import": str(made.id)})
    shown = words(app)
    assert "Three definitions of churn contradict each other" in shown
    assert {metric.label: metric.value for metric in app.metric} == {
        "Rows to import": "25", "Refused": "22", "Doubtful": "11", "MRR": "\\$200",
    }  # fmt: skip
    reasons = app.dataframe[1].value
    assert "An id stands twice, with different content" in set(reasons["reason"])
    assert list(app.dataframe[2].value["name"])[:2] == ["Ada Ltd", "Bob & Sons"]

    _start(made.id)
    with databases.control.read(SYSTEM) as session:
        assert runs(session, cast.fiona)[0].state == "queued"
        queued = session.execute(
            text("SELECT args ->> 'import_id' FROM procrastinate_jobs WHERE task_name = 'calos.import'")
        )
        assert queued.scalars().all() == [str(made.id)]
    waiting = as_person("fiona", "import", **{"import": str(made.id)})
    assert not waiting.exception
    assert "It goes on when you leave this page" in words(waiting)
    assert "import-start" not in [button.key for button in waiting.button]

    (task,) = (one for one in jobs(House(config.settings(), opened=databases)) if one.name == "calos.import")
    task.run(import_id=str(made.id))
    task.run(import_id=str(made.id))
    assert _customers(databases) == before + 4
    over = as_person("adam", "import", **{"import": str(made.id)})
    assert "Small is in" in " ".join(each.value for each in over.success)
    history = as_person("adam", "import").dataframe[0].value
    assert (history.iloc[0]["state"], int(history.iloc[0]["rows"])) == ("Imported", 25)


def test_the_day_that_is_looked_at_can_be_changed_and_given_up(
    as_person: AsPerson, databases: Databases, cast: Cast
) -> None:
    with databases.control.write(SYSTEM) as session:
        set_viewpoint(session, cast.fiona, last_instant(date(2024, 12, 31)), source="a test", now=clock.now())
    app = as_person("fiona", "import")
    assert "Looked at as of Dec 31, 2024" in words(app)
    app.date_input(key="as-of-day").set_value(date(2024, 6, 30))
    app.button(key="as-of-set").click().run()
    with databases.control.read(SYSTEM) as session:
        assert viewpoint(session) == last_instant(date(2024, 6, 30))
    app.button(key="as-of-clear").click().run()
    with databases.control.read(SYSTEM) as session:
        assert viewpoint(session) is None
    assert "Looked at as of" not in words(as_person("fiona", "import"))


def test_an_address_of_nothing_shows_the_form(as_person: AsPerson) -> None:
    app = as_person("fiona", "import", **{"import": "nonsense"})
    assert not app.exception
    assert app.button(key="check").disabled
    gone = as_person("fiona", "import", **{"import": "00000000-0000-0000-0000-000000000000"})
    assert "There is no such import" in words(gone)
