"""The role matrix, and the words that explain it."""

import itertools

import pytest

from core.access.explanations import explain
from core.access.permissions import ALLOWS, ROLE_PERMISSIONS, Permission, Role, outranks

COUNTS = {Role.OWNER: 42, Role.ADMIN: 41, Role.MANAGER: 25, Role.MEMBER: 13, Role.VIEWER: 8}


def test_the_catalogue_has_42_permissions_each_with_words() -> None:
    assert len(Permission) == 42
    assert set(ALLOWS) == set(Permission)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_holds_as_many_as_the_table_says(role: Role) -> None:
    assert len(ROLE_PERMISSIONS[role]) == COUNTS[role]


def test_each_role_holds_everything_a_lower_one_does_and_more() -> None:
    roles = list(Role)
    for higher, lower in itertools.pairwise(roles):
        assert ROLE_PERMISSIONS[higher] > ROLE_PERMISSIONS[lower]
        assert outranks(higher, lower)
        assert not outranks(lower, higher)
        assert not outranks(lower, lower)


def test_only_an_owner_deletes_the_organization() -> None:
    assert ROLE_PERMISSIONS[Role.OWNER] - ROLE_PERMISSIONS[Role.ADMIN] == {Permission.ORGANIZATION_DELETE}


@pytest.mark.parametrize("role", list(Role))
def test_the_explanation_agrees_with_the_matrix(role: Role) -> None:
    explained = explain(role)
    assert [one.permission for one in explained] == list(Permission)
    assert {one.permission for one in explained if one.allowed} == ROLE_PERMISSIONS[role]
    assert all(one.words.startswith(f"{role.value.capitalize()}s may") and one.words.endswith(".") for one in explained)


def test_a_no_names_who_may() -> None:
    words = {one.permission: one.words for one in explain(Role.MEMBER)}
    assert words[Permission.LICENSE_REVOKE] == (
        "Members may not revoke, suspend and reinstate licenses; owners and admins may."
    )


def test_a_limited_yes_says_its_limit() -> None:
    words = {one.permission: one.words for one in explain(Role.MANAGER)}
    assert words[Permission.MEMBER_INVITE] == "Managers may invite people (as members and viewers)."


def test_a_customers_people_are_told_how_far_it_reaches() -> None:
    words = {one.permission: one.words for one in explain(Role.ADMIN, realm="customer")}
    assert (
        words[Permission.MEMBER_READ] == "Admins may see the people of the organization, within their own organization."
    )
