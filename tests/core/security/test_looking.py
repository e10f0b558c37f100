"""The look at a real installation, its score, and what is kept of it."""

import functools
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text

from core.access import audit
from core.access.actor import Actor
from core.access.checkpoints import Checkpoints, audit_key, folder_of
from core.access.membership import disable_person
from core.access.people import create_person
from core.access.permissions import Role
from core.access.sealing import seal_waiting
from core.access.sessions import sign_in
from core.config import DEMO_PASSWORD, Settings
from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.organizations.writes import create_organization
from core.periods import Period, month_of
from core.security.observing import _TABLES, observe
from core.security.reads import (
    last_verification,
    open_points,
    score,
    score_history,
    security_facts,
    unusual_lately,
)
from core.security.writes import keep_score, keep_watch, sign_review, verify_chains
from core.signing import open_ring
from db.models.access import audit_entry, person
from db.models.security import audit_verification, security_score_day
from db.session import SYSTEM, Tenancy, WriteSession
from tests.books import own_databases
from tests.cast import PASSWORD, Cast, make_cast
from tests.conftest import NOW


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own: what others verified or reviewed would show."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people of the tests, in this module's database."""
    with databases.control.write(SYSTEM) as session:
        return make_cast(session, NOW)


@pytest.fixture
def home(test_settings: Settings, tmp_path: Path) -> Settings:
    """Return settings with a home of this test's own."""
    return test_settings.model_copy(update={"home": tmp_path})


def _sign_in(session: WriteSession, password: str = PASSWORD, *, ago: timedelta = timedelta(0)) -> None:
    sign_in(
        session, "sam@calos.test", password, now=NOW - ago, address="192.0.2.1", user_agent="test",
        idle_minutes=30, hours=12,
    )  # fmt: skip


def test_people_are_counted_as_they_stood(session: WriteSession, cast: Cast, home: Settings) -> None:
    before = observe(session, home, now=NOW).people
    disable_person(session, cast.fiona, _id(cast.vera), now=NOW)
    demo = create_person(
        session, cast.system, cast.vendor, "late@calos.test", "Late", Role.OWNER, DEMO_PASSWORD, now=NOW,
        demo=True, allow_short=True,
    )  # fmt: skip
    session.execute(person.update().where(person.c.id == _id(cast.mia)).values(password_hash="$2b$12$" + "a" * 53))
    after = observe(session, home, now=NOW).people
    assert (after.total, after.staff, after.owners) == (before.total, before.staff, before.owners + 1)
    assert (after.published, after.argon2) == (before.published + 1, before.argon2 - 1)
    later = observe(session, home, now=NOW + timedelta(days=91)).people
    assert later.dormant == later.total
    assert observe(session, home, now=NOW - timedelta(days=1)).people.total == 0
    assert demo


def test_guesses_and_locks_are_seen_in_the_trail(session: WriteSession, cast: Cast, home: Settings) -> None:
    before = observe(session, home, now=NOW)
    for number in range(6):
        _sign_in(session, f"wrong guess number {number}")
    after = observe(session, home, now=NOW)
    assert after.guessing.wrong == before.guessing.wrong + 5
    assert after.guessing.locks == before.guessing.locks + 1
    assert after.guessing.unlocked == 0
    assert "6 refused sign-ins of sam@calos.test" in after.unusual[0].words
    target = ("person", cast.mia.id)
    for _ in range(10):
        audit.record(session, cast.mia, "session.refused", target, now=NOW, reason="wrong password")
    assert observe(session, home, now=NOW).guessing.unlocked == 1


def test_sessions_that_last_too_long_are_counted(session: WriteSession, cast: Cast, home: Settings) -> None:
    _sign_in(session)
    seen = observe(session, home, now=NOW).sessions
    assert seen.seen >= 1
    session.execute(text("UPDATE session SET expires_at = created_at + interval '3 days'"))
    assert observe(session, home, now=NOW).sessions.overlong >= 1


def test_every_table_of_tenants_is_bound(session: WriteSession, home: Settings) -> None:
    tables = observe(session, home, now=NOW).tables
    assert (tables.unbound, tables.bypasses) == ((), False)
    assert tables.tenant > 30


