"""People as rows of a table."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from core.access.directory import Person
from core.access.permissions import ROLE_PERMISSIONS, Permission
from pages.parts import pills


def frame(people: Sequence[Person], now: datetime) -> pd.DataFrame:
    """Return one row a person."""
    return pd.DataFrame(
        {
            "name": [each.name for each in people],
            "email": [each.email for each in people],
            "role": [each.role.value.capitalize() for each in people],
            "may": [f"{len(ROLE_PERMISSIONS[each.role])} of {len(Permission)}" for each in people],
            # What the product can't hold yet, nobody has.
            "factor": ["Password only" for _ in people],
            "state": pills.cells("status", [state(each) for each in people]),
            "sessions": [each.sessions for each in people],
            "seen": [each.last_sign_in_at for each in people],
        }
    )


def state(each: Person) -> str:
    """Return the word for whether somebody can sign in."""
    if each.disabled_at is not None:
        return "deactivated"
    return "locked" if each.locked_until is not None else "active"
