"""The register of license files: every one that is out, with what it says; and what making one asks of tables."""

import hmac
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, insert, or_, select

from core.access.actor import Actor
from core.errors import NotFound
from core.ids import digest
from core.licensing.limits import effective
from core.licensing.reads import license_by_install
from core.licensing.verdicts import LicenseState
from db.models.license_files import license_file
from db.models.licensing import license as licenses
from db.models.licensing import tier_limit
from db.models.limits import limit_override
from db.session import ReadSession, WriteSession

Way = Literal["person", "install", "request"]
MOST = 200


@dataclass(frozen=True)
class IssuedFile:
    """A file that is out: for which installation (`""`: bound to none), until when (None: without end), made by whom.

    `way` tells whether a person, the installation itself or an activation request asked for it; `sha256` is of
    `content`, the armored text.
    """

    id: UUID
    fingerprint: str
    made_at: datetime
    made_by: str
    way: Way
    file_expires_at: datetime | None
    grace_days: int
    encrypted: bool
    kid: str
    sha256: bytes
    content: str
    nonce: str | None = None
    request_digest: bytes | None = None


@dataclass(frozen=True)
class Holder:
    """Whose license an install id is, and the SHA-256 of its secret."""

    organization_id: UUID
    secret_digest: bytes


_COLUMNS = [license_file.c[field.name] for field in fields(IssuedFile)]


def keep(session: WriteSession, state: LicenseState, file: IssuedFile) -> None:
    """Enter a file; its license is locked, so that no nonce is answered twice."""
    row = {field.name: getattr(file, field.name) for field in fields(file)}
    session.execute(
        insert(license_file).values(**row, license_id=state.license_id, organization_id=state.organization_id)
    )


def answer_to(session: ReadSession, state: LicenseState, nonce: str) -> IssuedFile | None:
    """Return the file that an activation request of this license was answered with."""
    mine = (license_file.c.license_id == state.license_id) & (license_file.c.nonce == nonce)
    row = session.execute(select(*_COLUMNS).where(mine)).one_or_none()
    return _file(row) if row else None


def asked_for_since(session: ReadSession, state: LicenseState, since: datetime) -> int:
    """Return how many files of a license installations and requests, not the vendor's people, have had since then."""
    mine = (license_file.c.license_id == state.license_id) & (license_file.c.made_at > since)
    counted = select(func.count()).where(mine, license_file.c.way != "person")
    return int(session.execute(counted).scalar_one())


def files_of(session: ReadSession, actor: Actor, install_id: str, *, now: datetime) -> tuple[IssuedFile, ...]:
    """Return the newest files of a license, at most 200; needs `customer:read`, and sight of the license."""
    found = license_by_install(session, actor, install_id, now=now)
    mine = select(*_COLUMNS).where(license_file.c.license_id == found.id)
    rows = session.execute(mine.order_by(license_file.c.made_at.desc(), license_file.c.id.desc()).limit(MOST))
    return tuple(_file(row) for row in rows)


def file_by_id(session: ReadSession, actor: Actor, install_id: str, file_id: UUID, *, now: datetime) -> IssuedFile:
    """Return one file of a license, or raise NotFound."""
    found = license_by_install(session, actor, install_id, now=now)
    mine = (license_file.c.license_id == found.id) & (license_file.c.id == file_id)
    row = session.execute(select(*_COLUMNS).where(mine)).one_or_none()
    if row is None:
        raise NotFound(f"There is no such file of the license {install_id[:80]}.")
    return _file(row)


def holder_of(session: ReadSession, install_id: str) -> Holder | None:
    """Return who holds the license of an install id, before anybody is known."""
    found = select(licenses.c.organization_id, licenses.c.secret_digest).where(licenses.c.install_id == install_id)
    row = session.execute(found).one_or_none()
    return Holder(row.organization_id, bytes(row.secret_digest)) if row else None


def holder_with(session: ReadSession, install_id: str, secret: str) -> Holder | None:
    """Return the same only to who knows the secret."""
    found = holder_of(session, install_id)
    return found if found and hmac.compare_digest(digest(secret), found.secret_digest) else None


def limits_in_force(session: ReadSession, state: LicenseState, *, now: datetime) -> dict[str, int | None]:
    """Return the limits that a signed answer tells, by meter; None is UNLIMITED."""
    of_tier = session.execute(
        select(tier_limit.c.meter, tier_limit.c.highest).where(tier_limit.c.tier_id == state.tier)
    )
    c = limit_override.c
    agreed = session.execute(
        select(c.meter, c.highest)
        .where(c.license_id == state.license_id, c.starts_at <= now, or_(c.ends_at.is_(None), c.ends_at > now))
        # The newest of several wins.
        .order_by(c.starts_at, c.id)
    )
    usual, own = ({row.meter: row.highest for row in rows} for rows in (of_tier, agreed))
    found = effective(usual, state.max_seats, own)
    return {meter: highest for meter, (highest, _) in found.items()}


def _file(row: Any) -> IssuedFile:
    return IssuedFile(**row._mapping)
