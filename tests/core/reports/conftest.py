"""Books of their own for the tests of reports, with Acme and four customers more."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from core.accounts.requests import Created
from core.config import Settings
from core.databases import Databases
from db.models.licensing import installation
from db.session import SYSTEM
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW
from tests.pages.acme import license_for, make_acme

OTHERS = ("=Initech", "Müller & Söhne", "Hooli", "Nova Bank")


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own, so that a report holds only what its tests write."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


@pytest.fixture(scope="module")
def acme(databases: Databases, cast: Cast) -> Created:
    """Return Acme with its opportunity, beside four customers that pay or not; the last has installed it."""
    for number, name in enumerate(OTHERS):
        made = license_for(databases, cast, name, ("free", "basic", "pro", "enterprise")[number], NOW)
    with databases.control.write(SYSTEM) as session:
        row = {"license_id": made.license_id, "organization_id": made.organization_id, "fingerprint": "till-1"}
        session.execute(insert(installation).values(**row, version="4.2", activated_at=NOW, last_seen_at=NOW))
    return make_acme(databases, cast, NOW)
