"""The text around license files and activation requests: strict, so that one content has one spelling."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final

from .errors import InvalidFile
from .wire import canonical, read_object

LICENSE_FILE: Final = "CALOS LICENSE FILE"
ACTIVATION_REQUEST: Final = "CALOS ACTIVATION REQUEST"
COLUMNS: Final = 64
LARGEST: Final = 1_000_000
_ARMORED = re.compile(
    r"-----BEGIN ([A-Z ]+)-----\n((?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{1,64}={0,2}\n)-----END \1-----\n?"
)


def wrap(title: str, document: Any) -> str:
    """Return the armored text of a JSON value."""
    text = base64.b64encode(canonical(document)).decode("ascii")
    lines = [text[start : start + COLUMNS] for start in range(0, len(text), COLUMNS)]
    return "\n".join([f"-----BEGIN {title}-----", *lines, f"-----END {title}-----", ""])


def unwrap(title: str, text: str) -> dict[str, Any]:
    """Return the JSON object within, which must be written as `wrap` writes it. InvalidFile, or Untrusted."""
    found = _ARMORED.fullmatch(text.replace("\r\n", "\n")) if len(text) <= LARGEST else None
    if found is None or found[1] != title:
        raise InvalidFile(f"This is no {title.lower()}: it begins with “-----BEGIN {title}-----” and is not cut short.")
    try:
        raw = base64.b64decode(found[2].replace("\n", ""), validate=True)
    except (ValueError, binascii.Error) as wrong:
        raise InvalidFile("The base64 of the file is damaged.") from wrong
    document = read_object(raw)
    if canonical(document) != raw or wrap(title, document) != found[0].rstrip("\n") + "\n":
        raise InvalidFile("The file was written otherwise than its vendor writes it.")
    return document
