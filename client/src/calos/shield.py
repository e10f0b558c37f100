"""The outermost edge towards the host: whatever goes wrong in here is logged, and never fails what it is part of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

log = logging.getLogger("calos")
Result = TypeVar("Result")


def shielded(work: Callable[[], Result]) -> Result | None:
    """Return what the work returns, or None after logging whatever it raised."""
    try:
        return work()
    except Exception:
        log.exception("Calos client: something unexpected went wrong; the host goes on")
        return None
