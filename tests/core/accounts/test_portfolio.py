"""The portfolio of cultures against the same counted by hand: groups, moves, features, and who resembles whom."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any

import pytest
from sqlalchemy import insert

from core.accounts.card_facts import with_places
from core.accounts.customers import CustomerFilter
from core.accounts.portfolio import (
    LEAST_CELL,
    UNKNOWN,
    archetype_groups,
    features_by_archetype,
    moves,
    peers_of,
)
from core.accounts.reads import count_customers
from core.culture.archetype_history import keep_archetypes
from core.culture.archetypes import Archetype
from core.culture.profile import assemble
from core.culture.upsells import History
from core.databases import Databases
from core.errors import NotFound, NotPermitted
from core.ids import new_id
from db.models.accounts import customer_card
from db.models.culture import archetype_spell, culture_profile
from db.models.organizations import organization
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.conftest import NOW
from tests.core.culture.world import Office, account, picture_of

KINDS = ("Office team", "API-first", "Declining", None)
FEATURES = ("pos", "email", "chatbot")
DAY = timedelta(days=1)
MANY = 240


def card(n: int) -> dict[str, Any]:
    """Return the card of the n-th customer; some are gone, some unknown."""
    minor = n * 100
    return with_places(
        {
            "organization_id": new_id(),
            "name": f"Customer {n:04}",
            "segment": None,
            "license_id": new_id(),
            "install_id": f"inst-{n:04}",
            "tier_id": "pro",
            "term": "paid",
            "licenses": 1,
            "issued_at": NOW,
            "expires_at": NOW - DAY if n % 19 == 0 else None,
            "suspended_at": NOW if n % 17 == 0 else None,
            "revoked_at": NOW if n % 13 == 0 else None,
            "mrr_minor": minor,
            "currency": "USD",
            "by_mrr": minor,
            "health": Decimal(n % 101) if n % 7 else None,
            "events_30d": 10,
            "daily_30d": [],
            "limit_share": None,
            "limit_meter": None,
            "archetype": KINDS[n % 4] if n != 1 else "Always-on automation",
            "upsells": 0,
            "last_seen_at": None,
            "refreshed_at": NOW,
        }
    )


def profile_of(each: dict[str, Any], n: int) -> dict[str, Any]:
    """Return the n-th profile: its features by the bits of n."""
    adopted = [feature for bit, feature in enumerate(FEATURES) if n >> bit & 1]
    return {
        "install_id": each["install_id"],
        "organization_id": each["organization_id"],
        "computed_at": NOW,
        "method_version": "1",
        "tier_id": "pro",
        "size_band": "6-20",
        "person_days": 100,
        "adopted": adopted,
        "feature_days": dict.fromkeys(adopted, 50),
        "people": n % 50 or None,
        "weekend_share": 0.1,
        "concentration": 0.5,
        "api_share": 0.0,
        "profile": {},
    }


@pytest.fixture(scope="module")
def cards(databases: Databases, cast: Cast) -> list[dict[str, Any]]:
    """Return the committed cards, each with a profile."""
    made = [card(n) for n in range(MANY)]
    names = [
        {"id": each["organization_id"], "name": each["name"], "realm": "customer", "created_at": NOW} for each in made
    ]
    with databases.control.write(SYSTEM) as session:
        session.execute(insert(organization), names)
        for start in range(0, MANY, 100):
            session.execute(insert(customer_card), made[start : start + 100])
        profiles = [profile_of(each, n) for n, each in enumerate(made)]
        session.execute(insert(culture_profile), profiles)
    return made


def live(each: dict[str, Any]) -> bool:
    over = each["expires_at"] is not None and each["expires_at"] <= NOW
    return each["revoked_at"] is None and each["suspended_at"] is None and not over


def test_groups_are_what_is_counted_by_hand(session: WriteSession, cast: Cast, cards: list[dict[str, Any]]) -> None:
    found = {each.label: each for each in archetype_groups(session, cast.fiona, now=NOW)}
    sizes = Counter(each["archetype"] or UNKNOWN for each in cards if live(each))
    assert {label: each.customers for label, each in found.items()} == dict(sizes)
    for label, group in found.items():
        of_kind = [each for each in cards if live(each) and (each["archetype"] or UNKNOWN) == label]
        known = [each["health"] for each in of_kind if each["health"] is not None]
        assert group.health_n == len(known)
        assert group.health == pytest.approx(float(median(known)))
        assert group.mrr is not None
        assert group.mrr.minor == sum(each["mrr_minor"] for each in of_kind)
        assert group.at_risk == sum(value < 50 for value in known)
    assert list(found)[-1] == UNKNOWN


def test_a_group_holds_whom_the_customers_page_shows_under_the_same_filter(
    session: WriteSession, cast: Cast, cards: list[dict[str, Any]]
) -> None:
    for group in archetype_groups(session, cast.fiona, now=NOW):
        if group.label != UNKNOWN:
            filters = CustomerFilter(archetype=group.label, live=True)
            assert count_customers(session, cast.fiona, filters, now=NOW).customers == group.customers


def test_money_is_only_for_who_may_see_it(session: WriteSession, cast: Cast, cards: list[dict[str, Any]]) -> None:
    assert all(each.mrr is None for each in archetype_groups(session, cast.vera, now=NOW))
    for read in (archetype_groups, moves, features_by_archetype):
        with pytest.raises(NotPermitted):
            read(session, cast.otto, now=NOW)
    with pytest.raises(NotPermitted):
        peers_of(session, cast.otto, "inst-0003", now=NOW)


def test_shares_are_exact_and_small_kinds_are_not_told(
    session: WriteSession, cast: Cast, cards: list[dict[str, Any]]
) -> None:
    found = features_by_archetype(session, cast.vera, now=NOW)
    for each in found:
        of_kind = [n for n, one in enumerate(cards) if live(one) and one["archetype"] == each.archetype]
        assert each.customers == len(of_kind)
        if len(of_kind) < LEAST_CELL:
            assert each.adopted is None
            assert each.share is None
        else:
            assert each.adopted == sum(n >> FEATURES.index(each.feature) & 1 for n in of_kind)
    assert {each.archetype for each in found if each.adopted is None} == {"Always-on automation"}


def _spell(session: WriteSession, each: dict[str, Any], archetype: str, days_ago: int) -> None:
    values = {"install_id": each["install_id"], "organization_id": each["organization_id"], "archetype": archetype}
    session.execute(insert(archetype_spell).values(first_day=(NOW - days_ago * DAY).date(), **values))


def test_who_moved_is_told_by_then_and_now(session: WriteSession, cast: Cast, cards: list[dict[str, Any]]) -> None:
    moved, back, steady, new, gone, heard = cards[3], cards[4], cards[5], cards[6], cards[13], cards[8]
    for each, steps in (
        (moved, [("office_team", 60), ("champion_led", 20), ("declining", 5)]),
        (back, [("office_team", 60), ("declining", 20), ("office_team", 3)]),
        (steady, [("api_first", 60)]),
        (new, [("trialist", 10), ("office_team", 2)]),
        (gone, [("office_team", 60), ("dormant", 5)]),
        (heard, [("unknown", 60), ("office_team", 5)]),
    ):
        for archetype, days_ago in steps:
            _spell(session, each, archetype, days_ago)
    found = moves(session, cast.vera, now=NOW)
    assert [(each.install_id, each.before, each.now, each.day) for each in found.moves] == [
        (moved["install_id"], "Office team", "Declining", (NOW - 5 * DAY).date())
    ]
    assert found.known_since == (NOW - 60 * DAY).date()


def test_peers_share_features_and_size(session: WriteSession, cast: Cast, cards: list[dict[str, Any]]) -> None:
    found = peers_of(session, cast.vera, "inst-0007", now=NOW)
    assert len(found) == 5
    for each in found:
        assert set(each.other.features) == set(FEATURES)
        assert int(each.other.install_id[5:]) % 8 == 7
        assert "both use" in each.reasons[0]
    assert "inst-0007" not in {each.other.install_id for each in found}
    assert [each.value for each in found] == sorted((each.value for each in found), reverse=True)
    assert all(live(cards[int(each.other.install_id[5:])]) for each in found)


def test_nobody_resembles_who_uses_nothing_and_the_unknown_is_not_found(
    session: WriteSession, cast: Cast, cards: list[dict[str, Any]]
) -> None:
    assert peers_of(session, cast.vera, "inst-0008", now=NOW) == ()
    with pytest.raises(NotFound):
        peers_of(session, cast.vera, "inst-of-nobody", now=NOW)


def test_archetypes_are_kept_where_they_change(
    session: WriteSession, cast: Cast, cards: list[dict[str, Any]], now: datetime
) -> None:
    base = assemble(picture_of(Office(weeks=3).work(2, {"pos": 0.9}), account("pro")), None, History())
    made = replace(base, install_id="inst-0020", organization_id=cards[20]["organization_id"])

    def keep(archetype: str, at: datetime) -> None:
        keep_archetypes(session, [replace(made, archetype=Archetype(archetype, archetype, "", 1))], at)

    def kept() -> list[tuple[int, str]]:
        c = archetype_spell.c
        statement = archetype_spell.select().where(c.install_id == "inst-0020").order_by(c.first_day)
        return [((now.date() - row.first_day).days, row.archetype) for row in session.execute(statement)]

    keep("office_team", now - 20 * DAY)
    keep("office_team", now - 10 * DAY)
    assert kept() == [(20, "office_team")]
    keep("declining", now)
    keep("dormant", now)
    assert kept() == [(20, "office_team"), (0, "dormant")]
    keep("office_team", now)
    assert kept() == [(20, "office_team")], "what changed back within the day is no change"
