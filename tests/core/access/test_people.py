"""People: who may add, see, appoint, disable and unlock whom, and how they change their passwords."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.access.directory import list_people, person_by_email, person_by_id
from core.access.membership import change_role, disable_person, enable_person, unlock_person
from core.access.password_changes import change_own_password, reset_password
from core.access.people import checked_email, create_person
from core.access.permissions import ROLE_PERMISSIONS, Role
from core.access.sessions import SignedIn, actor_of
from core.config import Settings
from core.databases import Databases
from core.errors import CalosError, Conflict, InvalidInput, NotFound, NotPermitted
from db.models.access import audit_entry
from db.session import SYSTEM, WriteSession
from tests.books import own_databases
from tests.cast import PASSWORD, Cast, make_cast
from tests.conftest import NOW
from tests.core.access.conftest import SignIn
from tests.own_rows import PASSWORD as NEW


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own: what is read here covers everything there is."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


def add(session: WriteSession, actor: object, organization: UUID, role: Role, now: datetime) -> UUID:
    email = f"{uuid4().hex}@example.com"
    return create_person(session, actor, organization, email, "Somebody", role, NEW, now=now)  # type: ignore[arg-type]


def trail(session: WriteSession, person_id: UUID) -> list[tuple[str, object, object]]:
    found = session.execute(
        select(audit_entry.c.action, audit_entry.c.before, audit_entry.c.after)
        .where(audit_entry.c.target_id == str(person_id))
        .order_by(audit_entry.c.id)
    )
    return [(row.action, row.before, row.after) for row in found]


# Adding


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("fiona", set(Role)),
        ("adam", {Role.MANAGER, Role.MEMBER, Role.VIEWER}),
        ("sam", {Role.MEMBER, Role.VIEWER}),
        ("mia", set()),
        ("vera", set()),
    ],
)
def test_nobody_gives_a_role_that_is_not_below_their_own(
    session: WriteSession, cast: Cast, now: datetime, who: str, may: set[Role]
) -> None:
    gave = set()
    for role in Role:
        with contextlib.suppress(NotPermitted):
            add(session, getattr(cast, who), cast.vendor, role, now)
            gave.add(role)
    assert gave == may


def test_the_vendor_adds_a_customers_first_owner(session: WriteSession, cast: Cast, now: datetime) -> None:
    assert add(session, cast.adam, cast.globex, Role.OWNER, now)


def test_a_customers_admin_adds_nobody_to_the_vendor(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotFound):
        add(session, cast.otto, cast.vendor, Role.VIEWER, now)
    assert add(session, cast.otto, cast.globex, Role.MEMBER, now)


def test_an_address_signs_in_one_person_only(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(Conflict) as taken:
        create_person(session, cast.otto, cast.globex, "MIA@calos.test", "", Role.VIEWER, NEW, now=now)
    assert taken.value.code == "email_taken"


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.com", "ada@example", "a b@example.com", "a@b@example.com", "a\x00@b.de",
              "a\u200b@b.de", "\ud800@b.de", "a,b@c.de", "x" * 250 + "@b.de"]
)  # fmt: skip
def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        checked_email(email)
    assert wrong.value.field == "email"


# Seeing


def test_a_list_shows_ones_own_organization_by_power_then_name(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    assert [one.email.partition("@")[0] for one in list_people(session, cast.vera, cast.vendor, now=now)] == [
        "fiona",
        "adam",
        "sam",
        "mia",
        "vera",
    ]


def test_otto_sees_globex_people_and_nobody_else(databases: Databases, cast: Cast, now: datetime) -> None:
    with databases.control.read(cast.otto.tenancy()) as session:
        assert [one.email for one in list_people(session, cast.otto, cast.globex, now=now)] == ["otto@calos.test"]
        with pytest.raises(NotFound):
            list_people(session, cast.otto, cast.vendor, now=now)
        with pytest.raises(NotFound):
            person_by_id(session, cast.otto, UUID(cast.fiona.id), now=now)
        with pytest.raises(NotFound):
            person_by_email(session, cast.otto, "fiona@calos.test", now=now)


def test_even_without_our_checks_the_database_shows_otto_nobody_else(
    databases: Databases, cast: Cast, now: datetime
) -> None:
    with databases.control.read(cast.otto.tenancy()) as session:
        assert list_people(session, cast.fiona, cast.vendor, now=now) == []


def test_vendor_staff_see_a_customers_people(session: WriteSession, cast: Cast, now: datetime) -> None:
    assert [one.email for one in list_people(session, cast.mia, cast.globex, now=now)] == ["otto@calos.test"]


def test_a_person_shows_sessions_and_locks_that_are_live(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    signs_in(session, "mia@calos.test", PASSWORD, now=now)
    signs_in(session, "mia@calos.test", PASSWORD, now=now)
    for _ in range(5):
        signs_in(session, "mia@calos.test", "wrong", now=now)
    mia = person_by_email(session, cast.vera, "Mia@calos.test", now=now)
    assert (mia.sessions, mia.last_sign_in_at, mia.locked_until) == (2, now, now + timedelta(minutes=1))
    later = person_by_id(session, cast.mia, UUID(cast.mia.id), now=now + timedelta(hours=1))
    assert (later.sessions, later.locked_until, later.role) == (0, None, Role.MEMBER)


# Changing


@pytest.mark.parametrize(
    ("who", "whom", "to", "error"),
    [
        ("fiona", "adam", Role.OWNER, None),
        ("fiona", "adam", Role.VIEWER, None),
        ("adam", "sam", Role.VIEWER, None),
        ("adam", "mia", Role.MANAGER, None),
        ("adam", "mia", Role.ADMIN, NotPermitted),
        ("adam", "mia", Role.OWNER, NotPermitted),
        ("adam", "adam", Role.VIEWER, NotPermitted),
        ("adam", "fiona", Role.VIEWER, NotPermitted),
        ("sam", "mia", Role.VIEWER, NotPermitted),
        ("mia", "mia", Role.OWNER, NotPermitted),
        ("vera", "mia", Role.VIEWER, NotPermitted),
        ("otto", "mia", Role.VIEWER, NotFound),
        ("adam", "otto", Role.OWNER, None),
        ("fiona", "fiona", Role.ADMIN, Conflict),
    ],
)
def test_who_may_give_whom_which_role(
    session: WriteSession, cast: Cast, now: datetime, who: str, whom: str, to: Role, error: type[CalosError] | None
) -> None:
    target = UUID(getattr(cast, whom).id)
    before = person_by_id(session, cast.system, target, now=now).role
    if error is None:
        change_role(session, getattr(cast, who), target, to, now=now)
        assert trail(session, target)[-1] == ("person.role_changed", {"role": before.value}, {"role": to.value})
    else:
        with pytest.raises(error):
            change_role(session, getattr(cast, who), target, to, now=now)
    assert person_by_id(session, cast.system, target, now=now).role is (before if error else to)


def test_an_owner_steps_down_once_there_is_another(session: WriteSession, cast: Cast, now: datetime) -> None:
    fiona = UUID(cast.fiona.id)
    change_role(session, cast.fiona, UUID(cast.adam.id), Role.OWNER, now=now)
    change_role(session, cast.fiona, fiona, Role.ADMIN, now=now)
    with pytest.raises(Conflict) as last:
        change_role(session, cast.system, UUID(cast.adam.id), Role.ADMIN, now=now)
    assert last.value.code == "last_owner"


def test_a_disabled_owner_does_not_count_as_another(session: WriteSession, cast: Cast, now: datetime) -> None:
    change_role(session, cast.fiona, UUID(cast.adam.id), Role.OWNER, now=now)
    disable_person(session, cast.fiona, UUID(cast.adam.id), now=now)
    with pytest.raises(Conflict):
        change_role(session, cast.fiona, UUID(cast.fiona.id), Role.ADMIN, now=now)
    with pytest.raises(Conflict):
        disable_person(session, cast.system, UUID(cast.fiona.id), now=now)


def test_two_owners_stepping_down_at_once_leave_one(
    databases: Databases, cast: Cast, initech: UUID, now: datetime
) -> None:
    with databases.control.write(cast.system.tenancy()) as session:
        owners = [person_by_email(session, cast.system, "ada@initech.test", now=now).id]
        owners.append(add(session, cast.fiona, initech, Role.OWNER, now))

    def steps_down(which: UUID) -> bool:
        try:
            with databases.control.write(cast.system.tenancy()) as session:
                change_role(session, cast.system, which, Role.VIEWER, now=now)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as together:
        assert sorted(together.map(steps_down, owners)) == [False, True]


def test_the_same_role_again_is_no_change(session: WriteSession, cast: Cast, now: datetime) -> None:
    before = trail(session, UUID(cast.mia.id))
    change_role(session, cast.adam, UUID(cast.mia.id), Role.MEMBER, now=now)
    assert trail(session, UUID(cast.mia.id)) == before


def test_disabling_and_enabling_are_audited_once_each(session: WriteSession, cast: Cast, now: datetime) -> None:
    mia = UUID(cast.mia.id)
    for _ in range(2):
        disable_person(session, cast.adam, mia, now=now)
    assert person_by_id(session, cast.adam, mia, now=now).disabled_at == now
    for _ in range(2):
        enable_person(session, cast.adam, mia, now=now)
    assert person_by_id(session, cast.adam, mia, now=now).disabled_at is None
    assert [action for action, *_ in trail(session, mia)][-2:] == ["person.disabled", "person.enabled"]


@pytest.mark.parametrize(
    ("who", "whom", "error"),
    [
        ("sam", "mia", NotPermitted),
        ("adam", "fiona", NotPermitted),
        ("otto", "mia", NotFound),
        ("otto", "otto", NotPermitted),
        ("fiona", "fiona", Conflict),
    ],
)
def test_who_may_not_disable_whom(
    session: WriteSession, cast: Cast, now: datetime, who: str, whom: str, error: type[CalosError]
) -> None:
    with pytest.raises(error):
        disable_person(session, getattr(cast, who), UUID(getattr(cast, whom).id), now=now)


def test_an_admin_ends_a_lock_before_its_time(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    for _ in range(5):
        signs_in(session, "mia@calos.test", "wrong", now=now)
    unlock_person(session, cast.adam, UUID(cast.mia.id), now=now)
    assert isinstance(signs_in(session, "mia@calos.test", PASSWORD, now=now), SignedIn)


# Passwords


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(
    session: WriteSession, now: datetime, signs_in: SignIn
) -> None:
    here, elsewhere = (signs_in(session, "mia@calos.test", PASSWORD, now=now) for _ in range(2))
    assert isinstance(here, SignedIn)
    assert isinstance(elsewhere, SignedIn)
    assert change_own_password(session, here.actor, PASSWORD, NEW, now=now) is None
    assert actor_of(session, here.session_id, now=now)
    assert actor_of(session, elsewhere.session_id, now=now) is None
    assert not isinstance(signs_in(session, "mia@calos.test", PASSWORD, now=now), SignedIn)
    assert isinstance(signs_in(session, "mia@calos.test", NEW, now=now), SignedIn)


def test_whoever_finds_an_open_screen_gets_no_more_guesses_than_at_the_door(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    answers = [change_own_password(session, cast.mia, f"guess {n}", NEW, now=now) for n in range(6)]
    assert [answer.code for answer in answers if answer] == ["wrong_credentials"] * 4 + ["locked"] * 2
    assert change_own_password(session, cast.mia, PASSWORD, NEW, now=now) is not None


def test_a_new_password_has_to_be_new_and_good(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        change_own_password(session, cast.mia, PASSWORD, "short", now=now)
    with pytest.raises(Conflict):
        change_own_password(session, cast.mia, NEW, NEW, now=now)
    with pytest.raises(NotPermitted):
        change_own_password(session, cast.system, PASSWORD, NEW, now=now)


def test_the_operator_resets_a_password_and_nobody_else_does(
    session: WriteSession, cast: Cast, now: datetime, signs_in: SignIn
) -> None:
    mia = UUID(cast.mia.id)
    for _ in range(5):
        before = signs_in(session, "mia@calos.test", "wrong", now=now)
    assert before
    with pytest.raises(NotPermitted):
        reset_password(session, cast.fiona, mia, NEW, now=now)
    reset_password(session, cast.system, mia, NEW, now=now)
    assert isinstance(signs_in(session, "mia@calos.test", NEW, now=now), SignedIn)
    assert "password.reset" in [action for action, *_ in trail(session, mia)]


def test_no_password_reaches_the_audit_trail(session: WriteSession, cast: Cast, now: datetime) -> None:
    made = add(session, cast.fiona, cast.vendor, Role.MEMBER, now)
    reset_password(session, cast.system, made, "another few quiet otters", now=now)
    assert "otters" not in str(trail(session, made))
    assert "argon2" not in str(trail(session, made))


def test_the_cast_holds_what_its_roles_hold(cast: Cast) -> None:
    assert [one.permissions for one in cast.staff()] == [ROLE_PERMISSIONS[role] for role in Role]