def test_a_table_that_is_open_is_named(databases: Databases, fresh_database: str) -> None:
    with psycopg.connect(fresh_database) as owner:
        # Never committed: the owner looks, as the app, from within the transaction that opened the table.
        owner.execute("ALTER TABLE security_score_day DISABLE ROW LEVEL SECURITY")
        owner.execute("SET LOCAL ROLE calos_app")
        open_tables = [name for name, bound in owner.execute(str(_TABLES)).fetchall() if not bound]
        owner.rollback()
    assert open_tables == ["security_score_day"]


def test_keys_files_and_settings_are_looked_at(session: WriteSession, home: Settings) -> None:
    open_ring(home.home, "answers", now=NOW - timedelta(days=400))
    seen = observe(session, home, now=NOW)
    assert [(key.use, key.days) for key in seen.keys] == [("answers", 400)]
    assert seen.secrets.key_files >= 3
    assert seen.secrets.open_files == ()
    (home.home / "keys" / "audit").chmod(0o644)
    assert observe(session, home, now=NOW).secrets.open_files == ("keys/audit",)
    assert seen.rules.refuses_short
    assert seen.rules.refuses_common
    assert seen.rules.accepts_plain_words
    assert seen.machine.locked > 50


@pytest.mark.parametrize(
    ("changed", "https", "only_here"),
    [
        ({}, False, True),
        ({"host": "0.0.0.0"}, False, False),  # noqa: S104 - read, never bound
        ({"https_proxy": True}, True, True),
        ({"https_proxy": True, "public_url": "https://calos.example"}, True, False),
        ({"public_url": "http://localhost:9000"}, False, True),
        ({"tls_cert": "/nowhere.pem", "tls_key": "/nowhere.key"}, True, True),
    ],
)
def test_how_people_reach_calos(
    session: WriteSession, home: Settings, changed: dict[str, object], https: bool, only_here: bool
) -> None:
    seen = observe(session, home.model_copy(update=changed), now=NOW).transport
    assert (seen.https, seen.only_here) == (https, only_here)


def test_a_verification_is_recorded_with_what_it_found(
    databases: Databases, session: WriteSession, cast: Cast, home: Settings
) -> None:
    assert last_verification(session, cast.adam, now=NOW) is None
    checkpoints = Checkpoints(folder_of(home.home), audit_key(home.home))
    seal_waiting(functools.partial(databases.control.write, SYSTEM), checkpoints, now=NOW)
    before = score(session, cast.adam, now=NOW, settings=home)
    report = verify_chains(session, cast.adam, now=NOW, settings=home)
    kept = last_verification(session, cast.adam, now=NOW)
    assert kept is not None
    assert (kept.by, kept.intact, kept.entries) == ("adam@calos.test", True, report.entries)
    assert kept.entries > 0
    after = score(session, cast.adam, now=NOW, settings=home)
    assert before.uncapped is not None
    assert after.uncapped is not None
    assert after.uncapped > before.uncapped
    actions = session.execute(select(audit_entry.c.action).where(audit_entry.c.actor_id == cast.adam.id)).scalars()
    assert "audit.verified" in set(actions)
    [today] = score_history(session, cast.sam, now=NOW)
    assert today.day == NOW.date()
    assert today.uncapped == pytest.approx(after.uncapped)


def test_the_day_keeps_its_last_score_and_days_tell_what_moved_it(
    session: WriteSession, cast: Cast, home: Settings
) -> None:
    keep_score(session, cast.system, now=NOW - timedelta(days=1), settings=home)
    keep_score(session, cast.system, now=NOW - timedelta(hours=2), settings=home)
    sign_review(session, cast.adam, "Looked at refusals and open points: nothing to worry about.", now=NOW,
                settings=home)  # fmt: skip
    yesterday, today = score_history(session, cast.sam, now=NOW)
    assert today.score == pytest.approx(score(session, cast.sam, now=NOW, settings=home).score)
    assert today.uncapped > yesterday.uncapped
    moved = {cause.id: cause.points for cause in today.causes}
    assert moved["review"] > 0
    assert sum(moved.values()) == pytest.approx(today.score - yesterday.score)
    [shown] = score_history(session, cast.sam, now=NOW, since_days=1)
    assert shown == today


