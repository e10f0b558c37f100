"""Where a deal of ours stands in a CRM's pipeline: what closes it, opens it again, and what leaves it alone."""

from collections.abc import Mapping
from typing import Any


def moved(stages: Mapping[str, str], facts: Mapping[str, Any], stands: str) -> str | None:
    """Return the stage that a deal has to go to; None leaves it where it is.

    Won, lost and ignored close it, wherever it stands. One that is `gone`, of which the evidence vanished, is closed
    only where nobody has taken it up there; and if it comes back (`reopened`), it begins anew only where it is lost.
    """
    state = facts["state"]
    untouched = {"gone": stages["open"], "open": stages["gone"] if facts["reopened"] else None}
    return stages[state] if untouched.get(state, stands) == stands else None
