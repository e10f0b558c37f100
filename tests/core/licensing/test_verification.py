"""The verdicts: a golden row for each check, their order, and what no condition can bring about."""

from dataclasses import fields, replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.licensing.verdicts import (
    Code,
    LicenseState,
    Question,
    as_json,
    question_from_json,
    state_from_json,
)
from core.licensing.verification import CHECKS, decide
from tests.core.licensing.states import DAY, NOW, question, state

A, B = "fingerprint-a", "fingerprint-b"
SECRET: dict[str, Any] = {"authenticated": True}
EXPIRED: dict[str, Any] = {"expires_at": NOW}

# what is known, what is asked, the code, whether valid
GOLDEN: list[tuple[dict[str, Any], dict[str, Any], str, bool]] = [
    ({}, {}, "VALID", True),
    ({}, SECRET, "VALID", True),
    ({"revoked_at": NOW - DAY}, {}, "REVOKED", False),
    ({"suspended_at": NOW - DAY}, {}, "SUSPENDED", False),
    ({"starts_at": NOW + DAY}, {}, "NOT_STARTED", False),
    ({"starts_at": NOW}, {}, "VALID", True),
    (EXPIRED, {}, "EXPIRED", False),
    (EXPIRED, SECRET, "EXPIRED", False),
    ({**EXPIRED, "expiry_strategy": "allow"}, {"fingerprint": B, **SECRET}, "EXPIRED", True),
    ({**EXPIRED, "expiry_strategy": "maintain"}, {}, "EXPIRED", True),
    ({**EXPIRED, "expiry_strategy": "maintain", "activated": True}, {"fingerprint": A}, "EXPIRED", True),
    ({**EXPIRED, "expiry_strategy": "maintain"}, {"fingerprint": B}, "EXPIRED", False),
    ({**EXPIRED, "expiry_strategy": "maintain"}, SECRET, "EXPIRED", False),
    ({"expires_at": NOW + timedelta(seconds=1)}, {}, "EXPIRING", True),
    ({"expires_at": NOW + 3 * DAY}, {}, "EXPIRING", True),
    ({"expires_at": NOW + 3 * DAY + timedelta(seconds=1)}, {}, "VALID", True),
    ({"check_in_days": 7, "last_check_in_at": NOW - 8 * DAY}, {}, "OVERDUE", False),
    ({"check_in_days": 7, "last_check_in_at": NOW - 7 * DAY}, {}, "VALID", True),
    ({"check_in_days": 7, "last_check_in_at": NOW - 8 * DAY}, SECRET, "VALID", True),
    ({"check_in_days": 7, "last_check_in_at": None, "starts_at": NOW - 8 * DAY}, {}, "OVERDUE", False),
    ({"fingerprint_required": True}, {}, "FINGERPRINT_MISMATCH", False),
    ({"fingerprint_required": True}, SECRET, "FINGERPRINT_MISMATCH", False),
    ({"fingerprint_required": True}, {"fingerprint": B}, "FINGERPRINT_MISMATCH", False),
    ({"fingerprint_required": True}, {"fingerprint": B, **SECRET}, "VALID", True),
    ({"fingerprint_required": True, "activated": True}, {"fingerprint": A}, "VALID", True),
    ({"domains": ("acme.com",)}, {"domain": "evil.com"}, "DOMAIN_NOT_ALLOWED", False),
    ({"domains": ("acme.com",)}, {"domain": "Acme.com:8443"}, "VALID", True),
    ({"domains": ("acme.com",)}, {"domain": "app.acme.com"}, "DOMAIN_NOT_ALLOWED", False),
    ({"domains": ("*.acme.com",)}, {"domain": "a.b.acme.com."}, "VALID", True),
    ({"domains": ("*.acme.com",)}, {"domain": "acme.com"}, "DOMAIN_NOT_ALLOWED", False),
    ({"domains": ("*.acme.com",)}, {"domain": ".acme.com"}, "DOMAIN_NOT_ALLOWED", False),
    ({"domains": ("*.acme.com",)}, {"domain": "notacme.com"}, "DOMAIN_NOT_ALLOWED", False),
    ({"domains": ("acme.com",)}, {}, "VALID", True),
    ({}, {"domain": "anywhere.example"}, "VALID", True),
    ({"versions": ">=2.0, <3"}, {"version": "1.9.9"}, "VERSION_NOT_ALLOWED", False),
    ({"versions": ">=2.0, <3"}, {"version": "v2.4.1+build.7"}, "VALID", True),
    ({"versions": ">=2.0, <3"}, {"version": "2.0.0-rc.1"}, "VERSION_NOT_ALLOWED", False),
    ({"versions": ">=2.0, <3"}, {"version": "nightly"}, "VERSION_NOT_ALLOWED", False),
    ({"versions": ">=2.0, <3"}, {}, "VALID", True),
    ({}, {"entitlements": ("pos", "sso")}, "ENTITLEMENT_MISSING", False),
    ({}, {"entitlements": ("email", "pos")}, "VALID", True),
    ({"installs": 3}, {"fingerprint": B, **SECRET}, "TOO_MANY_INSTALLS", False),
    ({"installs": 3}, {"fingerprint": B}, "TOO_MANY_INSTALLS", False),
    ({"installs": 3}, SECRET, "TOO_MANY_INSTALLS", False),
    ({"installs": 3}, {}, "VALID", True),
    ({"installs": None, "activated": True}, {"fingerprint": A, **SECRET}, "VALID", True),
    ({"installs": 3, "overage": "allow"}, {"fingerprint": B, **SECRET}, "TOO_MANY_INSTALLS", True),
    ({"installs": 2}, {"fingerprint": B, **SECRET}, "VALID", True),
    ({"max_installs": None, "installs": None}, {"fingerprint": B, **SECRET}, "VALID", True),
    ({"max_installs": 0, "installs": 0}, SECRET, "TOO_MANY_INSTALLS", False),
    ({"max_seats": 5}, {"seats": 6}, "TOO_MANY_SEATS", False),
    ({"max_seats": 5}, {"seats": 5}, "VALID", True),
    ({"max_seats": 5}, {}, "VALID", True),
    ({"max_seats": 5, "overage": "allow"}, {"seats": 6}, "TOO_MANY_SEATS", True),
    ({"max_installs": 4, "installs": 4, "overage": "1.25x"}, {"fingerprint": B, **SECRET}, "TOO_MANY_INSTALLS", True),
    ({"max_installs": 4, "installs": 5, "overage": "1.25x"}, {"fingerprint": B, **SECRET}, "TOO_MANY_INSTALLS", False),
    # A quarter of 3 is no whole installation, so there is none beyond them.
    ({"max_installs": 3, "installs": 3, "overage": "1.25x"}, SECRET, "TOO_MANY_INSTALLS", False),
    ({"max_installs": 3, "installs": 3, "overage": "1.5x"}, SECRET, "TOO_MANY_INSTALLS", True),
    ({"max_installs": 3, "installs": 4, "overage": "1.5x"}, SECRET, "TOO_MANY_INSTALLS", False),
    ({"max_installs": 3, "installs": 5, "overage": "2x"}, SECRET, "TOO_MANY_INSTALLS", True),
    ({"max_installs": 3, "installs": 6, "overage": "2x"}, SECRET, "TOO_MANY_INSTALLS", False),
    ({"max_seats": 4, "overage": "1.25x"}, {"seats": 5}, "TOO_MANY_SEATS", True),
    ({"max_seats": 4, "overage": "1.25x"}, {"seats": 6}, "TOO_MANY_SEATS", False),
    ({"max_seats": 5, "overage": "1.5x"}, {"seats": 7}, "TOO_MANY_SEATS", True),
    ({"max_seats": 5, "overage": "1.5x"}, {"seats": 8}, "TOO_MANY_SEATS", False),
    ({"max_seats": 1, "overage": "2x"}, {"seats": 2}, "TOO_MANY_SEATS", True),
    ({"max_seats": 1, "overage": "2x"}, {"seats": 3}, "TOO_MANY_SEATS", False),
    ({"max_seats": 5, "leases": 6}, {}, "TOO_MANY_SEATS", False),
    ({"max_seats": 5, "leases": 5}, {"seats": 5}, "VALID", True),
    ({"max_seats": 5, "leases": 3}, {"seats": 6}, "TOO_MANY_SEATS", False),
    ({"max_seats": 5, "leases": 6}, {"seats": 3}, "TOO_MANY_SEATS", False),
    # What is tolerated hides nothing that is not, and is told before what merely is to be known.
    ({"installs": 3, "max_seats": 2, "overage": "1.5x"}, {"seats": 4, **SECRET}, "TOO_MANY_SEATS", False),
    ({"installs": 3, "max_seats": 2, "overage": "1.5x"}, {"seats": 3, **SECRET}, "TOO_MANY_INSTALLS", True),
    ({"installs": 3, "overage": "2x", "expires_at": NOW + DAY}, SECRET, "TOO_MANY_INSTALLS", True),
]

