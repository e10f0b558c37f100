"""How the operator's commands reach the databases: each is one transaction, and acts for the vendor."""

from collections.abc import Iterator
from contextlib import contextmanager

from core.access.actor import Actor, system_actor
from core.config import settings
from core.databases import Databases, open_databases
from core.errors import NotFound
from core.organizations.reads import vendor_id
from db.session import SYSTEM, ReadSession, WriteSession


@contextmanager
def opened() -> Iterator[Databases]:
    """Yield the databases of this installation, attached to the running server or started for this command."""
    made = open_databases(settings())
    try:
        yield made
    finally:
        made.close()


@contextmanager
def changing() -> Iterator[tuple[WriteSession, Actor]]:
    """Yield a transaction and the operator as its actor."""
    with opened() as databases, databases.control.write(SYSTEM) as session:
        yield session, operator(session)


def operator(session: ReadSession) -> Actor:
    """Return the actor that commands act as, or refuse before the first set-up."""
    vendor = vendor_id(session)
    if vendor is None:
        raise NotFound("Nobody has set this installation up yet: start it once and follow the set-up link it prints.")
    return system_actor(vendor, "manage.py")
