"""What tests of access share: a usual sign-in, and a customer of their own whose rows are committed."""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

import psycopg
import pytest

from core.access.people import create_person
from core.access.permissions import Role
from core.access.sessions import SignInResult, sign_in
from core.config import Settings
from core.databases import Databases
from core.organizations.writes import create_organization
from db.session import SYSTEM, WriteSession
from tests.cast import Cast

PASSWORD = "seven quiet otters drift"
SignIn = Callable[..., SignInResult]


@pytest.fixture
def signs_in() -> SignIn:
    """Return a sign-in with the product's usual durations."""

    def with_defaults(
        session: WriteSession, email: str, password: str, *, now: datetime, hours: int = 12
    ) -> SignInResult:
        return sign_in(
            session,
            email,
            password,
            now=now,
            address="192.0.2.7",
            user_agent="Firefox",
            idle_minutes=30,
            hours=hours,
        )

    return with_defaults


@pytest.fixture
def initech(databases: Databases, cast: Cast, test_settings: Settings, now: datetime) -> Iterator[UUID]:
    """Yield a committed customer with an owner (ada@initech.test) that several connections see; removed afterwards."""
    with databases.control.write(SYSTEM) as session:
        made = create_organization(session, cast.system, "Initech", now=now)
        create_person(session, cast.system, made, "ada@initech.test", "Ada", Role.OWNER, PASSWORD, now=now)
    yield made
    # Audit entries can only be taken out by the database's owner.
    with psycopg.connect(test_settings.database_url) as owner:
        for table in ("audit_entry", "audit_head", "session", "person"):
            owner.execute(f"DELETE FROM {table} WHERE organization_id = %s", (made,))
        owner.execute("DELETE FROM organization WHERE id = %s", (made,))
