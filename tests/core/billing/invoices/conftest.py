"""Books of their own for the tests of runs and of what is owed."""

from collections.abc import Iterator

import pytest

from core.config import Settings
from core.databases import Databases
from db.session import SYSTEM
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)
