"""An answer written as text is byte for byte the answer made of values, and encoded and signed by the general way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import signing
from core.licensing.answers import answer, instant, limits_text, signed
from core.licensing.verdicts import LicenseState, Question
from core.licensing.verification import decide
from tests.core.licensing.states import DAY, NOW, state

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
times = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
numbers = st.none() | st.integers(0, 10**9)
states = st.builds(
    state,
    install_id=words,
    tier=words,
    term=words,
    billing_period=st.none() | words,
    starts_at=times,
    expires_at=st.none() | times,
    suspended_at=st.none() | times,
    revoked_at=st.none() | times,
    max_installs=numbers,
    max_seats=numbers,
    domains=st.lists(words, max_size=3).map(tuple),
    entitlements=st.lists(words, max_size=3).map(tuple),
    expiry_strategy=st.sampled_from(["restrict", "maintain", "allow"]),
)
questions = st.builds(
    Question,
    install_id=words,
    fingerprint=st.none() | words,
    nonce=st.none() | words,
    entitlements=st.lists(words, max_size=2).map(tuple),
    authenticated=st.booleans(),
)


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> signing.KeyRing:
    return signing.open_ring(tmp_path_factory.mktemp("home"), "answers", now=NOW)


@given(found=st.none() | states, question=questions, limits=st.dictionaries(words.filter(str.isascii), numbers))
def test_both_ways_make_the_same_bytes(
    ring: signing.KeyRing, found: LicenseState | None, question: Question, limits: dict[str, Any]
) -> None:
    verdict = decide(found, question, NOW)
    expected = ring.sign(answer(found, question, verdict, limits, NOW))
    assert signed(found, question, verdict, limits_text(limits), NOW, ring) == expected


@given(times)
def test_instants_are_written_as_isoformat_writes_them(at: datetime) -> None:
    assert instant(at) == f"{at.isoformat(timespec='milliseconds')[:-6]}Z"
    assert instant(NOW + DAY + timedelta(microseconds=1_999)) == "2026-11-22T12:00:00.001Z"
