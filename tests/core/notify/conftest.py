"""What tests of mails and destinations share: settings with a mail server, and a clean queue."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core import config
from core.databases import Databases
from db.session import SYSTEM

Configured = Callable[..., object]


@contextmanager
def configured(**values: str) -> Iterator[None]:
    """Let the code under test find other settings within the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    config.settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        config.settings.cache_clear()


@pytest.fixture(autouse=True)
def nothing_left(databases: Databases) -> Iterator[None]:
    """Take out what tests have committed of mails, deliveries and jobs: those over HTTP before, this one after."""
    _empty(databases)
    yield
    _empty(databases)


def _empty(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        for table in ("mail", "delivery", "happening", "happening_mark", "destination", "procrastinate_jobs"):
            session.connection.exec_driver_sql(f"DELETE FROM {table}")
