"""Text of strangers as plain text: what neither paper nor XML can carry, or what turns letters round, is taken out."""

import re
import unicodedata
from typing import Final

# Direction overrides, embeddings and isolates reorder what stands beside them: "net 30" reads as "03 ten".
_TURNING: Final = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_SPACING: Final = re.compile(r"[^\S\n]+")


def plain(text: str) -> str:
    """Return `text` without what XML 1.0 has no place for, and without direction overrides.

    Out go controls, lone surrogates and noncharacters. Runs of blanks are one blank, line breaks stay, letters are
    composed (NFC).
    """
    kept = "".join(sign for sign in text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ") if _stays(sign))
    return _SPACING.sub(_blank, unicodedata.normalize("NFC", kept)).strip()


def one_line(text: str) -> str:
    """Return plain text with its line breaks as blanks, for names and numbers."""
    return " ".join(plain(text).split("\n")).strip()


def _blank(run: re.Match[str]) -> str:
    """A lone no-break space stays what it is; every other run becomes one blank."""
    return run[0] if run[0] in ("\u00a0", "\u202f") else " "


def _stays(sign: str) -> bool:
    point = ord(sign)
    if sign == "\n":
        return True
    if point in _TURNING or unicodedata.category(sign) in ("Cc", "Cs"):
        return False
    return not (0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE)
