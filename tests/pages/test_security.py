"""Audit and People: who sees them, what their first glance says, and what they answer."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from streamlit.testing.v1 import AppTest

from core import clock, config
from core.access import audit
from core.access.audit_reads import by_person
from core.access.checkpoints import Checkpoints, audit_key, folder_of
from core.access.sealing import seal_waiting
from core.access.sessions import list_sessions
from core.databases import Databases
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import AsPerson, SignedInAs, words


@pytest.mark.parametrize("name", ["fiona", "adam"])
def test_audit_says_whether_the_chain_is_whole(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "audit")
    assert not app.exception
    assert "The chain is whole" in words(app)
    assert "started" in " ".join(app.dataframe[0].value["did"])


@pytest.mark.parametrize("name", ["sam", "mia", "vera"])
def test_audit_is_not_even_listed_for_others(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "audit")
    assert not app.exception
    assert "The chain is whole" not in words(app)


def test_audit_names_whose_trail_an_entry_stands_in(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    with databases.control.write(SYSTEM) as session:
        audit.record(
            session,
            cast.fiona,
            "customer.note_written",
            ("organization", str(cast.globex)),
            now=clock.now(),
            organization_id=cast.globex,
        )
    rows = as_person("fiona", "audit").dataframe[0].value
    assert "Globex" in set(rows[rows["did"] == "Customer: note written"]["whose"])


def test_audit_without_a_match_says_what_to_do(as_person: AsPerson) -> None:
    app = as_person("fiona", "audit", who="nobody-of-this-name")
    assert "Choose a longer range" in words(app)


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a home of this test's own: in the one shared by all tests lie checkpoints of other databases' chains."""
    monkeypatch.setenv("CALOS_HOME", str(tmp_path))
    config.settings.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    config.settings.cache_clear()


def test_verifying_everything_reports_every_chain(as_person: AsPerson, databases: Databases, own_home: Path) -> None:
    checkpoints = Checkpoints(folder_of(own_home), audit_key(own_home))
    seal_waiting(lambda: databases.control.write(SYSTEM), checkpoints, now=clock.now())
    app = as_person("fiona", "audit")
    assert "Not every chain has been verified" in words(app)
    app.button(key="verify").click().run()
    assert not app.exception
    assert "chains were last verified just now by fiona@calos.test" in words(app)
    assert any("whole" in each.value for each in app.toast)


def test_audit_says_what_was_unusual_and_leads_to_it(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    assert "no bursts of refusals" in words(as_person("fiona", "audit"))
    with databases.control.write(SYSTEM) as session:
        for _ in range(6):
            target = ("person", cast.sam.id)
            audit.record(session, cast.sam, "session.refused", target, now=clock.now(), reason="wrong password")
    app = as_person("adam", "audit")
    assert "6 refused sign-ins of sam@calos.test" in words(app)
    assert "Not looked at yet" in words(app)
    assert len(as_person("fiona", "audit", q="sam@", action="session.refused").dataframe[0].value) == 6


def test_audit_searches_any_word(as_person: AsPerson, databases: Databases, cast: Cast) -> None:
    with databases.control.write(SYSTEM) as session:
        audit.record(session, cast.mia, "thing.changed", ("thing", "1"), now=clock.now(), after={"color": "vermilion"})
    assert list(as_person("fiona", "audit", q="vermilion").dataframe[0].value["did"]) == ["Thing: changed"]


@pytest.mark.parametrize("name", ["fiona", "adam", "sam", "mia", "vera"])
def test_people_lists_the_vendors_five_for_all_of_them(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "people")
    assert not app.exception
    roster = app.dataframe[0].value
    assert list(roster["role"]) == ["Owner", "Admin", "Manager", "Member", "Viewer"]
    assert list(roster["may"]) == [f"{count} of 42" for count in (42, 41, 25, 13, 8)]


def test_people_says_that_nobody_holds_a_second_factor(as_person: AsPerson) -> None:
    app = as_person("fiona", "people")
    assert set(app.dataframe[0].value["factor"]) == {"Password only"}
    assert "Without a second factor" in words(app)


def test_a_link_to_a_person_shows_sessions_deeds_and_what_can_be_changed(as_person: AsPerson, cast: Cast) -> None:
    app = as_person("fiona", "people", person=cast.fiona.id)
    assert not app.exception
    assert "What Fiona did" in words(app)
    assert any("This one: AppTest" in list(each.value.get("where", [])) for each in app.dataframe)
    assert not [each for each in app.button if each.key == "disable"]
    assert [each for each in as_person("fiona", "people", person=cast.mia.id).button if each.key == "disable"]
    assert not [each for each in as_person("mia", "people", person=cast.vera.id).button if each.key == "disable"]


def _dialog(person: str) -> None:
    from functools import partial
    from uuid import UUID

    from pages.parts import session
    from pages.security import acts

    acts.confirm(
        session.require_actor(), "Sign Vera out?", "All sessions end.", partial(acts._everywhere, UUID(person))
    )


def test_signing_somebody_out_asks_why_and_keeps_the_answer(
    as_person: AsPerson, signed_in: SignedInAs, databases: Databases, cast: Cast
) -> None:
    as_person("vera", "people")
    assert [each for each in as_person("fiona", "people", person=cast.vera.id).button if each.key == "everywhere"]
    signed_in("fiona")
    # A dialog reruns itself alone, which AppTest can't: drawn in every run, it shows what it would.
    app = AppTest.from_function(_dialog, args=(cast.vera.id,), default_timeout=30).run()
    app.button(key="sure").click().run()
    assert "Say in a few words why." in words(app)
    app.text_input(key="reason").set_value("Lost her laptop").run()
    app.button(key="sure").click().run()
    assert not app.exception
    with databases.control.read(SYSTEM) as session:
        ended = by_person(session, cast.fiona, UUID(cast.fiona.id), days=1, now=clock.now(), limit=5).entries[0]
        assert list_sessions(session, cast.fiona, UUID(cast.vera.id), now=clock.now()) == []
    assert (ended.action, ended.reason) == ("session.ended", "Lost her laptop")


def test_people_answers_why_somebody_cannot(as_person: AsPerson) -> None:
    app = as_person("vera", "people", why="revoke")
    explained = app.dataframe[1].value
    assert set(explained["may"]) == {"No"}
    assert "Viewers may not revoke" in explained["words"].iloc[0]


def test_people_shows_the_matrix_of_roles(as_person: AsPerson) -> None:
    matrix = as_person("fiona", "people", view="Roles").dataframe[0].value
    assert len(matrix) == 42
    assert [int((matrix[role] == "✓").sum()) for role in ("owner", "admin", "manager", "member", "viewer")] == [
        42,
        41,
        25,
        13,
        8,
    ]


@pytest.mark.parametrize("path", ["security", "audit", "people", "customers", "overview"])
def test_a_customers_admin_sees_the_portal_and_nothing_else(as_person: AsPerson, path: str) -> None:
    app = as_person("otto", path)
    assert not app.exception
    assert not app.dataframe
    assert "Your portal" in words(app)
