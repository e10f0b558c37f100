"""Audit and People: who sees them, what their first glance says, and what they answer."""

import pytest

from core import clock
from core.access import audit
from core.databases import Databases
from db.session import SYSTEM
from tests.cast import Cast
from tests.pages.conftest import AsPerson, words


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


def test_verifying_everything_reports_every_chain(as_person: AsPerson) -> None:
    app = as_person("fiona", "audit")
    app.button(key="verify").click().run()
    assert not app.exception
    assert "whole" in " ".join(each.value for each in app.success)


@pytest.mark.parametrize("name", ["fiona", "adam", "sam", "mia", "vera"])
def test_people_lists_the_vendors_five_for_all_of_them(as_person: AsPerson, name: str) -> None:
    app = as_person(name, "people")
    assert not app.exception
    roster = app.dataframe[0].value
    assert list(roster["role"]) == ["Owner", "Admin", "Manager", "Member", "Viewer"]
    assert list(roster["may"]) == [f"{count} of 42" for count in (42, 41, 25, 13, 8)]


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


@pytest.mark.parametrize("path", ["audit", "people", "customers", "overview"])
def test_a_customers_admin_sees_the_portal_and_nothing_else(as_person: AsPerson, path: str) -> None:
    app = as_person("otto", path)
    assert not app.exception
    assert not app.dataframe
    assert "Your portal" in words(app)
