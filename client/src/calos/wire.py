"""JSON as the protocol means it: read strictly, written canonically (RFC 8785), base64url in one spelling only."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, Final, NoReturn

from .errors import Untrusted

DEEPEST: Final = 64
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(Z|z|[+-][0-9]{2}:[0-9]{2})"
)


def read_object(raw: bytes) -> dict[str, Any]:
    """Return the JSON object of a UTF-8 text; Untrusted for anything that two parsers might read differently.

    That is: duplicate keys, NaN, numbers with a fraction (the protocol has none), and halves of surrogate pairs.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_no_number
        )
        canonical(value)
    except (ValueError, RecursionError) as wrong:
        raise Untrusted(f"This is not the JSON of the protocol: {wrong}") from wrong
    if not isinstance(value, dict):
        raise Untrusted("This is not a JSON object.")
    return value


def canonical(value: Any) -> bytes:
    """Return the RFC 8785 form; ValueError for what has none here: fractions, lone surrogates, other keys than text."""
    text = json.dumps(_sorted(value, 0), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def unsigned(document: Mapping[str, Any], member: str) -> bytes:
    """Return the canonical form of the document without one member: what a signature or MAC is over."""
    return canonical({name: value for name, value in document.items() if name != member})


def b64u(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def from_b64u(text: Any) -> bytes:
    """Return the bytes; Untrusted unless it is the one spelling that encoding them gives."""
    if not isinstance(text, str):
        raise Untrusted("Base64url is expected here, and this is no text.")
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as wrong:
        raise Untrusted("This is not base64url.") from wrong
    if b64u(raw) != text:
        raise Untrusted("This base64url is not in its one spelling.")
    return raw


def instant(text: Any) -> datetime:
    """Return an RFC 3339 time in UTC; ValueError if it is none."""
    found = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("not an RFC 3339 time with its zone")
    day, time, fraction, zone = found.groups()
    # Before Python 3.11 fromisoformat reads neither Z nor any number of digits but three and six.
    written = f"{day}T{time}.{(fraction or '0').ljust(6, '0')[:6]}{'+00:00' if zone in 'Zz' else zone}"
    return datetime.fromisoformat(written).astimezone(timezone.utc)


def written(at: datetime) -> str:
    """Return an RFC 3339 time in UTC with milliseconds."""
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def days(count: float) -> timedelta:
    """Return so many days; ValueError for a count that is no number of days."""
    if isinstance(count, bool) or not isinstance(count, (int, float)) or not 0 <= count <= 36_525:
        raise ValueError("not a number of days")
    return timedelta(days=count)


def _sorted(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) for name in value):
            raise ValueError("a key is no text")
        # RFC 8785 orders by UTF-16 code units, Python by code points.
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return {name: _sorted(value[name], depth + 1) for name in names}
    if isinstance(value, (list, tuple)):
        return [_sorted(one, depth + 1) for one in value]
    if isinstance(value, float):
        raise ValueError("a number has a fraction")  # noqa: TRY004 - the JSON is wrong, not a caller's type
    if isinstance(value, str):
        value.encode("utf-8")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice")
    return made


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no whole number")