# The specification's order, each with what brings it about; from the second on, everything later holds as well.
ORDER: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("REVOKED", {"revoked_at": NOW}, {}),
    ("SUSPENDED", {"suspended_at": NOW}, {}),
    ("NOT_STARTED", {"starts_at": NOW + DAY}, {}),
    ("EXPIRED", {"expires_at": NOW - DAY}, {}),
    ("OVERDUE", {"check_in_days": 1, "last_check_in_at": NOW - 9 * DAY}, {}),
    ("FINGERPRINT_MISMATCH", {"fingerprint_required": True}, {"fingerprint": B}),
    ("DOMAIN_NOT_ALLOWED", {"domains": ("acme.com",)}, {"domain": "evil.com"}),
    ("VERSION_NOT_ALLOWED", {"versions": ">=9"}, {"version": "1.0"}),
    ("ENTITLEMENT_MISSING", {}, {"entitlements": ("sso",)}),
    ("TOO_MANY_INSTALLS", {"installs": 3}, {"fingerprint": B}),
    ("TOO_MANY_SEATS", {"max_seats": 1}, {"seats": 2}),
    ("EXPIRED", {"expires_at": NOW - DAY, "expiry_strategy": "allow"}, {}),
    ("EXPIRING", {"expires_at": NOW + DAY}, {}),
    ("VALID", {}, {}),
]