def test_a_review_takes_words_and_the_permission(session: WriteSession, cast: Cast, home: Settings) -> None:
    with pytest.raises(InvalidInput):
        sign_review(session, cast.adam, " ok ", now=NOW, settings=home)
    with pytest.raises(NotPermitted):
        sign_review(session, cast.sam, "I looked at everything.", now=NOW, settings=home)
    with pytest.raises(NotPermitted):
        sign_review(session, cast.otto, "I looked at everything.", now=NOW, settings=home)


def test_the_watch_verifies_when_due_and_writes_a_day_once(
    databases: Databases, session: WriteSession, cast: Cast, home: Settings
) -> None:
    checkpoints = Checkpoints(folder_of(home.home), audit_key(home.home))
    seal_waiting(functools.partial(databases.control.write, SYSTEM), checkpoints, now=NOW)
    for hours in (0, 1, 19, 21):
        keep_watch(session, now=NOW + timedelta(hours=hours), settings=home)
    times = session.execute(select(audit_verification.c.at).order_by(audit_verification.c.at)).scalars().all()
    assert times == [NOW, NOW + timedelta(hours=21)]
    days = session.execute(select(security_score_day.c.day)).scalars().all()
    assert sorted(days) == [date(2026, 11, 21), date(2026, 11, 22)]


def test_points_to_gain_come_best_first_and_the_gate_first_of_all(
    session: WriteSession, cast: Cast, home: Settings
) -> None:
    first, *rest = open_points(session, cast.sam, now=NOW, limit=4, settings=home)
    assert first.check == "https"
    assert first.gate
    assert len(rest) == 3
    assert [one.points for one in rest] == sorted((one.points for one in rest), reverse=True)
    assert not any(one.beyond for one in rest)


def test_facts_say_the_score_of_each_period_that_has_one(session: WriteSession, cast: Cast, home: Settings) -> None:
    keep_score(session, cast.system, now=NOW - timedelta(days=40), settings=home)
    keep_score(session, cast.system, now=NOW, settings=home)
    months = [month_of(NOW - timedelta(days=days)) for days in (80, 40, 0, -40)]
    found = security_facts(session, cast.sam, months, as_of=NOW)
    assert list(found["period"].dt.month) == [10, 11]
    assert found["score"].dtype == "int64"
    assert str(found["period"].dtype) == "datetime64[us]"
    old = security_facts(session, cast.sam, [Period(NOW, NOW + timedelta(days=1))], as_of=NOW - timedelta(days=9))
    assert old.empty
    with pytest.raises(InvalidInput):
        security_facts(session, cast.sam, months, by=("tier",), as_of=NOW)


@pytest.mark.parametrize("name", ["mia", "vera", "otto"])
def test_the_score_takes_the_permission_and_the_vendor(
    session: WriteSession, cast: Cast, home: Settings, name: str
) -> None:
    actor: Actor = getattr(cast, name)
    for read in (
        lambda: score(session, actor, now=NOW, settings=home),
        lambda: open_points(session, actor, now=NOW, settings=home),
        lambda: score_history(session, actor, now=NOW),
        lambda: security_facts(session, actor, [month_of(NOW)], as_of=NOW),
        lambda: unusual_lately(session, actor, now=NOW),
        lambda: last_verification(session, actor, now=NOW),
    ):
        with pytest.raises(NotPermitted):
            read()


def test_no_customer_ever_reads_a_row_of_the_score(
    databases: Databases, cast: Cast, home: Settings, session: WriteSession
) -> None:
    keep_score(session, cast.system, now=NOW, settings=home)
    verify_chains(session, cast.system, now=NOW, settings=home)
    session.connection.exec_driver_sql(Tenancy("customer", cast.globex).statement())
    for table in (security_score_day, audit_verification):
        assert session.execute(select(table)).all() == []


def test_real_customers_and_demo_ones_are_told_apart(session: WriteSession, cast: Cast, home: Settings) -> None:
    before = observe(session, home, now=NOW).customers
    create_organization(session, cast.system, "Demo Ltd", now=NOW, demo=True)
    after = observe(session, home, now=NOW).customers
    assert (after.demo, after.real) == (before.demo + 1, before.real)


def _id(actor: Actor) -> UUID:
    return UUID(actor.id)
