"""Which features are adopted, tried, lapsed or never touched, and how that compares with peers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core.culture.estimate import Abstention, Estimate
from core.culture.features import Features, effective_number, read_features, state
from core.culture.peers import NOBODY, PeerRow, Peers, ShareSums, co_adoption, with_lifts, without
from tests.core.culture.world import NOW, Office

ALIKE = (0.35, 0.4, 0.45, 0.38, 0.42, 0.4, 0.37, 0.43, 0.4, 0.41, 0.39, 0.4)
PRO = ("pos", "email", "chatbot", "crypto")


@pytest.mark.parametrize(
    ("now", "before", "named"),
    [
        (0, 0, "never"),
        (1, 0, "tried"),
        (2, 9, "tried"),
        (3, 0, "adopted"),
        (7, 0, "adopted"),
        (8, 0, "habitual"),
        (0, 3, "lapsed"),
        (0, 2, "tried"),
    ],
)
def test_states_follow_the_days_of_use(now: int, before: int, named: str) -> None:
    assert state(now, before) == named


def test_breadth_counts_against_what_the_tier_includes() -> None:
    office = Office().work(4, {"pos": 0.9, "labs": 0.9})
    found = read_features(office.observed(), PRO)
    assert found.adopted == 2
    assert isinstance(found.breadth, Estimate)
    assert found.breadth.value == 0.25, "labs is adopted but no part of the tier"


def test_a_refused_feature_was_wanted_and_not_used() -> None:
    office = Office().work(3, {"pos": 0.9})
    for day in range(1, 6):
        office.refuse(NOW - timedelta(days=day), "user-1", "crypto")
    crypto = read_features(office.observed(), PRO).named("crypto")
    assert crypto is not None
    assert (crypto.state, crypto.events, crypto.days, crypto.denied_actors) == ("never", 0, 0, 1)


def test_use_before_the_window_alone_is_lapsed() -> None:
    office = Office().work(2, {"pos": 0.9})
    for day in range(40, 45):
        office.event(NOW - timedelta(days=day), "user-0", "chatbot")
    chatbot = read_features(office.observed(), PRO).named("chatbot")
    assert chatbot is not None
    assert chatbot.state == "lapsed"
    assert chatbot.last_day == (NOW - timedelta(days=40)).date()


def test_events_without_users_still_count_days() -> None:
    observed = Office().work(3, {"pos": 0.9}).observed()
    pos = read_features(replace(observed, feature_actors=(), actors=()), PRO).named("pos")
    assert pos is not None
    assert pos.state == "habitual"
    assert pos.actors == 0


def test_the_effective_number_is_the_number_where_use_is_even() -> None:
    even, one = effective_number([50, 50, 50, 50]), effective_number([100, 0])
    assert isinstance(even, Estimate)
    assert isinstance(one, Estimate)
    assert even.value == pytest.approx(4)
    assert one.value == pytest.approx(1)
    assert isinstance(effective_number([0, 0]), Abstention)


def _peers(shares: Sequence[float], person_days: int = 100) -> Peers:
    sums = ShareSums(sum(shares), sum(share**2 for share in shares))
    adopted = [frozenset({"pos"}) if share > 0.1 else frozenset[str]() for share in shares]
    patterns = [(one, adopted.count(one)) for one in set(adopted)]
    return Peers(len(shares), "same tier and size", len(shares) / person_days, {"pos": sums}, patterns)


def _features(days: int, of: int) -> Features:
    office = Office()
    for number in range(of):
        at = NOW - timedelta(days=1 + number % 27, hours=number % 7)
        office.event(at, f"user-{number}", "pos" if number < days else "email")
    return read_features(office.observed(), PRO)


def test_nine_peers_are_too_few_to_compare_with() -> None:
    found = with_lifts(_features(20, 40), _peers([0.2] * 9))
    assert all(isinstance(item.lift, Abstention) for item in found.items)


def test_twice_the_peers_share_stands_out_and_its_interval_excludes_one() -> None:
    found = with_lifts(_features(160, 200), _peers(ALIKE))
    pos = found.named("pos")
    assert pos is not None
    assert isinstance(pos.lift, Estimate)
    assert pos.lift.low is not None
    assert pos.lift.low > 1
    assert pos.stands_out == "above"


def test_few_days_are_drawn_toward_the_peers() -> None:
    peers = _peers(ALIKE)
    few, many = with_lifts(_features(4, 4), peers).named("pos"), with_lifts(_features(200, 200), peers).named("pos")
    assert few is not None
    assert many is not None
    assert isinstance(few.lift, Estimate)
    assert isinstance(many.lift, Estimate)
    assert 1 < few.lift.value < 1.2 < many.lift.value
    assert few.stands_out is None


def test_nobody_is_their_own_peer() -> None:
    together = _peers([0.2] * 10 + [0.9])
    own = PeerRow(100, {"pos": 90}, frozenset({"pos"}))
    rest = without(together, own)
    assert rest.accounts == 10
    assert rest.shares["pos"].total == pytest.approx(2.0)
    assert rest.adopters("pos") == 10
    assert without(together, None) is together


def test_co_adoption_needs_ten_peers_with_both() -> None:
    both, first, none = frozenset({"pos", "crypto"}), frozenset({"pos"}), frozenset[str]()
    many = Peers(100, "same tier", 1.0, {}, [(both, 30), (first, 10), (none, 60)])
    lift = co_adoption(many, "pos", "crypto")
    assert isinstance(lift, Estimate)
    assert lift.value == pytest.approx((30 / 40) / (30 / 100))
    assert lift.low is not None
    assert lift.low > 1
    few = Peers(20, "same tier", 1.0, {}, [(both, 9), (none, 11)])
    assert isinstance(co_adoption(few, "pos", "crypto"), Abstention)
    assert isinstance(co_adoption(NOBODY, "pos", "crypto"), Abstention)
