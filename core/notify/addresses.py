"""Addresses of mails: whom one may be sent to at all."""

from typing import Final

from core.access.people import checked_email

# RFC 2606 and RFC 6761: names that lead nowhere. The demo world's people live there.
RESERVED: Final = (".test", ".example", ".invalid", ".localhost", ".local")
_RESERVED_DOMAINS: Final = frozenset({"example.com", "example.net", "example.org"})
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def checked_recipient(address: str) -> str:
    """Return one plain address in lower case, or raise InvalidInput: no name, no list, nothing that ends a header."""
    return checked_email(address)


def leads_nowhere(address: str) -> bool:
    """Whether nobody can have this address, so that no server need be bothered with it."""
    host = address.rpartition("@")[2]
    return host.endswith(RESERVED) or host in _RESERVED_DOMAINS
