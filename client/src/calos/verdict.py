"""What the host learns: whether it may run, why, on what that rests, and how long it will hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NOT_VERIFIED = "NOT_VERIFIED"
GRACE_OVER = "GRACE_OVER"
CLOCK_TAMPERED = "CLOCK_TAMPERED"
# Believed at once, and over whatever was kept before.
CONCLUSIVE = frozenset({"REVOKED", "NOT_FOUND"})


@dataclass(frozen=True)
class Verdict:
    """`valid` decides; `code` and `detail` say why. A verdict never stops anything by itself: the host decides.

    `source`: `online` (answered since the start), `kept` (a signed answer of before), `file`, or `none`.
    `grace_ends_at`: until when it stays valid if no further answer comes. `problem`: why the last question got none.
    """

    valid: bool
    code: str
    detail: str
    source: str = "none"
    in_grace: bool = False
    grace_ends_at: datetime | None = None
    issued_at: datetime | None = None
    check_again_at: datetime | None = None
    license: Mapping[str, Any] = field(default_factory=dict)
    entitlements: frozenset[str] = frozenset()
    limits: Mapping[str, int | None] = field(default_factory=dict)
    problem: str | None = None


def unproven(problem: str | None) -> Verdict:
    """Return the verdict where nothing signed was ever seen."""
    detail = "This license has not been verified yet. Check CALOS_URL and the connection, or install a license file."
    return Verdict(False, NOT_VERIFIED, detail, problem=problem)


def clock_tampered(source: str, license: Mapping[str, Any], problem: str | None) -> Verdict:
    """Return the verdict while the clock is behind what it must be."""
    detail = "The clock of this machine was turned back. Set it right, or let the installation reach its vendor."
    return Verdict(False, CLOCK_TAMPERED, detail, source, license=license, problem=problem)
