"""Strict JSON at the door: what a careless parser lets through to the database is refused here, with a sentence."""

import json
import re
from typing import Any, NoReturn

import orjson

from core.errors import CalosError, InvalidInput

DEEPEST = 64
LARGEST = 1_000_000
# Beyond it integers have no 64 bits, and orjson makes floats of them.
HUGE = 2**63
# A single kind of byte is counted in no time as long as there are few of them.
SHORT = 1_000
# A single byte is found to be absent in no time; two are searched for.
_ODD = (b"\\u", b"\t:", b"\n:", b"\r:")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[{\]}]")


class Unreadable(CalosError):
    """The body is not JSON as RFC 8259 and this door mean it."""

    code = "unreadable_json"


class TooLarge(CalosError):
    """The body is larger than the route takes."""

    code = "too_large"


class TooSlow(CalosError):
    """The body did not arrive in time: a connection held open costs us more than whoever holds it."""

    code = "too_slow"


class WrongType(CalosError):
    """The body is packed as something that the route does not read."""

    code = "wrong_content_type"


def parse_strict(raw: bytes) -> Any:
    """Return the JSON value of a UTF-8 body.

    Raises Unreadable for anything else: another encoding, NaN or Infinity, a duplicate key, a NUL, a lone surrogate,
    an integer beyond 64 bits, or nesting deeper than 64.
    """
    plain = _plain(raw)
    return _careful(raw) if plain is None else plain


def _plain(raw: bytes) -> Any:
    """Return the value of a body that has nothing odd about it, or None: most bodies, in a fifth of the time."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    keys = _count_keys(value)
    # No colon but one after each key: none was sent twice.
    if len(raw) < SHORT and b"\\" not in raw and raw.count(b":") == keys:
        return value
    # Escapes may bring in what cannot be stored. White space before a colon would spoil the counting below.
    if b" :" in raw or any(sign[:1] in raw and sign in raw for sign in _ODD):
        return None
    # Every key ends in `":`. Where some more of these stand there, a key was sent twice, or a text holds that sign.
    return value if raw.count(b'":') == keys else None


def _count_keys(value: Any) -> int:
    """Return how many keys stand anywhere within; -1 if it is no object or array, too deep, or holds a huge number."""
    keys, level = 0, [value]
    if type(value) is not dict and type(value) is not list:
        return -1
    for _ in range(DEEPEST):
        within = []
        for one in level:
            if type(one) is dict:
                keys += len(one)
                one = one.values()
            for held in one:
                kind = type(held)
                if kind is dict or kind is list:
                    within.append(held)
                elif (kind is int or kind is float) and not -HUGE <= held < HUGE:
                    return -1
        if not within:
            return keys
        level = within
    return -1


def _careful(raw: bytes) -> Any:
    """Return the value, or say what is wrong with it."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise Unreadable(f"The body is not UTF-8 (byte {wrong.start}); send JSON in UTF-8.") from wrong
    _refuse_deep(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as wrong:
        raise Unreadable(f"The body is not JSON: {wrong.msg} at line {wrong.lineno}, column {wrong.colno}.") from wrong
    _refuse_unstorable(text, value)
    return value


def _refuse_deep(text: str) -> None:
    """Count brackets before parsing, since json.loads itself recurses; brackets inside strings are skipped."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    depth = 0
    for bracket in _BRACKET.findall(_STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            raise Unreadable(f"The JSON is nested deeper than {DEEPEST}.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add
        raise Unreadable(f"The key “{twice[:80]}” stands twice in one object; send it once.")
    return made


def _no_constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is not JSON; send a number or null.")


def _bounded(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= (number := int(digits)) < 2**63:
        raise Unreadable(f"The number {digits[:24]}… does not fit 64 bits.")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise Unreadable(f"The number {digits[:24]} is too large.")
    return number


# Made once: json.loads would make one for every body, which takes as long as reading a short one.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_bounded, parse_float=_finite
)


def _refuse_unstorable(text: str, value: Any) -> None:
    """Refuse what PostgreSQL cannot store; only escapes can bring it in, so most bodies are not walked."""
    if "\x00" in text:
        raise Unreadable("The body holds a NUL character; take it out.")
    if "\\u" in text:
        _walk(value)


def _walk(value: Any) -> None:
    if isinstance(value, str):
        if "\x00" in value:
            raise Unreadable("A string holds a NUL character (\\u0000); take it out.")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise Unreadable("A string holds half of a surrogate pair; send whole characters.")
    elif isinstance(value, list):
        for item in value:
            _walk(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            _walk(key)
            _walk(item)


def an_object(value: Any) -> dict[str, Any]:
    """Return the value if it is a JSON object, else raise InvalidInput."""
    if not isinstance(value, dict):
        raise InvalidInput("Send a JSON object.")
    return value
