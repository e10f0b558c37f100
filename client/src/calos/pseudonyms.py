"""Names for people that mean nothing elsewhere: an HMAC under a salt that never leaves the installation."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from typing import Final

from .storage import StateFolder
from .wire import b64u

FILE: Final = "salt"
SALT_BYTES: Final = 32

log = logging.getLogger("calos")


class Pseudonyms:
    """Turns users and sessions into pseudonyms; whoever lacks the salt can neither undo nor repeat it."""

    def __init__(self, folder: StateFolder) -> None:
        made = secrets.token_bytes(SALT_BYTES)
        try:
            self._salt = folder.create(FILE, made)
        except OSError as wrong:
            log.warning("The salt cannot be kept (%s): pseudonyms change with every start", wrong)
            self._salt = made

    def of(self, kind: str, name: str) -> str:
        """Return the pseudonym of a name; of different kinds, equal names have different ones."""
        text = f"{kind}\n{name}".encode("utf-8", "replace")
        return b64u(hmac.new(self._salt, text, hashlib.sha256).digest())
