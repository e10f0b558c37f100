"""The doctor: looks at everything an installation stands on, and says what is wrong and how to mend it."""

from collections.abc import Iterator
from pathlib import Path

from core.config import Settings
from core.doctor import configuration, database, machine, vendors
from core.doctor.finding import Finding

__all__ = ["Finding", "examine"]


def examine(settings: Settings, root: Path) -> Iterator[Finding]:
    """Yield what is found, from the ground up; `root` is the folder of the program.

    Nothing is changed, but an embedded server that was made before is started if it is not running.
    """
    yield from machine.findings(settings, root)
    yield from configuration.findings(settings, root)
    yield from database.findings(settings)
    yield from vendors.findings(settings)
