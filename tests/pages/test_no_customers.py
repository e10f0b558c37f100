"""The screens of an installation that has no customer yet: each says what will appear and what to do."""

import pytest

from tests.pages.conftest import AsPerson, words

STAFF = ("fiona", "adam", "sam", "mia", "vera")


@pytest.mark.parametrize("path", ["overview", "customers"])
def test_who_may_issue_licenses_is_offered_to(as_person: AsPerson, path: str) -> None:
    for name in STAFF:
        app = as_person(name, path)
        assert not app.exception
        assert "No customers yet" in words(app)
        offered = [button.label for button in app.button if button.key and button.key.startswith("empty-")]
        assert offered == (["New license"] if name in {"fiona", "adam", "sam"} else [])


def test_who_may_not_learns_who_can(as_person: AsPerson) -> None:
    assert "A manager, admin or owner can issue one" in words(as_person("vera", "customers"))


def test_the_demo_is_one_command_away(as_person: AsPerson) -> None:
    assert "python manage.py demo build" in words(as_person("fiona", "customers"))


def test_licenses_and_customer_say_where_to_begin(as_person: AsPerson) -> None:
    assert "No licenses yet" in words(as_person("fiona", "licenses"))
    said = words(as_person("mia", "customer"))
    assert "No customers yet" in said


def test_activity_says_what_it_waits_for(as_person: AsPerson) -> None:
    assert "Issue a license: it appears here at once" in words(as_person("fiona"))
