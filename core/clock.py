"""The only place that asks the operating system for the time; everything pure takes `now` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return datetime.now(UTC)
