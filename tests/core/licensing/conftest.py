"""Committed licenses for the verify door, which reads with its own connections; taken out after each test."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete

from core import signing
from core.config import Settings
from core.databases import Databases, door_url
from core.licensing.door import VerifyDoor, open_door
from core.licensing.writes import Issued, issue
from core.organizations.writes import create_organization
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.cast import Cast


@pytest.fixture
def customer(databases: Databases, cast: Cast, now: datetime) -> Iterator[UUID]:
    """Yield a customer of this test alone."""
    with databases.control.write(SYSTEM) as session:
        made = create_organization(session, cast.system, "Hooli", now=now)
    yield made
    with databases.control.write(SYSTEM) as session:
        session.execute(delete(licenses).where(licenses.c.organization_id == made))


@pytest.fixture
def issued(databases: Databases, cast: Cast, customer: UUID, now: datetime) -> Callable[..., Issued]:
    """Return a function that issues a paid Pro license to the customer, committed."""

    def made(**options: Any) -> Issued:
        asked = {"term": "paid", "billing_period": "monthly", "now": now, **options}
        with databases.control.write(SYSTEM) as session:
            return issue(session, cast.system, customer, asked.pop("tier", "pro"), **asked)

    return made


@pytest.fixture
async def door(databases: Databases, test_settings: Settings) -> AsyncIterator[VerifyDoor]:
    """Yield an open verify door."""
    opened = await open_door(door_url(databases.control_url), test_settings.home)
    yield opened
    await opened.close()


@pytest.fixture
async def second_door(databases: Databases, test_settings: Settings) -> AsyncIterator[VerifyDoor]:
    """Yield another door on the same database, as another process has it."""
    opened = await open_door(door_url(databases.control_url), test_settings.home)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> signing.KeyRing:
    """Return keys that sign license files, of this file of tests alone."""
    return signing.open_ring(tmp_path_factory.mktemp("home"), "files", now=datetime.fromisoformat("2026-11-21T12:00Z"))
