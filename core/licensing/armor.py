"""The armor of files that travel by hand: two lines that say what it is, and base64 between them in one spelling."""

import base64
import binascii
from collections.abc import Iterator
from typing import Final

from core.errors import InvalidInput

COLUMNS: Final = 64
LONGEST: Final = 100_000


def armor(label: str, content: bytes) -> str:
    """Return the content as lines of 64 columns between `-----BEGIN label-----` and `-----END label-----`."""
    return "\n".join([_begin(label), *_lines(content), _end(label), ""])


def unarmor(label: str, text: str) -> bytes:
    r"""Return what is armored, or raise InvalidInput (`unreadable_file`).

    There is one spelling, so that no changed byte goes unnoticed; `\r\n` counts as `\n`, and the last may be absent.
    """
    if len(text) > LONGEST:
        raise InvalidInput(
            f"This is too long to be a {_named(label)}: send the file as it was made.", code="unreadable_file"
        )
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if lines[0] != _begin(label) or lines[-1] != _end(label) or len(lines) < 3:
        raise InvalidInput(f"Send the whole file, from “{_begin(label)}” to “{_end(label)}”.", code="unreadable_file")
    try:
        content = base64.b64decode("".join(lines[1:-1]), validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise InvalidInput(
            f"Between its first and its last line this {_named(label)} is not base64.", code="unreadable_file"
        ) from wrong
    if lines[1:-1] != list(_lines(content)):
        raise InvalidInput(
            f"The lines of this {_named(label)} were changed on the way; send it as it was made.",
            code="unreadable_file",
        )
    return content


def b64u(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_b64u(text: str, what: str, *, length: int | None = None) -> bytes:
    """Return the bytes of the one base64url spelling there is, or raise InvalidInput naming `what`."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise InvalidInput(f"{what} is not base64url.", code="unreadable_file") from wrong
    if b64u(raw) != text:
        raise InvalidInput(f"{what} is not base64url without padding.", code="unreadable_file")
    if length is not None and len(raw) != length:
        raise InvalidInput(f"{what} has {len(raw)} bytes, not {length}.", code="unreadable_file")
    return raw


def _lines(content: bytes) -> Iterator[str]:
    encoded = base64.b64encode(content).decode()
    return (encoded[at : at + COLUMNS] for at in range(0, len(encoded), COLUMNS))


def _begin(label: str) -> str:
    return f"-----BEGIN {label}-----"


def _end(label: str) -> str:
    return f"-----END {label}-----"


def _named(label: str) -> str:
    return label.removeprefix("CALOS ").lower()
