"""The rules on growth, overage, complements, old versions and the ends of trials, and what confidence does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.culture.account import Account
from core.culture.peers import Peers
from core.culture.picture import Picture, take
from core.culture.upsell_findings import Evidence, Finding, NotListed
from core.culture.upsell_people import turnover
from core.culture.upsell_rules import RULES
from core.culture.upsells import ASKED, Closed, History, Opportunity, find_opportunities
from core.culture.vital_signs import judge_health
from core.usage.consumption import monthly
from core.usage.limits import Limit
from tests.core.culture.world import NOW, RELEASES, Office, account, api_usage, picture_of

FEATURES = {"pos": 0.9, "email": 0.6, "chatbot": 0.5, "sales": 0.5, "crypto": 0.5, "analytics": 0.5}


def _find(picture: Picture, history: History | None = None) -> tuple[tuple[Opportunity, ...], tuple[NotListed, ...]]:
    return find_opportunities(picture, judge_health(picture), history or History())


def _growing(before: int, now: int, who: Account) -> Picture:
    """Return a picture of a team of `before` people in the 28 days before and of `now` in the last."""
    office = Office().work(before, FEATURES)
    for day in office.days():
        if day >= NOW - timedelta(days=27):
            for person in range(before, now):
                office.event(day + timedelta(hours=10), f"user-{person}", "pos")
    return picture_of(office, who)


def test_a_team_that_grows_beyond_chance_toward_its_seats_is_offered_more() -> None:
    picture = _growing(20, 32, account("pro", max_seats=40))
    grown = turnover(picture)
    assert grown is not None
    assert (grown.before, grown.joined, grown.left) == (20, 12, 0)
    assert grown.growth == pytest.approx(0.6)
    assert 0.2 < grown.low < grown.growth < grown.high
    (offer,), _ = _find(picture)
    assert (offer.rule, offer.kind, offer.confidence) == ("team_growth", "seats", "high")
    # Eight seats are left, and 12 people came in 28 days.
    assert offer.days_left == 18
    assert "the team grew by 60% in 28 days" in offer.sentence.lower()


def test_growth_that_may_be_chance_or_has_room_is_told_and_not_sold() -> None:
    listed, held = _find(_growing(8, 10, account("pro", max_seats=14)))
    assert not listed
    assert "may be chance" in held[0].reason
    listed, held = _find(_growing(20, 32, account("pro", max_seats=400)))
    assert not listed
    assert "the 400 seats last for" in held[0].reason


def test_a_young_customer_has_no_growth_yet() -> None:
    assert turnover(picture_of(Office(weeks=6).work(8, FEATURES))) is None


def test_two_cycles_above_110_percent_are_high_and_one_is_not() -> None:
    over = [11_200] * 56
    (offer, *_), _ = _find(picture_of(Office().work(4, {"pos": 0.9, "email": 0.6}), account("basic"), calls=over))
    assert offer.rule == "sustained_overage"
    assert (offer.priority, offer.confidence, offer.offer) == ("HIGH", "high", "pro")
    assert "above 110% of the limit in both of the last two cycles" in offer.sentence
    assert [fact.value for fact in offer.evidence[:2]] == ["11,200 (112%)", "11,200 (112%)"]
    lately = [4_000] * 28 + over[:28]
    listed, _ = _find(picture_of(Office().work(4, {"pos": 0.9, "email": 0.6}), account("basic"), calls=lately))
    assert "sustained_overage" not in listed[0].rules
    assert "limit_approached" in listed[0].rules


def test_a_monthly_meter_is_over_by_what_each_cycle_summed_up_to() -> None:
    yesterday = (NOW - timedelta(days=1)).date()
    row = monthly(Limit("bandwidth_bytes_month", 1_000_000), [50_000] * 56, yesterday, 0)
    assert row.cycles == (1_400_000, 1_400_000)
    assert monthly(Limit("bandwidth_bytes_month", 1_000_000), [50_000] * 55, yesterday, 0).cycles == ()


def _above(both: int, first: int, second: int, neither: int) -> Peers:
    """Return accounts of higher tiers that adopt POS and crypto, POS, crypto, or neither."""
    pos, crypto = frozenset({"pos"}), frozenset({"crypto"})
    patterns = [(pos | crypto, both), (pos, first), (crypto, second), (frozenset[str](), neither)]
    return Peers(both + first + second + neither, "higher tiers", 0.0, {}, patterns)


def _with(office: Office, who: Account, above: Peers) -> Picture:
    return take(who, office.observed(), api_usage((4_000,) * 56, 10_000, members=(8, 20)), above, RELEASES, None, above)


def test_what_goes_with_heavy_use_and_the_tier_lacks_is_a_reason_to_upgrade() -> None:
    office = Office().work(8, {"pos": 0.95, "email": 0.5, "chatbot": 0.4})
    listed, _ = _find(_with(office, account("basic"), _above(30, 5, 2, 40)))
    (offer,) = (one for one in listed if one.kind == "tier")
    assert (offer.rules, offer.offer, offer.priority) == (("missing_complement",), "pro", "MEDIUM")
    assert "uses POS heavily" in offer.sentence[0].lower() + offer.sentence[1:]
    assert "adopt Crypto" in offer.sentence
    assert any(fact.n == 30 for fact in offer.evidence)


@pytest.mark.parametrize("above", [_above(30, 30, 20, 20), _above(6, 1, 1, 40)], ids=["no lift", "too few"])
def test_a_weak_or_thin_lift_recommends_nothing(above: Peers) -> None:
    office = Office().work(8, {"pos": 0.95, "email": 0.5, "chatbot": 0.4})
    listed, _ = _find(_with(office, account("basic"), above))
    assert "missing_complement" not in {rule for one in listed for rule in one.rules}


def test_two_releases_behind_is_help_offered_and_no_upgrade_of_the_tier() -> None:
    office = Office().work(8, FEATURES).said("version", "4.1", 3_000)
    (offer,), _ = _find(picture_of(office, account("pro")))
    assert (offer.rule, offer.kind, offer.offer_label) == ("versions_behind", "services", "Help with the upgrade")
    assert offer.sentence == "Runs 4.1, 2 releases behind."
    current = Office().work(8, FEATURES).said("version", "4.2", 3_000)
    assert _find(picture_of(current, account("pro"))) == ((), ())


@pytest.mark.parametrize(
    ("days", "convert", "rescue"), [(12, "MEDIUM", "LOW"), (6, "HIGH", "MEDIUM"), (2, "HIGH", "HIGH")]
)
def test_a_trial_grows_more_urgent_at_seven_and_at_three_days(days: int, convert: str, rescue: str) -> None:
    trial = account("pro", term="trial", expires_at=NOW + timedelta(days=days, hours=1))
    (used,), _ = _find(picture_of(Office().work(8, FEATURES), trial))
    (unused,), _ = _find(picture_of(Office(), trial, calls=()))
    assert (used.kind, used.priority) == ("convert", convert)
    assert (unused.kind, unused.priority) == ("rescue", rescue)
    assert used.days_left == used.days_p10 == used.days_p90 == days


def test_unused_seats_are_a_risk_only_after_nine_months() -> None:
    office = Office().work(2, FEATURES)
    _, held = _find(picture_of(office, account("pro", max_seats=20)))
    assert [one.rule for one in held] == ["downgrade_risk"]
    young = account("pro", max_seats=20, issued_at=NOW - timedelta(days=200))
    assert _find(picture_of(office, young)) == ((), ())


def test_the_range_of_days_comes_from_the_meter_that_ends_first() -> None:
    rising = [int(4_000 * 1.015**day) for day in range(56)]
    (offer, *_), _ = _find(
        picture_of(Office().work(4, {"pos": 0.9, "email": 0.6, "chatbot": 0.5}), account("basic"), calls=rising)
    )
    assert offer.days_p10 is not None
    assert offer.days_left is not None
    assert offer.days_p90 is not None
    assert offer.days_p10 <= offer.days_left <= offer.days_p90
    assert offer.confidence in {"medium", "high"}


def test_what_the_facts_hardly_bear_out_is_never_urgent(monkeypatch: pytest.MonkeyPatch) -> None:
    doubtful = Finding("a_rule", "training", "pos", "HIGH", "x touches POS", (Evidence("a_rule", 1, "x", "y", 1, "z"),))
    monkeypatch.setattr("core.culture.upsells.RULES", (lambda _: [replace(doubtful, confidence="low")],))
    (offer,), _ = _find(picture_of(Office().work(8, FEATURES)))
    assert (offer.priority, offer.confidence) == ("MEDIUM", "low")


def test_a_conversation_that_began_goes_on_while_nothing_else_is_offered() -> None:
    office = Office().work(8, FEATURES)
    who = account("pro", max_seats=7)
    called = replace(who, commercial=replace(who.commercial, contacted_at=NOW - timedelta(days=2)))
    listed, held = _find(picture_of(office, called))
    assert not [one for one in listed if one.kind == "seats"]
    assert NotListed("seats", "", ASKED) in held
    listed, _ = _find(picture_of(office, called), History(talked=frozenset({("seats", "")})))
    assert [one.kind for one in listed] == ["seats"]


def test_a_call_of_31_days_ago_holds_nothing_back() -> None:
    who = account("pro", max_seats=7)
    called = replace(who, commercial=replace(who.commercial, contacted_at=NOW - timedelta(days=31)))
    asked = History({}, {("tier", ""): Closed("lost", NOW - timedelta(days=31))})
    assert [one.kind for one in _find(picture_of(Office().work(8, FEATURES), called), asked)[0]] == ["seats"]


def test_every_rule_has_a_sentence_and_gives_nothing_for_a_quiet_customer() -> None:
    picture = picture_of(Office().work(8, FEATURES))
    assert [result for rule in RULES for result in rule(picture)] == []
    assert len({rule.__name__ for rule in RULES}) == len(RULES)