@pytest.mark.parametrize(("known", "asked", "code", "valid"), GOLDEN)
def test_golden(known: dict[str, Any], asked: dict[str, Any], code: str, valid: bool) -> None:
    verdict = decide(state(**known), question(**asked), NOW)
    assert (verdict.code.value, verdict.valid) == (code, valid)
    assert verdict.detail
    assert NOW < verdict.check_again_at <= NOW + DAY


def test_no_license_is_not_found() -> None:
    verdict = decide(None, question(), NOW)
    assert (verdict.valid, verdict.code) == (False, Code.NOT_FOUND)


def test_the_order_is_the_specification() -> None:
    assert [check.code.value for check in CHECKS] == [code for code, _, _ in ORDER]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_an_earlier_check_wins_over_all_later_ones(first: int) -> None:
    known: dict[str, Any] = {}
    asked: dict[str, Any] = {}
    # Laid on from the last to the first, so that where two set one field, the earlier condition stands.
    for _, of_state, of_question in reversed(ORDER[first:]):
        known.update(of_state)
        asked.update(of_question)
    if first <= [code for code, _, _ in ORDER].index("EXPIRED"):
        known["expiry_strategy"] = "restrict"
    assert decide(state(**known), question(**asked), NOW).code.value == ORDER[first][0]


