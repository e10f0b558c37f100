"""Names of people and organizations: trimmed, and without characters that hide or turn what stands beside them."""

import unicodedata
from typing import Final

from core.errors import InvalidInput

# Of the invisible format characters, the two that join or part letters and pictures; the rest only deceive the eye.
_JOINERS: Final = frozenset("\u200c\u200d")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def readable_name(name: str) -> str:
    """Return the name with single spaces, or "" for one that is blank.

    Raises InvalidInput for a character nobody sees, such as one that turns the direction of reading, and for a name
    of nothing but joiners and marks.
    """
    name = " ".join(name.split())
    hidden = next((c for c in name if c not in _JOINERS and unicodedata.category(c) in _HIDDEN), None)
    if hidden is not None:
        raise InvalidInput(f"The name holds an invisible character (U+{ord(hidden):04X}); take it out.", field="name")
    if name and all(c in _JOINERS or unicodedata.category(c)[0] in "MZ" for c in name):
        raise InvalidInput("The name holds nothing that can be seen; write one that can be read.", field="name")
    return name
