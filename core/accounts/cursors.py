"""Cursors of lists: where a page ended, in a form that nobody is tempted to write by hand."""

import base64
import json

from core.errors import InvalidInput


def encode(*place: str | int) -> str:
    """Return the cursor of a place in a list."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def decode(cursor: str) -> list[str | int]:
    """Return the place of a cursor, its text such as PostgreSQL can be asked, or raise InvalidInput."""
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        # Surrogates fail to encode.
        json.dumps(place, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as wrong:
        raise foreign() from wrong
    if not isinstance(place, list) or not all(_is_plain(part) for part in place):
        raise foreign()
    return place


def foreign() -> InvalidInput:
    """Return the refusal of a cursor that this list did not make."""
    return InvalidInput("This cursor belongs to another list. Start again without it.", field="cursor")


def _is_plain(part: object) -> bool:
    return type(part) is int or (isinstance(part, str) and "\x00" not in part)
