"""What is here already of an export, and what came of it: counted from the tables, not from what was meant."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from core.ids import digest
from core.licensing.foreign_keys import TrustedKey
from core.licensing.status import status_expression
from db.models.imports import trusted_key
from db.models.licensing import installation
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.session import ReadSession


def known_installs(session: ReadSession, install_ids: Collection[str]) -> frozenset[str]:
    """Return those that are licenses here already."""
    found = session.execute(select(licenses.c.install_id).where(licenses.c.install_id.in_(list(install_ids))))
    return frozenset(found.scalars())


def taken_keys(session: ReadSession, keys: Collection[str]) -> frozenset[bytes]:
    """Return the digests of those that licenses here prove themselves with already."""
    wanted = [digest(key) for key in keys]
    return frozenset(
        session.execute(select(licenses.c.secret_digest).where(licenses.c.secret_digest.in_(wanted))).scalars()
    )


def customers_named(session: ReadSession, names: Collection[str]) -> dict[str, UUID]:
    """Return the customers of these names (in lower case) that are here, the oldest of several."""
    name = func.lower(organization.c.name)
    statement = (
        select(name.label("name"), organization.c.id)
        .where(organization.c.realm == "customer", name.in_(list(names)))
        .order_by(organization.c.created_at.desc(), organization.c.id.desc())
    )
    return {row.name: row.id for row in session.execute(statement)}


def statuses(session: ReadSession, install_ids: Collection[str], *, now: datetime) -> dict[str, str]:
    """Return the status that each license has here."""
    statement = select(licenses.c.install_id, status_expression(now).label("status")).where(
        licenses.c.install_id.in_(list(install_ids))
    )
    return {row.install_id: row.status for row in session.execute(statement)}


def grants(session: ReadSession, install_ids: Collection[str]) -> int:
    """Return how many entitlements these licenses have of their own."""
    statement = select(func.coalesce(func.sum(func.cardinality(licenses.c.entitlements)), 0)).where(
        licenses.c.install_id.in_(list(install_ids))
    )
    return int(session.execute(statement).scalar_one())


def installations(session: ReadSession, install_ids: Collection[str]) -> int:
    """Return how many installations these licenses have."""
    statement = (
        select(func.count())
        .select_from(installation)
        .join(licenses, licenses.c.id == installation.c.license_id)
        .where(licenses.c.install_id.in_(list(install_ids)))
    )
    return int(session.execute(statement).scalar_one())


def trusted_keys(session: ReadSession) -> tuple[TrustedKey, ...]:
    """Return the public keys of other systems that are believed."""
    rows = session.execute(select(trusted_key.c.scheme, trusted_key.c.public_key).order_by(trusted_key.c.added_at))
    return tuple(TrustedKey(row.scheme, row.public_key) for row in rows)


def install_of_key(session: ReadSession, key: str) -> str | None:
    """Return the install that a license key is of."""
    found: str | None = session.execute(
        select(licenses.c.install_id).where(licenses.c.secret_digest == digest(key))
    ).scalar_one_or_none()
    return found
