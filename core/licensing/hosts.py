"""Domains a license may run under: exact host names, and `*.` patterns for everything below one."""

import re

from core.errors import InvalidInput
from core.organizations.host_names import LABEL, LONGEST, normalized

_PATTERN = re.compile(rf"(?:\*\.)?{LABEL}(?:\.{LABEL})*")


def checked(pattern: str) -> str:
    """Return the pattern normalized, or raise InvalidInput."""
    made = normalized(pattern)
    if len(made) > LONGEST or not _PATTERN.fullmatch(made):
        raise InvalidInput(
            f"“{pattern[:80]}” is no domain. Give a host name such as app.example.com, or *.example.com for all below.",
            field="domains",
        )
    return made


def covers(patterns: tuple[str, ...], host: str) -> bool:
    """Whether one of the patterns is the host, or a wildcard above it; `*.a.com` covers x.a.com, not a.com itself."""
    host = normalized(host)
    if host in patterns:
        return True
    return any(
        pattern.startswith("*.") and host.endswith(pattern[1:]) and len(host) > len(pattern) - 1 for pattern in patterns
    )
