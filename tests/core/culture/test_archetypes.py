"""Archetypes are named by rules one can read, the first that holds; sentences carry their facts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.culture.archetypes import RULES, name_archetype
from core.culture.observations import HourCount, Observations, window_until
from core.culture.peers import NOBODY
from core.culture.picture import Picture, take
from core.culture.sentences import describe, unsaid
from tests.core.culture.world import NOW, Office, account, picture_of


def _hours(per_hour: int, *, api: bool) -> Picture:
    rows = tuple(
        HourCount(NOW.replace(minute=0) - timedelta(hours=i), per_hour, per_hour if api else 0) for i in range(24 * 84)
    )
    observed = Observations("i", NOW, window_until(NOW), hours=rows, first_event_at=rows[-1].hour, last_event_at=NOW)
    return take(account("enterprise"), observed, (), NOBODY, ())


def _api_by_day() -> Picture:
    picture = picture_of(Office().work(5, {"pos": 0.9, "email": 0.3}))
    hours = tuple(hour._replace(api_calls=round(hour.events * 0.8)) for hour in picture.observed.hours)
    return take(picture.account, replace(picture.observed, hours=hours), (), NOBODY, ())


def _champion() -> Picture:
    office = Office().work(6, {"pos": 0.5, "email": 0.4}, a_day=6)
    for day in office.days():
        for minute in range(150):
            office.event(day + timedelta(hours=9, minutes=minute * 3), "champion", "pos")
    return picture_of(office)


def _declining() -> Picture:
    office = Office().work(8, {"pos": 0.9, "email": 0.5})
    age = (NOW - timedelta(weeks=10)).timestamp()
    office.rows = [
        row for row in office.rows if office.random.random() < 0.85 ** ((row[0].timestamp() - age) / 604_800)
    ]
    return picture_of(office)


def _dormant() -> Picture:
    office = Office().work(8, {"pos": 0.9})
    office.rows = [row for row in office.rows if row[0] < NOW - timedelta(days=15)]
    return picture_of(office)


EVERY = {"pos": 0.8, "email": 0.8, "chatbot": 0.6, "sales": 0.6, "crypto": 0.6, "analytics": 0.6}


@pytest.mark.parametrize(
    ("picture", "archetype"),
    [
        (_dormant, "dormant"),
        (
            lambda: picture_of(
                Office().work(8, {"pos": 0.9}), account(term="trial", expires_at=NOW + timedelta(days=6))
            ),
            "trialist",
        ),
        (_declining, "declining"),
        (lambda: _hours(20, api=True), "always_on"),
        (_api_by_day, "api_first"),
        (_champion, "champion_led"),
        (lambda: picture_of(Office().work(8, EVERY)), "broad_adopter"),
        (lambda: picture_of(Office().work(8, {"pos": 0.9, "email": 0.5})), "office_team"),
        (lambda: picture_of(Office().work(8, {"pos": 0.9}, hours=(22, 6), weekdays=range(7))), "whole_week"),
        (lambda: picture_of(Office().work(8, {"pos": 0.9}, weekdays=(1, 5))), "mixed"),
        (lambda: picture_of(Office(), calls=()), "unknown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_archetype_has_data_that_shows_it(picture: object, archetype: str) -> None:
    assert callable(picture)
    found = name_archetype(picture())
    assert found.id == archetype
    assert found.reason.endswith(".")


def test_every_rule_is_reachable() -> None:
    shown = {"dormant", "trialist", "declining", "always_on", "api_first", "champion_led", "broad_adopter"}
    assert {key for key, _, _ in RULES} == shown | {"office_team", "whole_week"}


def test_every_sentence_has_facts_with_their_n() -> None:
    for picture in (_champion(), _declining(), picture_of(Office().work(8, EVERY)), _hours(5, api=True)):
        for sentence in describe(picture):
            assert sentence.text.endswith(".")
            assert sentence.facts, sentence.text
            assert all(fact.window and fact.value for fact in sentence.facts)


def test_a_champion_is_told_of_but_never_in_a_team_of_four() -> None:
    assert any(sentence.topic == "team" for sentence in describe(_champion()))
    office = Office().work(3, {"pos": 0.3}, a_day=4)
    for day in office.days():
        for minute in range(150):
            office.event(day + timedelta(hours=9, minutes=minute * 3), "champion", "pos")
    assert not any(sentence.topic == "team" for sentence in describe(picture_of(office)))


def test_nothing_is_said_never_to_be_touched_on_few_events() -> None:
    few = picture_of(Office(weeks=4).work(3, {"pos": 0.9}, a_day=3))
    assert few.events < 200
    assert "never touches" not in describe(few)[0].text
    assert "Features nobody wants" in {row.subject for row in unsaid(few)}


def test_silence_is_said_plainly() -> None:
    office = Office().work(8, {"pos": 0.9})
    office.rows = [row for row in office.rows if row[0] < NOW - timedelta(days=31)]
    picture = picture_of(office)
    assert describe(picture)[0].text.startswith("Has sent nothing for 3")
    assert [row.subject for row in unsaid(picture)] == ["The last 28 days"]


def test_decline_is_said_with_its_interval() -> None:
    sentence = next(one for one in describe(_declining()) if one.topic == "trend")
    assert sentence.text.startswith("Use falls by at least ")
    assert " to −" in sentence.facts[0].value
