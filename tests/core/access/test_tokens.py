"""Session tokens: ours open the session they name, and nothing that resembles one does."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from core.access.tokens import issue, session_of

KEY = bytes(range(32))
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SESSION = uuid4()
LATER = NOW + timedelta(hours=12)
GOOD = {"iss": "calos", "sid": str(SESSION), "iat": int(NOW.timestamp()), "exp": int(LATER.timestamp())}


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed(claims: dict[str, Any], *, algorithm: str = "HS256", key: bytes = KEY) -> str:
    return jwt.encode({"alg": algorithm}, claims, OctKey.import_key(key), algorithms=[algorithm])


def test_a_token_names_its_session_until_it_expires() -> None:
    token = issue(SESSION, LATER, key=KEY, now=NOW)
    assert session_of(token, key=KEY, now=NOW) == SESSION
    assert session_of(token, key=KEY, now=LATER - timedelta(seconds=1)) == SESSION
    assert session_of(token, key=KEY, now=LATER) is None


def test_a_token_says_who_issued_it_and_when() -> None:
    header, claims, _ = issue(SESSION, LATER, key=KEY, now=NOW).split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"typ": "JWT", "alg": "HS256"}
    assert json.loads(base64.urlsafe_b64decode(claims + "==")) == GOOD


def test_another_key_opens_nothing() -> None:
    assert session_of(issue(SESSION, LATER, key=KEY), key=bytes(32), now=NOW) is None


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_an_unsigned_token_opens_nothing(algorithm: str) -> None:
    for signature in ("", "AAAA"):
        token = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(GOOD)}.{signature}"
        assert session_of(token, key=KEY, now=NOW) is None


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_our_own_key_opens_nothing(algorithm: str) -> None:
    assert session_of(signed(GOOD, algorithm=algorithm, key=KEY * 2), key=KEY * 2, now=NOW) is None


def test_a_token_signed_with_an_rsa_key_opens_nothing() -> None:
    forged = jwt.encode({"alg": "RS256"}, GOOD, RSAKey.generate_key(2048), algorithms=["RS256"])
    assert session_of(forged, key=KEY, now=NOW) is None


def test_a_header_may_not_bring_its_own_key() -> None:
    theirs = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    header = {"alg": "HS256", "jwk": {"kty": "oct", "k": theirs}, "kid": "../../dev/null"}
    forged = jwt.encode(header, GOOD, OctKey.import_key(bytes(32)), algorithms=["HS256"])
    assert session_of(forged, key=KEY, now=NOW) is None


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = signed(GOOD).split(".")
    assert session_of(f"{header}.{part({**GOOD, 'sid': str(uuid4())})}.{signature}", key=KEY, now=NOW) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": None},
        {"exp": True},
        {"exp": "9999999999"},
        {"exp": 1e12},
        {"exp": -1},
        {"iss": "elsewhere"},
        {"iss": None},
        {"sid": None},
        {"sid": 5},
        {"sid": "not a uuid"},
        {"sid": ["x"]},
    ],
)
def test_well_signed_claims_that_are_not_ours_open_nothing(changed: dict[str, Any]) -> None:
    assert session_of(signed({**GOOD, **changed}), key=KEY, now=NOW) is None


def test_a_token_without_an_expiry_opens_nothing() -> None:
    assert session_of(signed({key: GOOD[key] for key in ("iss", "sid", "iat")}), key=KEY, now=NOW) is None


def test_a_signed_list_opens_nothing() -> None:
    head = f"{part({'alg': 'HS256'})}.{part([1, 2])}"
    assert session_of(f"{head}.AAAA", key=KEY, now=NOW) is None


@given(st.one_of(st.text(max_size=300), st.from_regex(r"[\w-]{0,60}\.[\w-]{0,60}\.[\w-]{0,60}", fullmatch=True)))
def test_garbage_opens_nothing_and_breaks_nothing(garbage: str) -> None:
    assert session_of(garbage, key=KEY, now=NOW) is None


@given(header=st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4))
def test_an_odd_header_opens_nothing_and_breaks_nothing(header: object) -> None:
    assert session_of(f"{part(header)}.{part(GOOD)}.AAAA", key=KEY, now=NOW) is None
    assert session_of(f"{part({'alg': header})}.{part(GOOD)}.AAAA", key=KEY, now=NOW) is None
    odd = part({"alg": "HS256", "crit": header, "b64": header})
    assert session_of(f"{odd}.{part(GOOD)}.AAAA", key=KEY, now=NOW) is None


@given(st.text(alphabet="abcXYZ019-_=.+/ ", max_size=200))
def test_our_header_before_garbage_opens_nothing_and_breaks_nothing(garbage: str) -> None:
    ours = issue(SESSION, LATER, key=KEY).partition(".")[0]
    assert session_of(f"{ours}.{garbage}", key=KEY, now=NOW) is None
    assert session_of(f"{ours}.{garbage}.AAAA", key=KEY, now=NOW) is None


def test_an_overlong_token_is_refused() -> None:
    token = issue(SESSION, LATER, key=KEY)
    assert session_of(token + "A" * 2_000, key=KEY, now=NOW) is None
