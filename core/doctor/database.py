"""What the doctor finds of the database: reachable, new enough, migrated, tenants kept apart, audit chain whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from core import clock
from core.access.chain_verification import verify_chain
from core.access.checkpoints import audit_key, folder_of
from core.config import Settings
from core.databases import logins, open_databases, owner_urls
from core.doctor.finding import Finding, bad, good
from core.errors import UpstreamFailed
from core.finance.rebuild import days_counted_anew
from core.ids import new_id
from core.organizations.reads import vendor_id
from db import migrate
from db.migrate import Logins
from db.session import SYSTEM, Database, ReadSession, Tenancy, connect

OLDEST = 140_000
CONNECT_SECONDS = "5"
CLOCK_MAY_DIFFER = timedelta(seconds=2)
NEWEST_ENTRIES = 1_000


@dataclass(frozen=True)
class Server:
    """What a server says of itself; `clock_off` is by how much its clock certainly differs from ours."""

    number: int
    version: str
    encoding: str
    clock_off: timedelta


# Whoever owns a table is not bound by its policies, so the app's login may own none.
OPEN_TABLES = text("""
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND (NOT c.relrowsecurity OR pg_get_userbyid(c.relowner) = current_user)
  AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
ORDER BY c.relname
""")


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is found of the database of both planes; the first thing that stops the doctor comes last."""
    if not settings.database_url and not _was_made(settings.home):
        yield good("Database", "none yet: the embedded PostgreSQL is made at the first start")
        return
    try:
        control, telemetry = owner_urls(settings)
        yield from _server("Database", control, embedded=not settings.database_url)
        if telemetry != control:
            yield from _server("Telemetry database", telemetry, embedded=False)
        tables = migrations(control, telemetry)
        yield tables
        if tables.well:
            yield from _as_the_app(settings)
    except (UpstreamFailed, SQLAlchemyError) as failure:
        yield bad("Database", f"does not answer: {_cause(failure)}", _mend(settings))


def server(subject: str, told: Server) -> Iterator[Finding]:
    """Say whether a server is new enough, keeps text in UTF-8 and has the right time."""
    if told.number < OLDEST:
        yield bad(subject, f"PostgreSQL {told.version} is too old", "Move to PostgreSQL 14 or newer.")
    elif told.encoding != "UTF8":
        mend = "Create the database anew with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        yield bad(subject, f"keeps text as {told.encoding}", mend)
    else:
        yield good(subject, f"PostgreSQL {told.version}")
    if told.clock_off > CLOCK_MAY_DIFFER:
        mend = "Set both machines' clocks by NTP (timedatectl set-ntp true): sessions and licenses go by them."
        yield bad(f"{subject} clock", f"differs from this machine's by {told.clock_off.total_seconds():.0f} s", mend)
    else:
        yield good(f"{subject} clock", "agrees with this machine's")


def ask(session: ReadSession) -> Server:
    """Ask the server about itself."""
    asked = clock.now()
    row = session.execute(
        text(
            "SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,"
            " current_setting('server_encoding') AS encoding, clock_timestamp() AS at"
        )
    ).one()
    # Its answer lies between question and arrival when both clocks agree, however slow the network.
    off = max(asked - row.at, row.at - clock.now(), timedelta(0))
    return Server(row.number, row.version, row.encoding, off)


def migrations(control: str, telemetry: str) -> Finding:
    """Say whether the tables are those of this version of the program."""
    urls = {"control": control, "telemetry": telemetry}
    behind = [plane for plane, url in urls.items() if migrate.pending(url, plane)]
    if behind:
        return bad(
            "Tables",
            f"those of the {' and '.join(behind)} plane are of another version than this program",
            "Run: python manage.py migrate (after going back to an older program: install the newer one again)",
        )
    return good("Tables", "up to date")


def row_security(database: Database, names: Logins) -> Finding:
    """Say whether row-level security binds the app's login, by looking at it and by trying it."""
    with database.read(SYSTEM) as session:
        roles = session.execute(
            text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names) AND (rolsuper OR rolbypassrls)"),
            {"names": [names.app, names.reader]},
        )
        mighty = list(roles.scalars())
        unprotected = list(session.execute(OPEN_TABLES).scalars())
    with database.read(Tenancy("customer", new_id())) as session:
        seen = session.execute(text("SELECT count(*) FROM organization")).scalar_one()
    if mighty:
        mend = "; ".join(f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS" for role in mighty)
        return bad("Row-level security", f"does not bind the login {' and '.join(mighty)}", f"As superuser run: {mend}")
    if unprotected:
        mend = "Restore the policies: run python manage.py migrate --sql and compare."
        return bad("Row-level security", f"is off or not binding for {', '.join(unprotected)}", mend)
    if seen:
        mend = "Restore the policies: run python manage.py migrate --sql and compare."
        return bad("Row-level security", f"a stranger sees {seen} organizations", mend)
    return good("Row-level security", f"binds {names.app} and {names.reader}; a stranger sees nothing")


def audit_chain(session: ReadSession, home: Path) -> Finding:
    """Verify the newest entries of the vendor's own chain; `manage.py audit verify` checks all of every chain."""
    vendor = vendor_id(session)
    if vendor is None:
        return good("Audit trail", "empty: nobody has set this installation up yet")
    report = verify_chain(session, vendor, folder_of(home), audit_key(home).verify_key, newest=NEWEST_ENTRIES)
    if report.broken is not None:
        return bad("Audit trail", report.broken.sentence, "Run: python manage.py audit verify, and keep the evidence.")
    waiting = f"; {report.unsealed} wait for the sealer of a running Calos" if report.unsealed else ""
    return good("Audit trail", f"the vendor's newest {report.entries} entries are whole{waiting}")


def ledger_days(session: ReadSession) -> Finding:
    """Say whether the ledger's sums by the day, from which revenue is read, are those of its movements."""
    found = days_counted_anew(session)
    if found:
        mend = "Run: python manage.py ledger rebuild, which counts them anew and names what subscriptions don't tell."
        return bad("Ledger", f"{len(found)} sums are not those of the movements, the first: {found[0]}", mend)
    return good("Ledger", "each day's sums are those of its movements")


def _was_made(home: Path) -> bool:
    try:
        return (home / "postgres").is_dir()
    except PermissionError:
        return True  # asked for below, where the refusal is told with its remedy


def _server(subject: str, url: str, *, embedded: bool) -> Iterator[Finding]:
    patient = make_url(url).update_query_dict({"connect_timeout": CONNECT_SECONDS})
    database = connect(patient.render_as_string(hide_password=False), pool_size=1, application="calos doctor")
    try:
        with database.read(SYSTEM) as session:
            yield from server(f"{subject} (embedded)" if embedded else subject, ask(session))
    finally:
        database.close()


def _as_the_app(settings: Settings) -> Iterator[Finding]:
    opened = open_databases(settings)
    names = logins(settings)
    try:
        yield row_security(opened.control, names)
        with opened.control.read(SYSTEM) as session:
            yield audit_chain(session, settings.home)
            yield ledger_days(session)
    finally:
        opened.close()


def _cause(failure: Exception) -> str:
    """Return the first line of what went wrong, which names hosts and roles but never a password."""
    told = getattr(failure, "orig", None) or failure
    return str(told).strip().partition("\n")[0]


def _mend(settings: Settings) -> str:
    if settings.database_url:
        return "Check DATABASE_URL: its host, port, user, password and database; try it with psql."
    return f"Read {settings.home / 'logs' / 'postgres.log'}, then start Calos again, which heals what a crash left."
