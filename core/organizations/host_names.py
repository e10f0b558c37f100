"""Host names as they are compared and kept."""

import re
from typing import Final

from core.errors import InvalidInput

LONGEST: Final = 253
LABEL: Final = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_NAME: Final = re.compile(rf"{LABEL}(?:\.{LABEL})+")


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


def is_name(host: str) -> bool:
    """Whether a normalized host is a name with a domain, such as shop.example.com; an address is none."""
    return len(host) <= LONGEST and _NAME.fullmatch(host) is not None and not host.rpartition(".")[2].isdecimal()


def checked(host: str) -> str:
    """Return the host name normalized, or raise InvalidInput."""
    made = normalized(host)
    if not is_name(made):
        raise InvalidInput(f"“{host[:80]}” is no host name. Give one such as app.example.com.", field="host")
    return made
