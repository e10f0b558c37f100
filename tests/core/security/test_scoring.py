"""The score as arithmetic: what it can't do, whatever is observed, and what single observations cost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from core.security.check import Category
from core.security.gates import CAP, GATES
from core.security.observed import (
    KeyAge,
    Observed,
    PasswordRules,
    People,
    Review,
    Sessions,
    Transport,
    Unusual,
)
from core.security.scoring import CHECKS, TARGET, Assessment, CheckResult, assess, to_gain, within_reach
from tests.conftest import NOW
from tests.core.security.looks import WELL, Someone, count, observations, verified

Turn = Callable[[Observed], Observed]
ROUNDING = 1e-9


def _in(part: str, **on: Any) -> Turn:
    return lambda seen: replace(seen, **{part: replace(getattr(seen, part), **on)})


def _all_have_factors(seen: Observed) -> Observed:
    people = seen.people
    return replace(
        seen,
        people=replace(
            people,
            with_factor=people.total,
            powerful_with_factor=people.powerful,
            owners_with_factor=people.owners,
        ),
    )


def _people(**on: Callable[[People], int]) -> Turn:
    return lambda seen: replace(
        seen, people=replace(seen.people, **{name: value(seen.people) for name, value in on.items()})
    )


def _verified_now(seen: Observed) -> Observed:
    return replace(seen, trail=replace(seen.trail, verified=verified(0)))


def _reviewed_now(seen: Observed) -> Observed:
    return replace(seen, review=Review(NOW, "adam"))


# Every protection there is, each as the act that turns it on wherever it was.
PROTECTIONS: dict[str, Turn] = {
    "https by a proxy": lambda seen: replace(
        seen, transport=replace(seen.transport, https=True, by_proxy=True, certificate_days=None)
    ),
    "https by a certificate": lambda seen: replace(
        seen, transport=replace(seen.transport, https=True, by_proxy=False, certificate_days=90)
    ),
    "a second factor for everybody": _all_have_factors,
    "hashes raised": _people(argon2=lambda people: people.total),
    "published passwords replaced": _people(published=lambda _: 0),
    "the forgotten disabled": _people(dormant=lambda _: 0),
    "password rules": _in("rules", refuses_short=True, refuses_common=True),
    "lock-out at work": _in("guessing", locks=1, unlocked=0),
    "shorter sessions": _in("sessions", idle_minutes=30, hours=12, overlong=0),
    "row-level security": _in("tables", unbound=(), bypasses=False),
    "no demo customers": _in("customers", demo=0),
    "install secrets of their own": _in("customers", published_secrets=0),
    "a long secret": _in("secrets", length=64, different=40),
    "closed key files": _in("secrets", open_files=()),
    "a closed .env": _in("secrets", environment_file_open=False),
    "new keys": lambda seen: replace(seen, keys=tuple(KeyAge(key.use, 0) for key in seen.keys)),
    "an encrypted link": _in("storage", encrypted=True),
    "durable writes": lambda seen: replace(
        seen, storage=replace(seen.storage, durable=tuple((name, True) for name, _ in seen.storage.durable))
    ),
    "checksums": _in("storage", checksums=True),
    "retention at work": lambda seen: replace(
        seen,
        storage=replace(
            seen.storage,
            oldest_event_days=seen.storage.oldest_event_days and min(seen.storage.oldest_event_days, 100),
        ),
    ),
    "tested packages": _in("machine", other_versions=()),
    "a verification": _verified_now,
    "a review": _reviewed_now,
    "the sealer": lambda seen: replace(
        seen,
        trail=replace(seen.trail, waiting=0, waiting_seconds=0, sealed=seen.trail.sealed + seen.trail.waiting),
    ),
}


def _found(assessment: Assessment, check: str) -> CheckResult:
    return next(one for one in assessment.checks if one.id == check)


def _shares(seen: Observed) -> dict[str, float | None]:
    return {one.id: one.share for one in assess(seen).checks}


def test_an_installation_set_up_as_asked_reaches_the_target() -> None:
    found = assess(WELL)
    assert found.gates == ()
    assert found.score == pytest.approx(100)
    assert TARGET == 95
    assert {one.id for one in found.checks if one.share is None} == {
        "backup", "restore", "vulnerabilities", "api_keys", "rate_limits",
    }  # fmt: skip


@given(observations())
def test_the_score_is_the_weighted_mean_of_what_could_be_assessed(seen: Observed) -> None:
    found = assess(seen)
    assessed = [one for one in found.checks if one.share is not None]
    assert found.uncapped is not None
    assert 0 <= found.uncapped <= 100 + ROUNDING
    assert sum(one.possible for one in found.checks) == pytest.approx(100)
    assert sum(one.points for one in found.checks) == pytest.approx(found.uncapped)
    weighted = sum(one.weight * (one.share or 0) for one in assessed)
    assert found.uncapped == pytest.approx(100 * weighted / sum(one.weight for one in assessed))
    assert found.score == (min(found.uncapped, CAP) if found.gates else found.uncapped)
    assert sum(one.points for one in found.categories) == pytest.approx(found.uncapped)


@given(observations())
def test_turning_a_protection_on_never_lowers_the_score(seen: Observed) -> None:
    before = assess(seen)
    assert before.score is not None
    for name, turn_on in PROTECTIONS.items():
        after = assess(turn_on(seen))
        assert after.score is not None
        assert after.score >= before.score - ROUNDING, name
        assert set(after.gates) <= set(before.gates), name


@given(observations())
def test_removing_everybody_never_raises_the_score(seen: Observed) -> None:
    nobody = replace(seen, people=People(), sessions=replace(seen.sessions, seen=0, overlong=0))
    before, after = assess(seen), assess(nobody)
    assert before.uncapped is not None
    assert after.uncapped is not None
    assert after.uncapped <= before.uncapped + ROUNDING


@given(observations())
def test_what_cannot_be_assessed_is_neither_won_nor_lost_and_says_what_would_change_that(seen: Observed) -> None:
    for one in assess(seen).checks:
        if one.share is None:
            assert (one.points, one.possible, one.state) == (0, 0, "not_assessed")
            assert one.remedy
        assert one.detail
        assert one.evidence


@given(observations())
def test_every_lost_point_has_a_remedy(seen: Observed) -> None:
    found = assess(seen)
    open_points = to_gain(found)
    assert {one.check for one in open_points} == {one.id for one in found.checks if one.lost > 0}
    assert all(one.remedy for one in open_points)
    assert {one.gate for one in open_points if one.gate} == {gate.sentence for gate in found.gates}
    order = [(one.gate is None, one.beyond, -one.points) for one in open_points]
    assert order == sorted(order)
    reachable = assess(seen).uncapped + sum(one.points for one in open_points if not one.beyond)  # type: ignore[operator]
    assert within_reach(found) == pytest.approx(reachable)


def test_nothing_observed_is_no_hundred() -> None:
    found = assess(Observed(NOW))
    assert found.score is not None
    assert found.score < 50
    assert assess(replace(WELL, trail=replace(WELL.trail, verified=None))).score < 95  # type: ignore[operator]


@given(observations())
def test_composition_rules_and_expiry_are_never_rewarded(seen: Observed) -> None:
    without = replace(seen, rules=replace(seen.rules, accepts_plain_words=True, expires=False))
    for worse in ({"accepts_plain_words": False}, {"expires": True}):
        turned_on = assess(replace(without, rules=replace(without.rules, **worse)))
        before = assess(without)
        assert before.score is not None
        assert turned_on.score is not None
        assert turned_on.score <= before.score + ROUNDING
        assert _found(turned_on, "password_rules").points < _found(before, "password_rules").points
        assert "NIST" in _found(turned_on, "password_rules").detail


GATED: dict[str, Turn] = {
    "plain_http": _in("transport", https=False),
    "certificate_over": _in("transport", certificate_days=-1),
    "owner_factor": _in("people", owners_with_factor=1, powerful_with_factor=1, with_factor=4),
    "chain_broken": lambda seen: replace(seen, trail=replace(seen.trail, verified=verified(intact=False))),
    "weak_secret": _in("secrets", length=12, different=12),
    "published_password": _in("people", published=1),
    "tenants_open": _in("tables", unbound=("license",)),
}


@pytest.mark.parametrize("gate", GATED)
def test_a_critical_failure_holds_the_score_at_69_and_is_named(gate: str) -> None:
    found = assess(GATED[gate](WELL))
    assert [one.id for one in found.gates] == [gate]
    assert found.score == CAP
    assert found.uncapped is not None
    assert found.uncapped > CAP
    assert to_gain(found)[0].gate == found.gates[0].sentence


def test_every_gate_is_tried_above_and_names_a_check() -> None:
    assert {gate.id for gate in GATES} == set(GATED)
    assert {gate.check for gate in GATES} <= {check.id for check in CHECKS}


def test_a_published_password_is_no_gate_where_only_this_machine_reaches_it() -> None:
    here = replace(WELL, people=replace(WELL.people, published=1), transport=replace(WELL.transport, only_here=True))
    assert assess(here).gates == ()
    assert _found(assess(here), "published_passwords").points < _found(assess(WELL), "published_passwords").points


def test_a_factor_that_nobody_can_have_yet_costs_its_points_and_says_so() -> None:
    none = count([Someone(owner=True, factor=False), Someone(owner=True, factor=False)])
    found = assess(replace(WELL, people=none, factor_offered=False))
    check = _found(found, "second_factor_powerful")
    assert (check.share, found.gates) == (0, ())
    assert "no second factor to offer" in check.remedy
    assert within_reach(found) < 95


@pytest.mark.parametrize(
    ("hours", "share"), [(1, 1.0), (23.9, 1.0), (25, 0.5), (24 * 8, 0.0)], ids=["fresh", "today", "late", "stale"]
)
def test_the_chain_counts_as_whole_only_while_somebody_has_looked(hours: float, share: float) -> None:
    assert _shares(replace(WELL, trail=replace(WELL.trail, verified=verified(hours))))["chain_verified"] == share


@pytest.mark.parametrize(
    ("change", "check", "share"),
    [
        (_in("trail", verified=verified(entries=0)), "chain_verified", 0.0),
        (_in("trail", waiting=3, waiting_seconds=61), "sealing", 0.0),
        (_in("trail", waiting=3, waiting_seconds=5), "sealing", 1.0),
        (_in("trail", checkpoint=None), "checkpoints", 0.0),
        (_in("trail", checkpoint=4000), "checkpoints", 0.0),
        (_in("trail", entries=0), "unusual", None),
        (_in("sessions", seen=0), "sessions", 0.0),
        (_in("sessions", idle_minutes=120), "sessions", 0.5),
        (_in("sessions", overlong=6), "sessions", 0.5),
        (_in("guessing", locks=0), "lockout", None),
        (_in("guessing", unlocked=1), "lockout", 0.0),
        (_in("people", dormant=1), "dormant", 0.8),
        (_in("people", argon2=4), "password_hashes", 0.8),
        (_in("people", owners=1), "two_owners", 0.5),
        (_in("people", powerful=4, powerful_with_factor=4), "few_powerful", 0.5),
        (_in("customers", demo=3), "demo_apart", 0.0),
        (_in("customers", demo=3, real=0), "demo_apart", None),
        (_in("customers", published_secrets=1), "install_secrets", 0.95),
        (_in("customers", licenses=0), "install_secrets", None),
        (_in("transport", certificate_days=5), "https", 0.5),
        (_in("transport", certificate_days=-1), "https", 0.0),
        (_in("transport", certificate_days=None), "https", 0.0),
        (_in("transport", certificate_days=None, by_proxy=True), "https", 1.0),
        (_in("secrets", length=0), "secret", 1.0),
        (_in("secrets", environment_file_open=True), "environment_file", 0.0),
        (_in("secrets", open_files=("keys/jwt",)), "key_files", 0.8),
        (_in("storage", local=False), "database_link", 0.0),
        (_in("storage", local=False, encrypted=True), "database_link", 1.0),
        (_in("storage", oldest_event_days=500), "retention", 0.0),
        (_in("storage", oldest_event_days=None), "retention", None),
        (_in("storage", durable=(("fsync", False), ("full_page_writes", True))), "durability", 0.5),
        (_in("machine", free_bytes=2_500_000_000), "disk", 0.5),
        (_in("machine", locked=0), "packages", None),
        (lambda seen: replace(seen, keys=(KeyAge("answers", 400), KeyAge("files", 2))), "key_ages", 0.5),
        (lambda seen: replace(seen, review=Review(NOW - timedelta(days=40), "adam")), "review", 0.5),
        (lambda seen: replace(seen, review=None), "review", 0.0),
    ],
)
def test_what_each_observation_earns(change: Turn, check: str, share: float | None) -> None:
    found = _shares(change(WELL))
    assert found[check] == (share if share is None else pytest.approx(share))
    assert {name: value for name, value in found.items() if name != check} == {
        name: value for name, value in _shares(WELL).items() if name != check
    }


def test_what_was_unusual_waits_for_a_review() -> None:
    before = Unusual("refused", NOW - timedelta(days=5), "sam", 6, "6 refused.")
    after = replace(before, at=NOW - timedelta(days=1))
    assert _shares(replace(WELL, unusual=(after, before)))["unusual"] == 0.5
    assert _shares(replace(WELL, unusual=(before,)))["unusual"] == 1
    assert _shares(replace(WELL, unusual=(before,), review=None))["unusual"] == 0


def test_weights_are_the_published_four_and_every_category_has_checks() -> None:
    assert {check.weight for check in CHECKS} == {10, 7.5, 5, 2.5}
    assert {check.category for check in CHECKS} == set(Category)
    assert len({check.id for check in CHECKS}) == len(CHECKS)


def test_the_eight_practices_are_each_answered_for() -> None:
    assert {check.practice for check in CHECKS if check.practice} == set(range(1, 9))


def test_the_demo_is_held_at_69_on_plain_http_and_reaches_about_78_behind_tls() -> None:
    demo = replace(
        WELL,
        people=People(total=6, staff=5, owners=1, powerful=2, argon2=6, published=6),
        factor_offered=False,
        rules=PasswordRules(refuses_short=True, refuses_common=True),
        sessions=Sessions(seen=20),
        customers=replace(WELL.customers, demo=60, real=0, licenses=58, published_secrets=1),
        transport=Transport(),
        unusual=(Unusual("refused", NOW - timedelta(days=6), "sam", 7, "7 refused."),),
        review=None,
    )
    plain, tls = assess(demo), assess(replace(demo, transport=Transport(https=True, by_proxy=True)))
    assert (plain.score, [gate.id for gate in plain.gates]) == (69, ["plain_http"])
    assert tls.gates == ()
    assert tls.score == pytest.approx(78, abs=1.5)
