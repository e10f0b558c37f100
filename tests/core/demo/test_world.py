"""The demo world: built in time by the product's own writes, its stories told, and taken out without trace."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from core import clock
from core.access.actor import Actor, system_actor
from core.accounts.reads import customer_of_install, stats
from core.config import Settings
from core.culture import reads as culture
from core.culture.profile import Profile
from core.databases import Databases
from core.demo import license_files, world
from core.demo.behavior import events
from core.demo.customers import DEMO_INSTALL
from core.demo.people import PEOPLE
from core.demo.removal import remove
from core.finance.reads import mrr_at
from core.licensing import file_register
from core.licensing.in_the_field import installs
from core.licensing.reads import installations
from core.organizations.reads import vendor_id
from core.organizations.writes import create_organization
from core.usage.records import records_counted
from db.models import metadata, telemetry_metadata
from db.models.costs import cash_entry, cost_entry
from db.models.invoices import invoice_counter, seller
from db.models.prices import coupon
from db.session import SYSTEM
from tests.books import own_databases

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def built_at(databases: Databases, test_settings: Settings) -> datetime:
    now = clock.now()
    world.build_once(databases, test_settings, now=now, report=str)
    return now


@pytest.fixture(scope="module")
def fiona(databases: Databases, built_at: datetime) -> Actor:
    with databases.control.read(SYSTEM) as session:
        vendor = vendor_id(session)
    assert vendor is not None
    return system_actor(vendor)


def test_apex_clinics_without_a_connection_holds_a_license_file(
    databases: Databases, fiona: Actor, built_at: datetime
) -> None:
    with databases.control.read(SYSTEM) as session:
        install = session.execute(
            text("SELECT install_id FROM customer_card WHERE name = :name"), {"name": license_files.HOLDER}
        ).scalar_one()
        found = file_register.files_of(session, fiona, install, now=built_at)
        places = installations(session, fiona, install, now=built_at)
    holds = [one.file_expires_at is not None and one.file_expires_at > built_at for one in found]
    assert holds == [True, False]
    assert {one.made_by for one in found} == {"sam@calos.test"}
    assert [one.fingerprint for one in places] == [license_files.FINGERPRINT]


def profile_of(databases: Databases, actor: Actor, name: str, now: datetime) -> Profile:
    with databases.control.read(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        install = control.execute(
            text("SELECT install_id FROM customer_card WHERE name = :name"), {"name": name}
        ).scalar_one()
        return culture.profile(control, telemetry, actor, install, now=now)


def test_wayne_and_soylent_show_what_they_owe_in_their_health(
    databases: Databases, fiona: Actor, built_at: datetime
) -> None:
    parts = {
        name: next(part for part in profile_of(databases, fiona, name, built_at).health.parts if part.id == "payments")
        for name in ("Wayne Foundation", "Soylent", "Northwind Markets")
    }
    assert parts["Wayne Foundation"].shown == "45 days late"
    assert parts["Soylent"].shown.endswith("days late")
    assert parts["Northwind Markets"].missing is None
    soylent = profile_of(databases, fiona, "Soylent", built_at).health
    assert [cap.id for cap in soylent.caps] == ["payment_failed"]
    assert soylent.score is not None
    assert soylent.score <= 59


def test_the_seeds_customer_is_exactly_the_seeds(databases: Databases, fiona: Actor, built_at: datetime) -> None:
    today = built_at.date()
    with databases.control.read(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        found = customer_of_install(control, fiona, DEMO_INSTALL, now=built_at)
        assert (found.name, found.tier_id, found.status) == ("Demo Customer", "pro", "active")
        assert 90 <= found.events_30d <= 110
        assert 45 <= records_counted(telemetry, DEMO_INSTALL, today - timedelta(days=30), today) <= 50
        hosts = control.execute(
            text("SELECT host FROM domain WHERE organization_id = :id"), {"id": found.organization_id}
        ).scalars()
        assert list(hosts) == ["demo.calos.sh"]
    profile = profile_of(databases, fiona, "Demo Customer", built_at)
    assert profile.health.score is not None
    assert profile.counts.events > 80
    # That silence is no disinterest yet is said as well; it takes nothing away from what the profile shows.
    may = {"Time zone", "Peer lift", "Trend", "Features nobody wants"}
    assert {each.subject for each in profile.unsaid} <= may, profile.unsaid


def test_there_are_enough_customers_of_each_tier(databases: Databases, fiona: Actor, built_at: datetime) -> None:
    with databases.control.read(SYSTEM) as session:
        found = stats(session, fiona, now=built_at)
        assert found.total_customers >= 60
        assert found.conversion_rate is not None
        assert mrr_at(session, fiona, built_at).minor > 0


def test_acme_is_the_upsell_that_the_seed_describes(databases: Databases, fiona: Actor, built_at: datetime) -> None:
    first = profile_of(databases, fiona, "Acme GmbH", built_at).upsells[0]
    assert (first.priority, first.offer) == ("HIGH", "pro")
    assert "95%" in first.sentence or "94%" in first.sentence or "96%" in first.sentence


@pytest.mark.parametrize(
    ("name", "archetype"),
    [
        ("Globex", "always_on"),
        ("Stark Retail", "champion_led"),
        ("Wayne Foundation", "declining"),
        ("Oscorp", "dormant"),
    ],
)
def test_archetypes_tell_the_stories(
    databases: Databases, fiona: Actor, built_at: datetime, name: str, archetype: str
) -> None:
    assert profile_of(databases, fiona, name, built_at).archetype.id.startswith(archetype[:7])


def test_northwind_is_happy_and_never_touches_crypto(databases: Databases, fiona: Actor, built_at: datetime) -> None:
    profile = profile_of(databases, fiona, "Northwind Markets", built_at)
    assert profile.health.score is not None
    assert profile.health.score >= 88
    assert "never touches Crypto" in profile.sentences[0].text
    assert profile.rhythm.zone.name == "Europe/Lisbon"


def test_initechs_regression_shows_with_its_releases_and_in_its_health(
    databases: Databases, fiona: Actor, built_at: datetime
) -> None:
    profile = profile_of(databases, fiona, "Initech", built_at)
    mended, broke = [point for point in profile.changes.points if point.measure == "errors"]
    assert broke.effect.value > 3
    assert [each.label for each in broke.matches] == ["4.2 was installed"]
    assert broke.where is not None
    assert broke.where.startswith("Email")
    assert [each.label for each in mended.matches] == ["4.2.1 was installed"]
    assert mended.effect.value < 0.4
    worst = profile.reliability.by_version[0]
    assert (worst.version, worst.stands_out) == ("4.2", "above")
    with databases.control.read(SYSTEM) as session:
        days = culture.health_history(session, fiona, profile.install_id, now=built_at)
    told = {(built_at.date() - day.day).days: float(day.score) for day in days if day.score is not None}
    assert told[42] == pytest.approx(82, abs=1.0), "the day before 4.2"
    assert min(score for ago, score in told.items() if ago <= 42) == pytest.approx(71, abs=1.0), "the regression"
    assert told[0] == pytest.approx(80, abs=2.0), "and it is back after 4.2.1, which most of the window lies behind"


def test_aperture_labs_is_two_releases_behind_and_soon_without_support(
    databases: Databases, fiona: Actor, built_at: datetime
) -> None:
    with databases.control.read(SYSTEM) as session:
        found = installs(session, fiona, now=built_at, text="Aperture Labs").items
    assert {each.standing.behind for each in found} == {2}
    assert {each.standing.supported for each in found} == {True}
    ends = {each.standing.release.supported_until for each in found if each.standing.release}
    assert ends == {built_at + timedelta(days=30)}


@pytest.mark.parametrize("name", ["Wonka Sweets", "Cyberdyne", "Northwind Markets", "Wayne Foundation"])
def test_seasons_incidents_and_slopes_are_no_changes(
    databases: Databases, fiona: Actor, built_at: datetime, name: str
) -> None:
    assert profile_of(databases, fiona, name, built_at).changes.points == ()


def test_the_night_shift_is_seen(databases: Databases, fiona: Actor, built_at: datetime) -> None:
    hours = profile_of(databases, fiona, "Umbrella Logistics", built_at).rhythm.hours
    assert hours.start >= 20  # type: ignore[union-attr]  # an abstention here would be the failure


def test_a_quiet_customer_is_no_upsell(databases: Databases, fiona: Actor, built_at: datetime) -> None:
    assert not [
        each for each in profile_of(databases, fiona, "Cyberdyne", built_at).upsells if each.rule == "limit_approached"
    ]


def test_a_second_start_builds_nothing_and_the_world_stays_alive(
    databases: Databases, test_settings: Settings, built_at: datetime
) -> None:
    said: list[str] = []
    world.build_once(databases, test_settings, now=clock.now(), report=said.append)
    assert said == []
    assert world.keep_alive(databases, now=built_at) == 0


def test_the_same_day_is_told_the_same_way_twice() -> None:
    customer = world.everybody()[0]
    now = datetime.fromisoformat("2026-11-20T18:00:00+00:00")
    early, late = (
        events(customer.name, customer.behavior, now - wait, 1) for wait in (timedelta(hours=6), timedelta(0))
    )
    assert early == [
        each for each in late if each["ts"] <= (now - timedelta(hours=6)).isoformat(timespec="milliseconds")
    ]


def test_removal_takes_every_demo_row_and_nothing_else(
    databases: Databases, test_settings: Settings, fiona: Actor, built_at: datetime
) -> None:
    with databases.control.write(SYSTEM) as session:
        kept = create_organization(session, fiona, "A real customer", now=built_at)
    removed = remove(databases, _as_owner(test_settings, databases), now=built_at)
    assert removed == len(world.everybody())
    with databases.control.read(SYSTEM) as session:
        left = {
            table.name: count
            for table in metadata.sorted_tables
            if "organization_id" in table.c
            and (count := session.execute(
                select(func.count())
                .select_from(table)
                .where(table.c.organization_id.not_in([kept, fiona.organization_id]))
            ).scalar_one())
        }  # fmt: skip
        assert left == {}
        for table in (cost_entry, cash_entry, seller, invoice_counter, coupon):
            assert session.execute(select(func.count()).select_from(table)).scalar_one() == 0, table.name
        emails = {each.email for each in PEOPLE}
        assert not emails & set(session.execute(text("SELECT email FROM person")).scalars())
    with databases.telemetry.read(SYSTEM) as telemetry:
        for table in telemetry_metadata.sorted_tables:
            assert telemetry.execute(select(func.count()).select_from(table)).scalar_one() == 0, table.name


def _as_owner(settings: Settings, databases: Databases) -> Settings:
    from sqlalchemy.engine import make_url

    name = databases.control.engine.url.database
    url = make_url(settings.database_url).set(database=name).render_as_string(hide_password=False)
    return settings.model_copy(update={"database_url": url})
