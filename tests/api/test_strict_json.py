"""Every body that a careless parser would let through to the database is refused with a sentence."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from api.depends import StrictRequest
from api.strict_json import DEEPEST, TooSlow, Unreadable, parse_strict

REFUSED = {
    "not JSON": b"{oops}",
    "nothing": b"",
    "NaN": b'{"a": NaN}',
    "Infinity": b"[Infinity]",
    "minus Infinity": b"[-Infinity]",
    "a float beyond the largest": b"[1e999]",
    "an integer beyond 64 bits": b"[9223372036854775808]",
    "an integer of a thousand digits": b"[" + b"9" * 1000 + b"]",
    "a duplicate key": b'{"a": 1, "a": 2}',
    "a duplicate key, escaped once": b'{"a": 1, "\\u0061": 2}',
    "a NUL": b'["a\\u0000b"]',
    "a NUL in a key": b'{"a\\u0000b": 1}',
    "a lone surrogate": b'["\\ud800"]',
    "a lone low surrogate": b'["\\udc00x"]',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "not UTF-8": b'["\xff"]',
    "900 deep": b"[" * 900 + b"]" * 900,
    "just too deep": b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    "deep objects": b'{"a":' * 70 + b"1" + b"}" * 70,
    "two values": b"{} {}",
    "a byte order mark": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_a_sentence(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_strict(body)
    assert refused.value.message.endswith(".")


def test_takes_whole_surrogate_pairs_and_brackets_inside_strings() -> None:
    assert parse_strict(b'["\\ud83d\\ude00"]') == ["😀"]
    assert parse_strict(json.dumps({"a": "[" * 500, "b": '\\"' + "{" * 500}).encode())["a"] == "[" * 500


def test_takes_the_deepest_allowed() -> None:
    assert parse_strict(b"[" * DEEPEST + b"]" * DEEPEST)


STRINGS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | STRINGS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(STRINGS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_agrees_with_the_standard_library_on_what_it_takes(value: object, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert parse_strict(body) == json.loads(body)


class _Impatient(StrictRequest):
    body_seconds = 0.05


async def test_a_body_that_never_ends_is_given_up() -> None:
    async def receive() -> Message:
        await asyncio.sleep(5)
        return {"type": "http.request", "body": b"{", "more_body": True}

    with pytest.raises(TooSlow, match=r"longer than 0\.05 seconds"):
        await _Impatient({"type": "http", "method": "POST", "headers": []}, receive).body()
