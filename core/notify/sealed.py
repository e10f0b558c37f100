"""Secrets of destinations as the database keeps them: encrypted with a key that lies outside of it."""

import json
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from core.config import Settings, key_file
from core.errors import Conflict

KEY: Final = "destinations"
_OF: Final = "of"


def seal(settings: Settings, destination_id: UUID, secrets: Mapping[str, str]) -> bytes:
    """Return the secrets, encrypted for this destination alone (XSalsa20-Poly1305, key in `CALOS_HOME/keys`)."""
    # The id within keeps a row's secrets from being read in another's place.
    text = json.dumps({**secrets, _OF: str(destination_id)})
    return bytes(_box(settings).encrypt(text.encode()))


def unseal(settings: Settings, destination_id: UUID, sealed: bytes) -> dict[str, str]:
    """Return the secrets, or raise Conflict where this installation's key does not open them."""
    try:
        found: dict[str, str] = json.loads(_box(settings).decrypt(sealed))
    except CryptoError:
        found = {}
    if found.pop(_OF, None) != str(destination_id):
        raise Conflict(
            "This destination's secrets were encrypted with another key (CALOS_HOME/keys/destinations). Bring that "
            "file back, or enter the secrets again.",
            code="sealed_with_another_key",
        )
    return found


def _box(settings: Settings) -> SecretBox:
    return SecretBox(key_file(settings.home, KEY))
