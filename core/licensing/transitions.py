"""Which acts a license allows in which standing, and the sentence for those it refuses."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from core.errors import Conflict


class Standing(StrEnum):
    """What earlier acts have made of a license; the calendar's part (expired, expiring) forbids no act."""

    IN_FORCE = "in force"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class Act(StrEnum):
    """What people do to a license after it was issued; each value ends the sentence “it cannot be …”."""

    SUSPEND = "suspended"
    RESUME = "resumed"
    REVOKE = "revoked"
    REINSTATE = "reinstated"
    RENEW = "renewed"
    CHANGE_TIER = "given another tier"
    CONVERT = "converted"
    CHANGE_POLICY = "given another policy"
    TRANSFER = "transferred"
    RETIRE_INSTALLATION = "relieved of an installation"
    RELEASE_SEAT = "relieved of a seat"
    ROTATE_SECRET = "given another secret"  # noqa: S105 - an act, no secret


# What is done to a license that is there to be used, now or once it is resumed.
_KEPT: Final = frozenset(Act) - {Act.SUSPEND, Act.RESUME, Act.REINSTATE}
LEGAL: Final[dict[Standing, frozenset[Act]]] = {
    Standing.IN_FORCE: _KEPT | {Act.SUSPEND},
    Standing.SUSPENDED: _KEPT | {Act.RESUME},
    # Reinstating undoes the revocation alone: what was suspended before is suspended again.
    Standing.REVOKED: frozenset({Act.REINSTATE}),
}
_INSTEAD: Final[dict[Standing, str]] = {
    Standing.IN_FORCE: "Nothing was changed.",
    Standing.SUSPENDED: "Resume it instead.",
    Standing.REVOKED: "Reinstate it first.",
}


def standing(revoked_at: datetime | None, suspended_at: datetime | None) -> Standing:
    """Return the standing that the two dates tell of."""
    if revoked_at is not None:
        return Standing.REVOKED
    return Standing.SUSPENDED if suspended_at is not None else Standing.IN_FORCE


def require_legal(install_id: str, found: Standing, act: Act) -> None:
    """Raise Conflict, saying what to do instead, unless the act is legal in that standing."""
    if act in LEGAL[found]:
        return
    if act.value == found.value:
        sentence = f"The license {install_id} is {found.value} already; nothing was changed."
    else:
        sentence = f"The license {install_id} is {found.value}, so it cannot be {act.value}. {_INSTEAD[found]}"
    raise Conflict(sentence, code="illegal_transition")


def table() -> str:
    """Return the table in Markdown, as docs/licensing.md shows it."""
    head = "| | " + " | ".join(found.value for found in Standing) + " |"
    rows = [
        (act.name.lower().replace("_", " "), ["yes" if act in LEGAL[one] else "409" for one in Standing]) for act in Act
    ]
    lines = [f"| {act} | " + " | ".join(cells) + " |" for act, cells in rows]
    return "\n".join([head, "|---|---|---|---|", *lines, ""])
