"""The look itself: counts and settings that PostgreSQL is asked for, beside what lies around it."""

import functools
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select, text

from core.access.checkpoints import audit_key, folder_of, last_checkpoint
from core.access.passwords import verify_password
from core.access.permissions import Role
from core.config import DEMO_INSTALL_SECRET, DEMO_PASSWORD, Settings
from core.ids import digest
from core.organizations.reads import vendor_id
from core.security import surroundings, unusual
from core.security.access_control import DORMANT_DAYS
from core.security.authentication import LONGEST_HOURS, LONGEST_IDLE
from core.security.observed import (
    Customers,
    Guessing,
    Observed,
    People,
    Review,
    Sessions,
    Storage,
    Tables,
    Trail,
    Unusual,
    Verified,
)
from db.models.access import audit_entry, audit_head, person
from db.models.access import session as sessions
from db.models.licensing import license as licenses
from db.models.organizations import organization
from db.models.security import audit_verification
from db.session import ReadSession

REVIEWED: Final = "security.reviewed"
REFUSALS: Final = ("session.refused", "password.refused")
LOOKED_BACK: Final = timedelta(days=90)
MONTH: Final = timedelta(days=30)
# Beyond lock-out's five: a success in between begins the count anew, and ten leave no doubt.
WITHOUT_LOCK: Final = 10

# A mark says only that something changed, never what.
_TABLES = text("""
SELECT c.relname AS name,
       c.relrowsecurity AND pg_get_userbyid(c.relowner) <> current_user
       AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS bound
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'card_mark'
  AND (EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
       OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped
                  AND a.attname IN ('organization_id', 'install_id')))
ORDER BY c.relname
""")
_LOGIN = text("""
SELECT rolname AS login, rolsuper OR rolbypassrls AS bypasses FROM pg_roles WHERE rolname = current_user
""")
_STORAGE = text("""
SELECT host(inet_server_addr()) AS server, host(inet_client_addr()) AS client,
       coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted,
       current_setting('fsync') = 'on' AS fsync,
       current_setting('full_page_writes') = 'on' AS full_page_writes,
       current_setting('synchronous_commit') <> 'off' AS synchronous_commit,
       current_setting('data_checksums') = 'on' AS checksums,
       (SELECT min(to_date(right(c.relname, 8), 'YYYYMMDD')) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = to_regclass('public.event') AND c.relname ~ '^event_[0-9]{8}$') AS oldest
""")


def observe(session: ReadSession, settings: Settings, *, now: datetime) -> Observed:
    """Look at the installation as of `now`; acts and people later than that are left out, settings are today's."""
    vendor = vendor_id(session)
    return Observed(
        at=now,
        people=_people(session, now),
        rules=surroundings.password_rules(),
        guessing=_guessing(session, now),
        sessions=_sessions(session, settings, now),
        tables=_tables(session),
        customers=_customers(session, now),
        transport=surroundings.transport(settings, now=now),
        secrets=surroundings.secrets(settings, Path(".env")),
        keys=surroundings.keys(settings, now=now),
        storage=_storage(session, settings, now),
        trail=_trail(session, settings, vendor, now) if vendor else Trail(),
        unusual=find_unusual(session, now=now),
        review=find_review(session, now=now),
        machine=surroundings.machine(settings.home),
    )


def find_unusual(session: ReadSession, *, now: datetime) -> tuple[Unusual, ...]:
    """Return what was unusual in the audit trails of the last 30 days, newest first."""
    c, hour = audit_entry.c, func.date_trunc("hour", audit_entry.c.at)
    statement = (
        select(
            hour.label("hour"),
            c.actor_id,
            func.max(c.actor_label).label("label"),
            c.address,
            func.count().filter(~c.action.startswith("session."), c.action.not_in(REFUSALS)).label("changes"),
            func.count().filter(c.action.in_(REFUSALS)).label("refused"),
        )
        .where(c.actor_kind == "user", c.at > now - MONTH - unusual.HABIT, c.at <= now)
        .group_by(hour, c.actor_id, c.address)
    )
    hours = [unusual.Hour(**row) for row in session.execute(statement).mappings()]
    staff = select(person.c.id).join(organization, organization.c.id == person.c.organization_id)
    ids = session.execute(staff.where(organization.c.realm == "vendor")).scalars()
    return unusual.find(hours, frozenset(str(one) for one in ids), since=now - MONTH)


