"""Doors and made-up events for the tests of telemetry."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from core.databases import Databases, door_url
from core.telemetry.door import IngestDoor, open_door
from core.telemetry.quotas import NO_LIMITS


@pytest.fixture
def install_id() -> str:
    """Return the id of an install that no other test writes to; ingest commits, so nothing is rolled back."""
    return f"inst-{uuid4().hex}"


@pytest.fixture
async def door(databases: Databases) -> AsyncIterator[IngestDoor]:
    """Yield an open door without quotas."""
    opened = await open_door(door_url(databases.control_url), door_url(databases.telemetry_url), limits=NO_LIMITS)
    yield opened
    await opened.close()
