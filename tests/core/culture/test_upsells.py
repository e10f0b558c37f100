"""Each upsell rule speaks on its evidence, and says why where it almost did."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from core.culture.account import Account
from core.culture.peers import NOBODY, Peers
from core.culture.picture import Picture, take
from core.culture.upsell_findings import NotListed
from core.culture.upsells import (
    Closed,
    History,
    Opportunity,
    Outcomes,
    expected_value,
    find_opportunities,
    fitting_tier,
)
from core.culture.vital_signs import judge_health
from core.money import Money
from tests.core.culture.world import NOW, TIERS, Office, account, picture_of

STEADY = (4_000,) * 56


def _found(
    office: Office,
    who: Account | None = None,
    calls: Sequence[int] = STEADY,
    history: History | None = None,
    peers: Peers | None = None,
) -> tuple[tuple[Opportunity, ...], tuple[NotListed, ...]]:
    picture = picture_of(office, who, calls=calls, peers=peers or NOBODY)
    return find_opportunities(picture, judge_health(picture), history or History())


def _office() -> Office:
    return Office().work(8, {"pos": 0.9, "email": 0.6, "chatbot": 0.5, "sales": 0.5, "crypto": 0.5, "analytics": 0.5})


def _rules(found: Sequence[Opportunity]) -> set[str]:
    return {rule for one in found for rule in one.rules}


def test_a_quiet_satisfied_customer_is_left_alone() -> None:
    assert _found(_office()) == ((), ())


def test_a_limit_on_its_way_offers_the_smallest_tier_that_fits_the_forecast() -> None:
    rising = [int(4_000 * 1.015**day) for day in range(56)]
    listed, _ = _found(Office().work(4, {"pos": 0.9, "email": 0.6, "chatbot": 0.5}), account("basic"), rising)
    assert listed[0].rules == ("limit_approached",)
    assert listed[0].offer == "pro"
    assert listed[0].days_left is not None
    assert 0 < listed[0].days_left < 14


def test_one_day_of_an_incident_is_no_upsell_and_says_so() -> None:
    calls = [3_000] * 55
    calls[40] = 95_000
    listed, held = _found(_office(), account("pro"), [*calls, 3_000])
    assert listed == ()
    assert held[0].rule == "limit_approached"
    assert "One day" in held[0].reason


def test_growth_whose_latest_day_alone_is_above_80_percent_is_no_incident() -> None:
    rising = [int(3_200 * 1.0172**day) for day in range(56)]
    assert 8_000 < rising[-1] < 10_000 * 0.95
    assert rising[-2] < 8_100
    listed, held = _found(Office().work(4, {"pos": 0.9, "email": 0.6, "chatbot": 0.5}), account("basic"), rising)
    assert [one.rule for one in listed] == ["limit_approached"]
    assert held == ()


def test_the_highest_tier_is_left_only_for_a_custom_agreement() -> None:
    listed, _ = _found(Office().work(40, {"pos": 0.9}, a_day=2), account("enterprise", max_seats=None), STEADY)
    assert "limit_approached" not in _rules(listed)
    assert fitting_tier(account("enterprise"), {"api_calls_day": 1}, (), 0) is None
    assert fitting_tier(account("free"), {"api_calls_day": 200_000}, (), 0) == TIERS[3]
    assert fitting_tier(account("free"), {"api_calls_day": 500, "members": 40}, {"crypto"}, 2) == TIERS[2]
    assert fitting_tier(account("basic"), {"members": 501}, (), 0) is None


@pytest.mark.parametrize(
    ("sold", "people", "priority"),
    [(7, 8, "HIGH"), (8, 8, "MEDIUM"), (12, 8, None)],
    ids=["over", "full", "room"],
)
def test_seats_sold_are_what_seats_are_measured_by(sold: int, people: int, priority: str | None) -> None:
    listed, _ = _found(_office(), account("pro", max_seats=sold))
    assert [one.priority for one in listed if one.kind == "seats"] == ([priority] if priority else [])


def test_unused_seats_are_a_risk_and_no_upsell() -> None:
    office = Office().work(2, {"pos": 0.9, "email": 0.5, "chatbot": 0.5, "sales": 0.5, "crypto": 0.5, "analytics": 0.5})
    listed, held = _found(office, account("pro", max_seats=20))
    assert "seats" not in _rules(listed)
    assert NotListed("downgrade_risk", "", "2 of 20 seats are used: a risk of a downgrade, no upsell.") in held


def test_four_production_domains_on_a_license_for_two() -> None:
    office = _office()
    for name in ("shop", "tickets", "learn", "pay"):
        office.said("domain", f"{name}.hooli.example", 900)
    office.said("domain", "staging.hooli.example", 900).said("domain", "localhost", 900)
    listed, _ = _found(office, account("pro"))
    offer = next(one for one in listed if one.rule == "several_domains")
    assert (offer.offer, offer.priority) == ("enterprise", "HIGH")
    assert "4 production domains on a license for 2" in offer.sentence
    assert not any("staging" in fact.label or "localhost" in fact.label for fact in offer.evidence)


def test_domains_of_a_few_days_are_not_yet_several() -> None:
    office = _office().said("domain", "a.example", 900).said("domain", "b.example", 900)
    listed, held = _found(office.said("domain", "c.example", 30, days=4), account("pro"))
    assert "several_domains" not in _rules(listed)
    assert "several_domains" in {one.rule for one in held}


def test_two_refused_people_are_not_yet_three() -> None:
    office = Office().work(4, {"pos": 0.9, "email": 0.5, "chatbot": 0.5})
    for person in ("user-0", "user-1"):
        office.refuse(NOW - timedelta(days=3), person, "crypto")
    listed, held = _found(office, account("basic"))
    assert "refused_features" not in _rules(listed)
    assert held[0].reason == "2 people were refused Crypto; the rule asks for 3."


def test_refusal_of_what_the_tier_includes_is_the_customers_own_permission() -> None:
    office = _office()
    for person in ("user-0", "user-1", "user-2"):
        office.refuse(NOW - timedelta(days=3), person, "crypto")
    listed, held = _found(office, account("pro"))
    assert "refused_features" not in _rules(listed)
    assert "a permission at the customer's" in held[0].reason


def test_a_trial_in_use_is_to_be_converted_and_an_unused_one_rescued() -> None:
    trial = account("pro", term="trial", expires_at=NOW + timedelta(days=6, hours=1))
    (offer, *_), _ = _found(_office(), trial)
    assert (offer.kind, offer.priority, offer.days_left) == ("convert", "HIGH", 6)
    assert offer.offer_label == "Turn the trial into Pro"
    listed, _ = _found(Office(), trial, ())
    assert [one.kind for one in listed] == ["rescue"]


def test_training_waits_for_enough_events_and_an_old_enough_license() -> None:
    few = Office(weeks=4).work(2, {"pos": 0.9}, a_day=3, presence=0.9)
    _, held = _found(few)
    assert "too few to say what is not wanted" in held[0].reason
    young = account("pro", issued_at=NOW - timedelta(days=20))
    _, held = _found(Office(weeks=2).work(8, {"pos": 0.9}), young)
    assert "younger than 28 days" in held[0].reason


def test_peers_who_take_both_make_training_matter_more() -> None:
    both, neither = frozenset({"pos", "crypto"}), frozenset[str]()
    peers = Peers(60, "same tier", 0.6, {}, [(both, 30), (neither, 30)])
    listed, _ = _found(Office().work(8, {"pos": 0.95}), peers=peers)
    assert [(one.subject, one.priority) for one in listed] == [("crypto", "MEDIUM")]


def _hooli(**changed: Any) -> tuple[Office, Account]:
    who = account("pro", max_seats=7)
    return _office(), replace(who, commercial=replace(who.commercial, **changed))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"payment_failed": True}, "A payment failed"),
        ({"urgent_tickets": 1}, "An urgent ticket is open"),
        ({"contacted_at": NOW - timedelta(days=29)}, "within the last 30 days"),
    ],
    ids=["payment", "ticket", "contacted"],
)
def test_nobody_is_sold_to_in_trouble(changed: dict[str, Any], why: str) -> None:
    office, who = _hooli(**changed)
    listed, held = _found(office, who)
    assert "seats" not in _rules(listed)
    assert why in next(one.reason for one in held if one.rule == "seats")


def test_a_revoked_license_is_not_sold_to() -> None:
    _, held = _found(_office(), account("pro", max_seats=7, revoked_at=NOW))
    assert held[0].reason == "The license is revoked."


def test_an_ended_license_is_not_even_trained() -> None:
    office = Office().work(8, {"pos": 0.95})
    assert [one.kind for one in _found(office)[0]] == ["training"]
    listed, held = _found(office, account(expires_at=NOW - timedelta(days=1)))
    assert listed == ()
    assert held[0] == NotListed("unused_complement", "analytics", "The license is expired.")


def test_what_nobody_anywhere_uses_tells_nothing_of_one_customer() -> None:
    office = Office().work(8, {"pos": 0.95})
    observed = office.observed()
    in_field = {"pos", "email", "crypto"}
    picture = take(account("enterprise"), observed, (), NOBODY, (), in_field)
    assert [item.feature for item in picture.untouched] == ["crypto", "email"]
    listed, _ = find_opportunities(picture, judge_health(picture), History())
    assert [one.subject for one in listed] == ["crypto"], "what only the higher tiers have comes first, and one course"


def test_poor_health_is_mended_before_it_is_sold_to() -> None:
    picture = picture_of(_office(), account("pro", max_seats=7))
    health = judge_health(picture)
    listed, _ = find_opportunities(picture, health, History())
    assert "seats" in _rules(listed)
    listed, held = find_opportunities(picture, replace(health, score=39.0), History())
    assert "seats" not in _rules(listed)
    assert held[0].reason == "Health is 39, below 40: help first."


def test_what_was_ignored_rests_and_then_may_come_back() -> None:
    office, who = _hooli()
    closed = {("seats", ""): Closed("ignored", NOW - timedelta(days=10))}
    listed, held = _found(office, who, history=History({}, closed))
    assert "seats" not in _rules(listed)
    assert "closed as ignored on 11 November" in held[0].reason
    old = {("seats", ""): Closed("ignored", NOW - timedelta(days=91))}
    assert "seats" in _rules(_found(office, who, history=History({}, old))[0])


def test_expected_value_is_exact_and_learns_from_outcomes() -> None:
    who = account("free")
    assert expected_value(who, TIERS[2], Outcomes())[0] == 50_898
    learnt = replace(who, commercial=replace(who.commercial, retained=Fraction(9, 10)))
    # (1 + 11) / (10 + 20) × $499.00 × 12 × 0.9
    value, currency, basis = expected_value(learnt, TIERS[2], Outcomes(11, 20))
    assert (value, currency) == (215_568, "USD")
    assert "20 outcomes and the prior" in basis
    assert expected_value(who, None, Outcomes())[0] is None
    unknown = replace(who, commercial=replace(who.commercial, mrr=None))
    assert expected_value(unknown, TIERS[2], Outcomes()) == (
        None,
        None,
        "No value: the tier's price, or what the customer pays now, is not known here.",
    )


def test_a_dearer_present_price_never_makes_a_negative_value() -> None:
    who = account("basic")
    rich = replace(who, commercial=replace(who.commercial, mrr=Money(90_000, "USD")))
    assert expected_value(rich, TIERS[2], Outcomes())[0] == 0


def test_a_picture_is_not_changed_by_looking_for_upsells() -> None:
    picture: Picture = picture_of(_office(), account("pro", max_seats=7))
    first = find_opportunities(picture, judge_health(picture), History())
    assert find_opportunities(picture, judge_health(picture), History()) == first
