"""Which deployment this is: a random name kept in a file, since names of machines and containers come and go."""

from __future__ import annotations

import logging
import re
import secrets
from typing import Final

from .storage import StateFolder

FILE: Final = "fingerprint"
_WRITTEN = re.compile(r"[!-~]{1,200}")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

log = logging.getLogger("calos")


def fingerprint(folder: StateFolder) -> str | None:
    """Return the name kept in the folder, made on first use; every process of the deployment gets the same.

    None if it can't be kept: a name that changes with every start would take a new place of the license each time.
    The license then sees its one unnamed installation.
    """
    made = "fp-" + "".join(secrets.choice(_ALPHABET) for _ in range(26))
    try:
        kept = folder.create(FILE, made.encode()).decode("ascii", "replace").strip()
    except OSError as wrong:
        log.warning("No fingerprint: %s cannot be written (%s). Put it on a volume that stays.", folder.path, wrong)
        return None
    if _WRITTEN.fullmatch(kept):
        return kept
    log.warning("No fingerprint: %s is not readable as one. Restore it, or delete it.", folder.path / FILE)
    return None
