"""Books of a test's own: imports cover whole installations."""

from collections.abc import Iterator

import pytest

from core.config import Settings
from core.databases import Databases
from tests.books import own_databases


@pytest.fixture
def empty(test_settings: Settings) -> Iterator[Databases]:
    """Yield an installation in which nobody has signed up and nothing is."""
    with own_databases(test_settings) as opened:
        yield opened
