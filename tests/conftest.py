"""One throw-away PostgreSQL a test run, a database a worker cloned from a migrated template, the cast within it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from core import config
from core.config import Settings
from core.databases import Databases, logins, open_databases
from db import embedded, migrate
from db.session import SYSTEM, WriteSession
from tests.cast import Cast, make_cast

TEMPLATE = "calos_test_template"
HOME = "CALOS_TEST_HOME"
SERVER = "CALOS_TEST_SERVER"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in the process that leads the run; workers find it by the environment they inherit."""
    if hasattr(config, "workerinput") or SERVER in os.environ:
        return
    home = Path(tempfile.mkdtemp(prefix="calos-test-", dir="/var/tmp" if os.geteuid() == 0 else None))  # noqa: S108
    os.environ[HOME] = str(home)
    os.environ[SERVER] = embedded.start(home, fast_unsafe=True).url
    config.stash[_OURS] = home
    _make_template()


_OURS = pytest.StashKey[Path]()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what pytest_configure started."""
    home = config.stash.get(_OURS, None)
    if home is not None:
        embedded.stop(home)
        shutil.rmtree(home, ignore_errors=True)


def _test_settings(**changed: Any) -> Settings:
    values = {
        "CALOS_HOME": os.environ[HOME],
        "DATABASE_URL": os.environ[SERVER],
        "TELEMETRY_URL": "",
        "JWT_SECRET": "only-for-tests-and-long-enough-to-be-accepted",
        "CALOS_DEMO": False,
        "CALOS_WORKER": False,
        **changed,
    }
    return Settings(_env_file=None, **values)


def _make_template() -> None:
    url = migrate.ensure_database(os.environ[SERVER], TEMPLATE)
    for plane in migrate.PLANES:
        migrate.upgrade(url, plane, logins(_test_settings()))


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """Return the xdist worker's name, or `main`."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def fresh_database(worker: str) -> Iterator[str]:
    """Yield the owner's URL of this worker's own clone of the template."""
    name = f"calos_test_{worker}_{os.getpid()}"
    with psycopg.connect(os.environ[SERVER], autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE}')
    yield make_url(os.environ[SERVER]).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(os.environ[SERVER], autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def test_settings(fresh_database: str) -> Iterator[Settings]:
    """Yield the settings of this worker; code under test that asks for its settings gets the same."""
    made = _test_settings(DATABASE_URL=fresh_database)
    os.environ.update(
        CALOS_HOME=str(made.home), DATABASE_URL=fresh_database, JWT_SECRET=made.jwt_secret, CALOS_DEMO="0"
    )
    config.settings.cache_clear()
    yield made
    config.settings.cache_clear()


@pytest.fixture(scope="session")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield connections as the app's login, so that row-level security is in force in every test."""
    opened = open_databases(test_settings)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, committed once a worker: Fiona, Adam, Sam, Mia, Vera and Otto."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


@pytest.fixture
def session(databases: Databases, cast: Cast) -> Iterator[WriteSession]:
    """Yield a transaction that sees every organization and is rolled back after the test."""
    with databases.control.engine.connect() as connection:
        transaction = connection.begin()
        connection.exec_driver_sql(SYSTEM.statement())
        yield WriteSession(connection)
        transaction.rollback()


@pytest.fixture
def now() -> datetime:
    """Return the instant at which tests take place."""
    return NOW


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real input beside the project, or skip the test, saying so."""
    folder = Path(os.environ.get("CALOS_SHARED", Path(__file__).parents[2] / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip("real input lies outside the repository and is absent here (set CALOS_SHARED to its folder)")
    return folder
