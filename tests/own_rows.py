"""Committed rows for tests that need several connections: made for one test, and taken out again after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import psycopg

from core.access.people import create_person
from core.access.permissions import Role
from core.databases import Databases
from core.organizations.writes import create_organization
from db.session import SYSTEM
from tests.cast import Cast

PASSWORD = "seven quiet otters drift"
TABLES = ("audit_entry", "audit_head", "session", "person")


@contextmanager
def own_customer(databases: Databases, owner_url: str, cast: Cast, *, now: datetime) -> Iterator[UUID]:
    """Yield the id of Initech: ada (owner) and bob (member), `@initech.test`, with PASSWORD."""
    with databases.control.write(SYSTEM) as session:
        made = create_organization(session, cast.system, "Initech", now=now)
        for name, role in (("ada", Role.OWNER), ("bob", Role.MEMBER)):
            create_person(session, cast.system, made, f"{name}@initech.test", name.title(), role, PASSWORD, now=now)
    try:
        yield made
    finally:
        # The app may not delete audit entries; only the database's owner can.
        with psycopg.connect(owner_url) as owner:
            for table in TABLES:
                owner.execute(f"DELETE FROM {table} WHERE organization_id = %s", (made,))
            owner.execute("DELETE FROM organization WHERE id = %s", (made,))


@contextmanager
def before_set_up(owner_url: str, cast: Cast) -> Iterator[None]:
    """Make the cast's vendor somebody's customer, so that nobody owns a vendor; all of it undone afterwards."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("UPDATE organization SET realm = 'customer' WHERE id = %s", (cast.vendor,))
        try:
            yield
        finally:
            made = "(SELECT id FROM organization WHERE realm = 'vendor')"
            for table in TABLES:
                owner.execute(f"DELETE FROM {table} WHERE organization_id IN {made}")
            owner.execute("DELETE FROM organization WHERE realm = 'vendor'")
            owner.execute("DELETE FROM setup_link")
            owner.execute("UPDATE organization SET realm = 'vendor' WHERE id = %s", (cast.vendor,))
