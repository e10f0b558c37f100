"""The databases of this installation: found or started, migrated, and connected as the app's login."""

import base64
import functools
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import DBAPIError, ProgrammingError

from core.config import Settings, secret_for, settings
from core.errors import UpstreamFailed
from db import embedded, migrate
from db.session import Database, connect, login_url

DATABASE = "calos"
# Whoever waits at a door holds a connection, and there are twenty: a row that is held for longer would take them all.
LOCK_SECONDS: Final = 5
# PostgreSQL's codes for a lock that did not come free, and for two that waited for each other.
_HELD: Final = frozenset({"55P03", "40P01"})


@dataclass(frozen=True)
class Databases:
    """Both planes as the app's login; `*_url` are for libraries that open their own connections."""

    control: Database
    telemetry: Database
    control_url: str
    telemetry_url: str

    def close(self) -> None:
        """Give back every connection."""
        self.control.close()
        if self.telemetry is not self.control:
            self.telemetry.close()


def busy(failure: Exception) -> UpstreamFailed | None:
    """Return how to refuse an act that gave up because another holds what it needs; None: it failed otherwise."""
    if getattr(getattr(failure, "orig", failure), "sqlstate", None) not in _HELD:
        return None
    sentence = "Somebody else is changing the same thing right now. Nothing was changed; try again in some seconds."
    return UpstreamFailed(sentence, code="busy", retry_after=LOCK_SECONDS)


def door_url(url: str) -> str:
    """Return `url` with every connection set, from its start, to what the doors may see (verify and ingest)."""
    joiner = "&" if "?" in url else "?"
    return f"{url}{joiner}options=-c%20app.scope%3Ddoor%20-c%20timezone%3DUTC"


def owner_urls(current: Settings) -> tuple[str, str]:
    """Return the owner's URLs of control and telemetry plane, starting the embedded server if none is configured."""
    control = current.database_url
    if not control:
        try:
            server = embedded.start(current.home)
        except embedded.EmbeddedServerError as failure:
            raise UpstreamFailed(str(failure)) from failure
        control = migrate.ensure_database(server.url, DATABASE)
    return control, current.telemetry_url or control


def logins(current: Settings) -> migrate.Logins:
    """Return the names and derived passwords of the two logins that are not the owner."""

    def password(role: str) -> str:
        return base64.urlsafe_b64encode(secret_for(current, f"database login {role}")).decode().rstrip("=")

    app, reader = f"{current.db_roles}_app", f"{current.db_roles}_reader"
    return migrate.Logins(app, reader, password(app), password(reader))


def migrate_all(current: Settings) -> None:
    """Bring both planes to this version's tables; safe to run again."""
    control, telemetry = owner_urls(current)
    try:
        migrate.upgrade(control, "control", logins(current))
        migrate.upgrade(telemetry, "telemetry", logins(current))
    except migrate.MissingRight as missing:
        raise UpstreamFailed(str(missing)) from missing


def refusal_of(failure: DBAPIError, current: Settings) -> UpstreamFailed:
    """Return what an operator can do about a failure of the database, the server's own words included."""
    if isinstance(failure, ProgrammingError):
        return UpstreamFailed("The tables are not those of this version. Run: python manage.py migrate")
    words = str(failure.orig).partition("\n")[0].rpartition("FATAL:")[2].removeprefix("connection failed:").strip()
    names = logins(current)
    if f'"{names.app}"' in words or f'"{names.reader}"' in words:
        return UpstreamFailed(
            f"Calos's own login cannot get into the database ({words}). Run: python manage.py migrate, with the "
            "JWT_SECRET and CALOS_HOME that Calos runs with."
        )
    which = "DATABASE_URL" if current.database_url else "The embedded PostgreSQL"
    return UpstreamFailed(
        f"{which} does not lead into a database: {words}. Check that the server runs and that host, port, name, user "
        "and password are right; python manage.py doctor tells more."
    )


def open_databases(current: Settings) -> Databases:
    """Connect to both planes as the app's login."""
    control, telemetry = owner_urls(current)
    as_app = logins(current)
    control_url = login_url(control, as_app.app, as_app.app_password)
    telemetry_url = login_url(telemetry, as_app.app, as_app.app_password)
    first = connect(control_url)
    second = first if telemetry_url == control_url else connect(telemetry_url)
    return Databases(first, second, control_url, telemetry_url)


@functools.cache
def databases() -> Databases:
    """Return this process's databases, opened on first use by a door."""
    return open_databases(settings())
