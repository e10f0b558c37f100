"""One thing that the doctor looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is well, what was found, and how to mend it (a hint where it is well)."""

    subject: str
    well: bool
    detail: str
    mend: str = ""


def good(subject: str, detail: str, hint: str = "") -> Finding:
    """Return a finding that lets the installation run as it should."""
    return Finding(subject, True, detail, hint)


def bad(subject: str, detail: str, mend: str) -> Finding:
    """Return a finding that keeps the installation from running as it should, with the remedy."""
    return Finding(subject, False, detail, mend)
