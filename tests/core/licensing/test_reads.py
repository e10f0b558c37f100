"""Licenses as they are read: whose, in which order, found by what."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import ProgrammingError

from core.config import Settings
from core.databases import Databases
from core.errors import InvalidInput, NotFound
from core.licensing import reads, writes
from core.licensing.policy import Policy
from core.licensing.status import Status
from core.organizations.writes import create_organization, rename_organization
from db.models.licensing import installation, license_word, organization_word
from db.models.licensing import license as licenses
from db.session import SYSTEM, WriteSession
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own: what is read here covers everything there is."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


DAY = timedelta(days=1)


@pytest.fixture
def world(session: WriteSession, cast: Cast, now: datetime) -> dict[str, str]:
    """Seven licenses of Globex, issued a day apart, and one of Initech; by name, their install ids."""
    initech = create_organization(session, cast.system, "Initech 100%", now=now)
    made = {}
    for age in range(7):
        rules = Policy(domains=(f"site{age}.globex.example",))
        issued = writes.issue(
            session,
            cast.sam,
            cast.globex,
            "pro" if age % 2 else "basic",
            term="paid",
            billing_period="monthly",
            notes="a hard bargain",
            policy=rules,
            install_id=f"globex-{age}",
            now=now - age * DAY,
        )
        made[f"globex-{age}"] = issued.install_id
    issued = writes.issue(
        session, cast.sam, initech, "pro", term="trial", trial_days=2, install_id="initech-0", now=now
    )
    session.execute(
        insert(installation).values(
            license_id=issued.license_id,
            fingerprint="sha256:ABC",
            organization_id=initech,
            domain="app.initech.example",
            activated_at=now,
            last_seen_at=now,
        )
    )
    return made


def test_a_customer_sees_only_its_own(session: WriteSession, cast: Cast, world: dict[str, str], now: datetime) -> None:
    page = reads.search(session, cast.otto, now=now)
    assert {item.install_id for item in page.items} == set(world)
    assert reads.search(session, cast.otto, now=now, text="initech").items == ()
    for look in (reads.license_by_install, reads.installations):
        with pytest.raises(NotFound):
            look(session, cast.otto, "initech-0", now=now)
    initech = reads.license_by_install(session, cast.vera, "initech-0", now=now).organization_id
    with pytest.raises(NotFound):
        reads.licenses_of(session, cast.otto, initech, now=now)
    assert len(reads.licenses_of(session, cast.otto, cast.globex, now=now)) == 7


def test_what_staff_note_is_not_the_customers_to_read(
    session: WriteSession, cast: Cast, world: dict[str, str], now: datetime
) -> None:
    writes.revoke(session, cast.fiona, "globex-0", reason="they never pay", now=now)
    assert reads.license_by_install(session, cast.vera, "globex-0", now=now).revoke_reason == "they never pay"
    theirs = [
        reads.license_by_install(session, cast.otto, "globex-0", now=now),
        *reads.licenses_of(session, cast.otto, cast.globex, now=now),
        *reads.search(session, cast.otto, now=now).items,
    ]
    assert {(one.revoke_reason, one.notes) for one in theirs} == {(None, "")}


def test_row_level_security_holds_where_a_query_would_not(
    session: WriteSession, cast: Cast, world: dict[str, str], now: datetime
) -> None:
    session.connection.exec_driver_sql(cast.otto.tenancy().statement())
    # Asked as staff, in Otto's transaction: the second lock alone answers.
    found = reads.search(session, cast.fiona, now=now).items
    assert {item.install_id for item in found} == set(world)


def test_pages_follow_on_without_gap_or_repeat(
    session: WriteSession, cast: Cast, world: dict[str, str], now: datetime
) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = reads.search(session, cast.otto, now=now, cursor=cursor, limit=3)
        seen += [item.install_id for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == list(world)


@pytest.mark.parametrize("cursor", ["", "x", "ü", "MjAyNg==", "bm90IGEgZGF0ZSBub3QgYW4gaWQ="])
def test_a_cursor_not_ours_is_refused(session: WriteSession, cast: Cast, now: datetime, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        reads.search(session, cast.otto, now=now, cursor=cursor)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GLOBEX-3", {"globex-3"}),
        ("site4.globex", {"globex-4"}),
        ("initech 100%", {"initech-0"}),
        ("sha256:ABC", {"initech-0"}),
        ("SHA256:a", {"initech-0"}),
        ("App.initech.example", {"initech-0"}),
        ("100", {"initech-0"}),
        ("tech", set()),
        ("initech example", set()),
        ("%", set()),
        ("100_", set()),
        ("nobody", set()),
        ("\U0010ffff", set()),
        ("x" * 200, set()),
    ],
)
def test_search_finds_by_id_name_domain_and_fingerprint(
    session: WriteSession, cast: Cast, world: dict[str, str], now: datetime, text: str, found: set[str]
) -> None:
    assert world
    assert {item.install_id for item in reads.search(session, cast.vera, now=now, text=text).items} == found


def found(session: WriteSession, cast: Cast, now: datetime, text: str) -> set[str]:
    return {item.install_id for item in reads.search(session, cast.vera, now=now, text=text).items}


def test_what_a_license_is_found_by_follows_its_changes(
    session: WriteSession, cast: Cast, world: dict[str, str], now: datetime
) -> None:
    assert found(session, cast, now, "site0") == {"globex-0"}
    writes.update_policy(session, cast.sam, "globex-0", {"domains": ("shop.new.example",)}, now=now)
    assert (found(session, cast, now, "site0"), found(session, cast, now, "new.ex")) == (set(), {"globex-0"})
    row = {"license_id": reads.license_by_install(session, cast.vera, "globex-1", now=now).id, "fingerprint": "F-77"}
    times = {"activated_at": now, "last_seen_at": now}
    session.execute(insert(installation).values(**row, **times, organization_id=cast.globex, domain="one.example"))
    assert (found(session, cast, now, "f-77"), found(session, cast, now, "one.ex")) == ({"globex-1"}, {"globex-1"})
    session.execute(update(installation).where(installation.c.fingerprint == "F-77").values(domain="two.example"))
    assert (found(session, cast, now, "one.ex"), found(session, cast, now, "two.ex")) == (set(), {"globex-1"})
    assert found(session, cast, now, "f-77") == {"globex-1"}
    session.execute(delete(installation).where(installation.c.fingerprint == "F-77"))
    assert (found(session, cast, now, "f-77"), found(session, cast, now, "two.ex")) == (set(), set())
    assert found(session, cast, now, "site1") == {"globex-1"}
    initech = reads.license_by_install(session, cast.vera, "initech-0", now=now).organization_id
    moved = update(licenses).where(licenses.c.install_id == "globex-2").values(organization_id=initech)
    session.execute(moved)
    whose = select(license_word.c.organization_id).distinct().where(license_word.c.word.startswith("globex-2"))
    assert session.execute(whose).scalars().all() == [initech]
    session.execute(moved.values(organization_id=cast.globex))
    rename_organization(session, cast.fiona, cast.globex, "Hanso Foundation", now=now)
    assert found(session, cast, now, "foundation") == {f"globex-{age}" for age in range(7)}
    assert found(session, cast, now, "initech") == {"initech-0"}


def test_a_customer_finds_nothing_of_others_even_by_the_index(
    session: WriteSession, cast: Cast, world: dict[str, str], now: datetime
) -> None:
    session.connection.exec_driver_sql(cast.otto.tenancy().statement())
    assert session.execute(select(license_word).where(license_word.c.organization_id != cast.globex)).all() == []
    names = select(organization_word.c.organization_id).distinct()
    assert session.execute(names).scalars().all() == [cast.globex]
    with pytest.raises(ProgrammingError, match="permission denied"), session.connection.begin_nested():
        session.execute(
            insert(license_word).values(word="x", license_id=cast.globex, source="", organization_id=cast.globex)
        )


def test_filters(session: WriteSession, cast: Cast, world: dict[str, str], now: datetime) -> None:
    assert world
    expiring = reads.search(session, cast.vera, now=now, status=Status.EXPIRING)
    assert [item.install_id for item in expiring.items] == ["initech-0"]
    pro = reads.search(session, cast.vera, now=now, tier_id="pro", limit=200)
    # Beside those of other tests, which committed theirs in this worker's database.
    ours = {item.install_id for item in pro.items if item.install_id.startswith(("globex-", "initech-"))}
    assert ours == {"globex-1", "globex-3", "globex-5", "initech-0"}


def test_tiers_carry_the_seeds_limits(session: WriteSession) -> None:
    free, basic, pro, enterprise = reads.tiers(session)
    assert [one.id for one in (free, basic, pro, enterprise)] == ["free", "basic", "pro", "enterprise"]
    assert pro.limits["api_calls_day"] == 100_000
    assert enterprise.limits["api_calls_day"] is None
    assert (pro.max_installs, enterprise.max_installs) == (3, None)
    assert "chatbot" in basic.features
    assert "chatbot" not in free.features
