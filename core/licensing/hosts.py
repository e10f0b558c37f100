"""Domains a license may run under: exact host names, and `*.` patterns for everything below one."""

import re

from core.errors import InvalidInput

LONGEST = 253
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_PATTERN = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")


def normalized(host: str) -> str:
    """Return a host name as it is compared: lower case, in IDNA, without a port or the root's dot."""
    host = host.strip().lower()
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal():
        host = name
    host = host.removesuffix(".")
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return host


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
