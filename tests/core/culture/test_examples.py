"""The seed's three examples come out of data shaped like theirs."""

from datetime import timedelta

import numpy as np

from core.culture.profile import Profile, assemble
from core.culture.upsells import History
from tests.core.culture.world import NOW, Office, account, picture_of

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)


def northwind() -> Profile:
    """Return a retailer of eight people, Monday to Friday from nine to five, POS above all."""
    office = (
        Office()
        .work(8, {"pos": 0.95, "analytics": 0.25}, hours=(9, 17))
        .work(8, {"email": 0.8}, hours=(7, 20), a_day=11)
        .event(NOW - timedelta(days=2), "user-1", "chatbot")
        .event(NOW - timedelta(days=9), "user-2", "sales")
        .said("version", "4.2.1", 3_000)
        .said("agent", CHROME, 3_000)
    )
    return assemble(picture_of(office, account("pro")), None, History())


def acme() -> Profile:
    """Return a customer on Free at 95 % of the API limit, 200 events a day, three people refused what Pro has."""
    office = Office().work(3, {"pos": 0.9, "email": 0.6}, a_day=72, weekdays=range(7))
    for number, person in enumerate(("user-0", "user-1", "user-2")):
        office.refuse(NOW - timedelta(days=2 + number), person, "crypto")
    return assemble(picture_of(office, account("free"), calls=_calls()), None, History())


def _calls() -> list[int]:
    rising = np.linspace(840, 950, 56) + np.random.default_rng(4).normal(0, 9, 56)
    return [int(calls) for calls in rising]


def test_uses_pos_heavily_but_never_touches_crypto() -> None:
    found = northwind()
    assert found.headline.startswith("Uses POS")
    assert found.headline.endswith("heavily but never touches Crypto.")
    assert found.sentences[0].facts
    training = next(one for one in found.upsells if one.subject == "crypto")
    assert training.offer_label == "Crypto training"
    assert training.sentence == "Uses POS heavily but never touches Crypto."
    assert training.rule == "unused_complement"


def test_peak_usage_mon_fri_9_to_5_low_errors_eight_people_is_excellent() -> None:
    found = northwind()
    said = found.sentences[1].text
    assert said == "Peak usage Mon–Fri 9–17 (UTC), low errors, 8-person team."
    assert found.health.band == "Excellent"
    assert found.health.score is not None
    assert 91 <= found.health.score <= 94, "the seed says 92"
    assert found.archetype.id == "office_team"


def test_95_percent_of_the_api_limit_on_free_is_a_high_pro_upgrade() -> None:
    found = acme()
    offer = found.upsells[0]
    assert (offer.priority, offer.offer, offer.offer_label) == ("HIGH", "pro", "Upgrade to Pro")
    assert set(offer.rules) == {"limit_approached", "refused_features", "high_usage"}
    assert "95% of the limit of API calls a day" in offer.sentence
    assert "3 people were refused Crypto" in offer.sentence
    assert "events a day" in offer.sentence
    assert "Free tier" in offer.sentence
    assert offer.days_left is not None
    assert {fact.rule for fact in offer.evidence} == set(offer.rules)
    limit = next(sentence for sentence in found.sentences if sentence.topic == "limits")
    assert limit.text.startswith("Using 95% of the limit of API calls a day on the Free tier, 2")


def test_without_the_refusals_basic_would_do() -> None:
    office = Office().work(3, {"pos": 0.9, "email": 0.6}, a_day=72, weekdays=range(7))
    found = assemble(picture_of(office, account("free"), calls=_calls()), None, History())
    assert found.upsells[0].offer == "basic"


def test_the_value_is_shown_with_its_prior() -> None:
    offer = acme().upsells[0]
    # One chance in ten of $499.00 a month, twelve months, of which 85 in 100 are kept: 0.1 × 49,900 × 12 × 0.85.
    assert (offer.expected_value_minor, offer.currency) == (50_898, "USD")
    assert "Beta(1, 9)" in offer.expected_value_basis
    assert "(assumed)" in offer.expected_value_basis
