"""The one-time set-up link of an installation that starts empty."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from core.access.actor import system_actor
from core.access.permissions import Role
from core.access.sessions import SignedIn
from core.access.setup import make_setup_link, needs_setup, setup_link_works
from core.config import Settings
from core.databases import Databases
from core.errors import CalosError, Conflict, InvalidInput, NotFound
from core.ids import new_id
from core.organizations.founding import use_setup_link
from core.organizations.reads import vendor_id
from core.organizations.writes import create_organization
from db.models.access import audit_entry, person, setup_link
from db.models.organizations import organization
from db.session import DOOR, WriteSession
from tests.cast import Cast
from tests.core.access.conftest import SignIn
from tests.own_rows import PASSWORD, before_set_up

FOUNDER = ("Acme Tools", "Ada Lovelace", "ada@acme.test", PASSWORD)


@pytest.fixture
def empty(session: WriteSession, cast: Cast) -> WriteSession:
    """Return a transaction in which nobody owns the vendor, and the cast's organization is another's."""
    session.execute(update(organization).where(organization.c.id == cast.vendor).values(realm="customer"))
    return session


def test_with_an_owner_there_is_no_link(session: WriteSession, cast: Cast, now: datetime) -> None:
    assert cast.fiona.role == "owner"
    assert not needs_setup(session)
    assert make_setup_link(session, now=now) is None


def test_a_link_makes_the_organization_and_an_owner_who_can_sign_in(
    empty: WriteSession, now: datetime, signs_in: SignIn
) -> None:
    token = make_setup_link(empty, now=now)
    assert token is not None
    assert setup_link_works(empty, token, now=now)
    made = use_setup_link(empty, token, *FOUNDER, now=now)
    signed = signs_in(empty, "ada@acme.test", PASSWORD, now=now)
    assert isinstance(signed, SignedIn)
    assert (signed.actor.id, signed.actor.realm, signed.actor.role) == (str(made), "vendor", "owner")
    vendor = vendor_id(empty)
    assert vendor == signed.actor.organization_id
    assert empty.execute(select(organization.c.name).where(organization.c.id == vendor)).scalar() == "Acme Tools"
    trail = select(audit_entry.c.action).where(audit_entry.c.organization_id == vendor).order_by(audit_entry.c.id)
    assert list(empty.execute(trail).scalars()) == ["organization.created", "person.created", "session.started"]


def test_a_link_works_once_and_no_other_works_after_it(empty: WriteSession, now: datetime) -> None:
    first, second = make_setup_link(empty, now=now), make_setup_link(empty, now=now)
    assert first
    assert second
    use_setup_link(empty, first, *FOUNDER, now=now)
    for token in (first, second):
        assert not setup_link_works(empty, token, now=now)
        with pytest.raises(Conflict) as refused:
            use_setup_link(empty, token, "Other", "Eve", "eve@evil.test", PASSWORD, now=now)
        assert refused.value.code == "already_set_up"
    assert make_setup_link(empty, now=now) is None


def test_a_used_link_stays_used_even_if_the_owner_is_gone(empty: WriteSession, now: datetime) -> None:
    token = make_setup_link(empty, now=now)
    assert token
    made = use_setup_link(empty, token, *FOUNDER, now=now)
    empty.execute(delete(person).where(person.c.id == made))
    assert needs_setup(empty)
    with pytest.raises(NotFound):
        use_setup_link(empty, token, *FOUNDER, now=now)


def test_a_link_is_good_for_a_day(empty: WriteSession, now: datetime) -> None:
    token = make_setup_link(empty, now=now)
    assert token
    assert setup_link_works(empty, token, now=now + timedelta(hours=23, minutes=59))
    with pytest.raises(NotFound) as stale:
        use_setup_link(empty, token, *FOUNDER, now=now + timedelta(hours=24))
    assert stale.value.code == "setup_link_stale"
    make_setup_link(empty, now=now + timedelta(hours=24))
    assert len(empty.execute(select(setup_link)).all()) == 1


@pytest.mark.parametrize("token", ["", "setup_", "setup_" + "A" * 43, "\x00", "x" * 5000])
def test_a_made_up_link_opens_nothing(empty: WriteSession, now: datetime, token: str) -> None:
    make_setup_link(empty, now=now)
    assert not setup_link_works(empty, token, now=now)
    with pytest.raises(NotFound):
        use_setup_link(empty, token, *FOUNDER, now=now)


def test_only_a_digest_of_the_link_is_kept(empty: WriteSession, now: datetime) -> None:
    token = make_setup_link(empty, now=now)
    assert token
    assert token.encode() not in bytes(empty.execute(select(setup_link.c.token_digest)).scalar_one())


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ((" ", "Ada", "ada@acme.test", PASSWORD), "organization"),
        (("Acme", "Ada", "ada", PASSWORD), "email"),
        (("Acme", "Ada", "ada@acme.test", "short"), "password"),
    ],
)
def test_what_is_wrong_is_said_by_field(
    empty: WriteSession, now: datetime, changed: tuple[str, str, str, str], field: str
) -> None:
    token = make_setup_link(empty, now=now)
    assert token
    with pytest.raises(InvalidInput) as wrong:
        use_setup_link(empty, token, *changed, now=now)
    assert wrong.value.field == field


def test_an_organization_that_lost_its_owner_gets_one_and_keeps_its_name(
    session: WriteSession, cast: Cast, now: datetime
) -> None:
    session.execute(update(person).where(person.c.role == "owner").values(role=Role.ADMIN.value))
    token = make_setup_link(session, now=now)
    assert token
    made = use_setup_link(session, token, *FOUNDER, now=now)
    row = session.execute(select(person).where(person.c.id == made)).mappings().one()
    assert (row["organization_id"], row["role"]) == (cast.vendor, "owner")
    assert session.execute(select(organization.c.name).where(organization.c.id == cast.vendor)).scalar() == "Calos"


def test_an_organization_that_nobody_is_in_yet_takes_the_name_it_is_given(
    empty: WriteSession, cast: Cast, now: datetime
) -> None:
    vendor = create_organization(empty, system_actor(new_id()), "Calos", realm="vendor", now=now)
    token = make_setup_link(empty, now=now)
    assert token
    use_setup_link(empty, token, *FOUNDER, now=now)
    assert empty.execute(select(organization.c.name).where(organization.c.id == vendor)).scalar() == FOUNDER[0]


@pytest.fixture
def started_empty(databases: Databases, cast: Cast, test_settings: Settings) -> Iterator[Databases]:
    """Yield databases in which, for every connection, nobody owns the vendor; restored afterwards."""
    with before_set_up(test_settings.database_url, cast):
        yield databases


def test_of_many_who_use_links_at_once_one_becomes_the_owner(started_empty: Databases, now: datetime) -> None:
    with started_empty.control.write(DOOR) as session:
        tokens = [make_setup_link(session, now=now) or "" for _ in range(2)] * 3

    def founds(number: int) -> bool:
        try:
            with started_empty.control.write(DOOR) as session:
                use_setup_link(
                    session, tokens[number], f"Acme {number}", "Ada", f"{number}@acme.test", PASSWORD, now=now
                )
        except CalosError:
            return False
        return True

    with ThreadPoolExecutor(6) as together:
        assert sum(together.map(founds, range(6))) == 1
    with started_empty.control.read(DOOR) as reading:
        assert not needs_setup(reading)
        vendors = reading.execute(select(organization.c.id).where(organization.c.realm == "vendor")).all()
    assert len(vendors) == 1