instants = st.datetimes(
    min_value=(NOW - 400 * DAY).replace(tzinfo=None),
    max_value=(NOW + 400 * DAY).replace(tzinfo=None),
    timezones=st.just(UTC),
)
fingerprints = st.sampled_from([None, A, B])
states = st.builds(
    state,
    starts_at=instants,
    expires_at=st.none() | instants,
    suspended_at=st.none() | instants,
    revoked_at=st.none() | instants,
    max_installs=st.none() | st.integers(0, 4),
    max_seats=st.none() | st.integers(0, 4),
    domains=st.sampled_from([(), ("acme.com",), ("*.acme.com",)]),
    fingerprint_required=st.booleans(),
    check_in_days=st.none() | st.integers(1, 365),
    expiry_strategy=st.sampled_from(["restrict", "maintain", "allow"]),
    overage=st.sampled_from(["deny", "allow", "1.25x", "1.5x", "2x"]),
    versions=st.sampled_from([None, ">=2", "<2"]),
    first_verified_at=st.none() | instants,
    last_check_in_at=st.none() | instants,
    installs=st.none() | st.integers(0, 5),
    activated=st.booleans(),
    leases=st.none() | st.integers(0, 9),
)
questions = st.builds(
    question,
    fingerprint=fingerprints,
    domain=st.sampled_from([None, "acme.com", "x.acme.com", "evil.com"]),
    version=st.sampled_from([None, "1.0", "2.1", "?"]),
    seats=st.none() | st.integers(0, 6),
    entitlements=st.sampled_from([(), ("pos",), ("sso",)]),
    authenticated=st.booleans(),
)


@given(known=states, asked=questions)
def test_whatever_else_holds_a_revoked_license_is_never_valid(known: LicenseState, asked: Question) -> None:
    verdict = decide(replace(known, revoked_at=NOW), asked, NOW)
    assert not verdict.valid
    assert verdict.code is Code.REVOKED


@given(known=states, asked=questions)
def test_every_case_gets_one_verdict_and_ask_again_lies_ahead(known: LicenseState, asked: Question) -> None:
    verdict = decide(known, asked, NOW)
    assert NOW < verdict.check_again_at <= NOW + DAY
    assert verdict.detail.endswith(".")
    if verdict.valid:
        assert known.suspended_at is None
        assert known.starts_at <= NOW


@given(known=states, asked=questions)
def test_what_the_log_keeps_decides_the_same(known: LicenseState, asked: Question) -> None:
    assert state_from_json(as_json(known)) == known
    assert question_from_json(as_json(asked)) == asked
    assert decide(state_from_json(as_json(known)), question_from_json(as_json(asked)), NOW) == decide(known, asked, NOW)


def test_the_log_keeps_every_field_but_the_nonce() -> None:
    assert set(as_json(state())) == {field.name for field in fields(LicenseState)}
    assert set(as_json(question(nonce="n"))) == {field.name for field in fields(Question)} - {"nonce"}


@given(known=states, asked=questions)
def test_a_higher_overage_never_turns_a_yes_into_a_no(known: LicenseState, asked: Question) -> None:
    valid = [
        decide(replace(known, overage=overage), asked, NOW).valid
        for overage in ("deny", "1.25x", "1.5x", "2x", "allow")
    ]
    assert valid == sorted(valid)


@given(known=states, asked=questions)
def test_whoever_is_new_and_valid_is_within_the_ceiling(known: LicenseState, asked: Question) -> None:
    if not decide(known, asked, NOW).valid:
        return
    if known.max_seats is not None and known.overage != "allow":
        most = {"deny": 4, "1.25x": 5, "1.5x": 6, "2x": 8}[known.overage] * known.max_seats
        assert 4 * max(asked.seats or 0, known.leases or 0) <= most