def last_verified(session: ReadSession, *, now: datetime) -> Verified | None:
    """Return the last verification of every chain on record."""
    c = audit_verification.c
    row = session.execute(select(audit_verification).where(c.at <= now).order_by(c.at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    sentence = row.breaks[0]["sentence"] if row.breaks else ""
    return Verified(row.at, row.by, row.intact, row.organizations, row.entries, row.checkpoints, sentence)


def find_review(session: ReadSession, *, now: datetime) -> Review | None:
    """Return the last signed review on record."""
    c = audit_entry.c
    signed = select(c.at, c.actor_label).where(c.action == REVIEWED, c.at <= now).order_by(c.at.desc()).limit(1)
    row = session.execute(signed).one_or_none()
    return None if row is None else Review(row.at, row.actor_label)


def _people(session: ReadSession, now: datetime) -> People:
    c, staff = person.c, organization.c.realm == "vendor"
    powerful = and_(staff, c.role.in_([Role.OWNER.value, Role.ADMIN.value]))
    enabled = and_(c.created_at <= now, or_(c.disabled_at.is_(None), c.disabled_at > now))
    since = now - timedelta(days=DORMANT_DAYS)
    statement = select(
        func.count().label("total"),
        func.count().filter(staff).label("staff"),
        func.count().filter(staff, c.role == Role.OWNER.value).label("owners"),
        func.count().filter(powerful).label("powerful"),
        func.count().filter(func.coalesce(c.last_sign_in_at, c.created_at) < since).label("dormant"),
        func.count().filter(c.password_hash.startswith("$argon2id$")).label("argon2"),
    ).select_from(person.join(organization, organization.c.id == c.organization_id))
    counts = session.execute(statement.where(enabled)).mappings().one()
    of_demo = session.execute(select(c.password_hash).where(enabled, c.demo)).scalars()
    return People(**counts, published=sum(_opens(stored) for stored in of_demo))


@functools.lru_cache(maxsize=256)
def _opens(stored: str) -> bool:
    """Whether the published password opens an account; asked once a hash, since the answer takes 20 ms."""
    return verify_password(stored, DEMO_PASSWORD)


def _guessing(session: ReadSession, now: datetime) -> Guessing:
    c, hour = audit_entry.c, func.date_trunc("hour", audit_entry.c.at)
    wrong = and_(c.action.in_(REFUSALS), c.reason == "wrong password")
    locked = c.action == "person.locked"
    hours = (
        select(
            c.actor_id,
            func.count().filter(wrong).label("wrong"),
            func.count().filter(locked).label("locks"),
        )
        .where(c.action.in_([*REFUSALS, "person.locked"]), c.at > now - LOOKED_BACK, c.at <= now)
        .group_by(c.actor_id, hour)
        .subquery()
    )
    unlocked = and_(hours.c.wrong >= WITHOUT_LOCK, hours.c.locks == 0)
    row = session.execute(
        select(
            func.coalesce(func.sum(hours.c.wrong), 0).label("wrong"),
            func.coalesce(func.sum(hours.c.locks), 0).label("locks"),
            func.count(case((unlocked, hours.c.actor_id)).distinct()).label("unlocked"),
        )
    ).one()
    return Guessing(int(row.wrong), int(row.locks), row.unlocked)


def _sessions(session: ReadSession, settings: Settings, now: datetime) -> Sessions:
    c = sessions.c
    long = or_(
        c.expires_at - c.created_at > timedelta(hours=LONGEST_HOURS),
        c.idle_until - c.last_seen_at > timedelta(minutes=LONGEST_IDLE),
    )
    live = and_(c.revoked_at.is_(None), c.idle_until > now, c.expires_at > now)
    row = session.execute(
        select(func.count().label("seen"), func.count().filter(live, long).label("overlong")).where(
            c.created_at > now - LOOKED_BACK, c.created_at <= now
        )
    ).one()
    return Sessions(settings.session_idle_minutes, settings.session_hours, row.seen, row.overlong)


def _tables(session: ReadSession) -> Tables:
    found = session.execute(_TABLES).all()
    own = session.execute(_LOGIN).one()
    return Tables(len(found), tuple(row.name for row in found if not row.bound), own.login, own.bypasses)


def _customers(session: ReadSession, now: datetime) -> Customers:
    c = organization.c
    counts = session.execute(
        select(func.count().filter(c.demo).label("demo"), func.count().filter(~c.demo).label("real")).where(
            c.realm == "customer", c.created_at <= now
        )
    ).one()
    published = licenses.c.secret_digest == digest(DEMO_INSTALL_SECRET)
    in_force = (
        session.execute(
            select(func.count().label("all"), func.count().filter(published).label("published")).where(
                licenses.c.revoked_at.is_(None), licenses.c.issued_at <= now
            )
        )
        .one()
        ._mapping
    )
    return Customers(counts.demo, counts.real, in_force["all"], in_force["published"])


def _storage(session: ReadSession, settings: Settings, now: datetime) -> Storage:
    row = session.execute(_STORAGE).one()
    return Storage(
        local=row.server is None or row.server == row.client or ip_address(row.server).is_loopback,
        encrypted=row.encrypted,
        durable=tuple((name, getattr(row, name)) for name in ("fsync", "full_page_writes", "synchronous_commit")),
        checksums=row.checksums,
        retention_days=settings.telemetry_retention_days,
        oldest_event_days=max(0, (now.date() - row.oldest).days) if row.oldest else None,
    )


def _trail(session: ReadSession, settings: Settings, vendor: UUID, now: datetime) -> Trail:
    c = audit_entry.c
    ours = c.organization_id == vendor
    entries = session.execute(select(func.count()).where(ours, c.at > now - MONTH, c.at <= now)).scalar_one()
    # min() knows no ids: the first by order is the one that has waited longest.
    waiting: Any = session.execute(select(func.count()).where(c.sequence.is_(None))).scalar_one()
    first = session.execute(select(c.id).where(c.sequence.is_(None)).order_by(c.id).limit(1)).scalar_one_or_none()
    head = select(audit_head.c.sequence).where(audit_head.c.organization_id == vendor)
    written = last_checkpoint(folder_of(settings.home), vendor, audit_key(settings.home).verify_key)
    return Trail(
        entries=entries,
        waiting=waiting,
        waiting_seconds=max(0, int(now.timestamp() - _made(first))) if first else 0,
        sealed=session.execute(head).scalar_one_or_none() or 0,
        checkpoint=written.sequence if written is not None and written.genuine else None,
        verified=last_verified(session, now=now),
    )


def _made(version7: UUID) -> float:
    """Return when an id was made, in seconds: an entry's own time may tell of something long past."""
    return (version7.int >> 80) / 1000
