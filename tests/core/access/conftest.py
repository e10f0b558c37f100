"""What tests of access share: a usual sign-in, and a customer of their own whose rows are committed."""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import delete

from core.access.sessions import SignInResult, sign_in
from core.config import Settings
from core.databases import Databases
from db.models.access import session as sessions
from db.session import WriteSession
from tests.cast import Cast
from tests.own_rows import own_customer

SignIn = Callable[..., SignInResult]
ADDRESS = "192.0.2.7"


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
            address=ADDRESS,
            user_agent="Firefox",
            idle_minutes=30,
            hours=hours,
        )

    return with_defaults


@pytest.fixture
def initech(databases: Databases, cast: Cast, test_settings: Settings, now: datetime) -> Iterator[UUID]:
    """Yield a customer with committed people, ada (owner) and bob (member), that several connections see."""
    with own_customer(databases, test_settings.database_url, cast, now=now) as made:
        yield made


@pytest.fixture(autouse=True)
def nobody_signed_in(request: pytest.FixtureRequest) -> None:
    """Take sessions that other tests of this worker left committed out of the test's own transaction."""
    if "session" in request.fixturenames:
        request.getfixturevalue("session").execute(delete(sessions))
