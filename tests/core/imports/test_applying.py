"""Books taken over: whole, once, with a ledger that adds up, and nothing made up about when people work."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from core.access.actor import Actor
from core.access.setup import make_setup_link
from core.culture.estimate import known
from core.culture.reads import profile
from core.databases import Databases
from core.errors import Conflict
from core.finance.reads import mrr_at, mrr_by_tier
from core.imports.reads import Order, order_of, report_of, run_by_id
from core.imports.running import check_order, require_no_demo, run, settle, vendor_actor
from core.imports.writes import record_check, start
from core.organizations.founding import use_setup_link
from core.organizations.reads import organization_by_id
from core.organizations.viewpoint import viewpoint
from core.organizations.writes import create_organization
from core.periods import last_instant
from core.support.reads import churn_events_of, tickets_of
from db.session import SYSTEM
from tests.core.imports.small import MAPPING, NOW, SUBSCRIPTIONS, order

# Whatever an import can write, and what it must never touch.
COUNTED = (
    *("organization", "license", "subscription", "movement", "support_ticket", "churn_event", "import_row"),
    *("daily_use", "day_rollup", "feature_rollup"),
)
UNTOUCHED = ("event", "hour_rollup", "actor_rollup", "feature_actor_rollup", "facet_rollup", "ingest_quota")


def _taken(databases: Databases, asked: Order, *, expect_new: bool = True) -> UUID:
    """Import as the command does, and return the run's id."""
    with databases.control.write(SYSTEM) as session:
        actor = vendor_actor(session, "Test", now=NOW)
        checked = check_order(session, asked, now=NOW)
        assert (checked.new_rows > 0) == expect_new
        run_id = record_check(session, actor, asked, checked, now=NOW)
        start(session, actor, run_id, queued=False, now=NOW)
    run(databases, run_id, clock=lambda: NOW, report=lambda *_: None, checked=checked)
    return run_id


def _counts(databases: Databases, tables: tuple[str, ...] = COUNTED) -> dict[str, int]:
    with databases.control.read(SYSTEM) as session:
        return {table: int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()) for table in tables}


def _actor(databases: Databases) -> Actor:
    with databases.control.write(SYSTEM) as session:
        return vendor_actor(session, "Test", now=NOW)


def _one(databases: Databases, sql: str, **given: Any) -> Any:
    with databases.control.read(SYSTEM) as session:
        return session.execute(text(sql), given).one()


def test_everything_sound_comes_in_whole_before_anybody_has_signed_up(empty: Databases) -> None:
    run_id = _taken(empty, order())
    assert _counts(empty) == {
        "organization": 1 + 4,
        "license": 4,
        "subscription": 8,
        # Ada: new, expansion, change of terms; Bob: new, churn, reactivation; Cyd: new, churn of the odd trial.
        "movement": 8,
        "support_ticket": 3,
        "churn_event": 3,
        "import_row": 25,
        "daily_use": 7,
        "day_rollup": 5,
        "feature_rollup": 6,
    }
    assert set(_counts(empty, UNTOUCHED).values()) == {0}
    with empty.control.read(SYSTEM) as session:
        done = run_by_id(session, _actor(empty), run_id)
        name, report = report_of(session, _actor(empty), run_id)
    assert (done.state, done.done, done.total) == ("done", 4, 4)
    assert name == "import-small-2026-11-21.csv"
    assert report.count(b"\r\n") == 36


def test_the_first_owner_joins_the_imported_books(empty: Databases) -> None:
    _taken(empty, order())
    with empty.control.write(SYSTEM) as session:
        token = make_setup_link(session, now=NOW)
        assert token is not None
        use_setup_link(session, token, "Acme", "Ada", "ada@acme.test", "a long enough password", now=NOW)
        actor = vendor_actor(session, "Test", now=NOW)
        assert organization_by_id(session, actor, actor.organization_id).name == "Acme"


def test_the_same_books_again_add_nothing(empty: Databases) -> None:
    _taken(empty, order())
    before = _counts(empty)
    _taken(empty, order(), expect_new=False)
    assert _counts(empty) == before


def test_more_rows_of_the_same_books_add_only_themselves(empty: Databases) -> None:
    _taken(empty, order())
    longer = SUBSCRIPTIONS + "S18,A8,Pro,2024-02-01,,15,1,monthly,no,no\n"
    changed = longer.replace("S3,A1,Starter,2023-06-01,,70.10", "S3,A1,Starter,2023-06-01,,80.10")
    with empty.control.read(SYSTEM) as session:
        checked = check_order(session, order(subscriptions=changed), now=NOW)
    assert {one.id for one in checked.findings if one.code == "changed_since"} == {"S3"}
    _taken(empty, order(subscriptions=changed))
    with empty.control.read(SYSTEM) as session:
        assert mrr_at(session, _actor(empty), last_instant(date(2024, 12, 31))).minor == 200_10 + 15_00


def test_a_row_behind_a_ledger_that_went_on_is_refused_with_its_customer_and_the_rest_comes_in(
    empty: Databases,
) -> None:
    _taken(empty, order())
    late = SUBSCRIPTIONS + ("S18,A1,Pro,2023-01-01,,15,1,monthly,no,no\nS19,A8,Pro,2024-02-01,,15,1,monthly,no,no\n")
    run_id = _taken(empty, order(subscriptions=late))
    with empty.control.read(SYSTEM) as session:
        _, report = report_of(session, _actor(empty), run_id)
        assert mrr_at(session, _actor(empty), last_instant(date(2024, 12, 31))).minor == 200_10 + 15_00
    assert b"S18,refused,ledger_goes_on" in report
    assert b"S19" not in report
    assert _one(empty, "SELECT count(*) FROM import_row WHERE external_id = 'S18'") == (0,)


def test_the_ledger_says_what_the_subscriptions_say(empty: Databases) -> None:
    _taken(empty, order())
    actor = _actor(empty)
    expected = {
        date(2023, 1, 31): 100_00,
        date(2023, 4, 30): 100_00 + 50_00 + 20_00,
        date(2023, 6, 30): 100_00 + 70_10 + 20_00,
        date(2024, 3, 31): 100_00 + 70_10,
        date(2024, 12, 31): 100_00 + 70_10 + 30_00,
    }
    with empty.control.read(SYSTEM) as session:
        assert {day: mrr_at(session, actor, last_instant(day)).minor for day in expected} == expected
        assert {tier: one.minor for tier, one in mrr_by_tier(session, actor, NOW).items()} == {
            "pro": 130_00,
            "basic": 70_10,
        }


def test_a_customer_becomes_an_organization_with_one_license(empty: Databases) -> None:
    _taken(empty, order())
    ada = _one(
        empty,
        "SELECT o.country, o.segment, o.created_at, l.tier_id, l.term, l.billing_period, l.max_seats, l.issued_at, "
        "l.expires_at FROM organization o JOIN license l ON l.organization_id = o.id WHERE o.name = 'Ada Ltd' "
        "ORDER BY o.created_at LIMIT 1",
    )
    since = datetime(2022, 12, 25, tzinfo=UTC)
    bob = _one(empty, "SELECT last_check_in_at FROM license l JOIN import_row r USING (organization_id) "
                      "WHERE external_id = 'A2'")  # fmt: skip
    assert bob == (datetime(2024, 5, 1, tzinfo=UTC),), "the last day on which it was used"
    assert ada == ("GB", "Health", since, "pro", "paid", "monthly", 10, since, None)
    # Whoever left has a license that is over; whoever never subscribed had a trial.
    assert _one(empty, "SELECT term, expires_at FROM license l JOIN organization o ON o.id = l.organization_id "
                       "WHERE o.name = 'Cyd GmbH'") == ("paid", datetime(2023, 6, 9, tzinfo=UTC))  # fmt: skip
    assert _one(empty, "SELECT count(*) FROM license WHERE term = 'trial' AND expires_at IS NOT NULL") == (1,)


def test_tickets_and_churn_events_are_the_customers(empty: Databases) -> None:
    _taken(empty, order())
    actor = _actor(empty)
    (ada, bob) = (_one(empty, f"SELECT organization_id FROM import_row WHERE external_id = '{key}'")[0] for key in
                  ("A1", "A2"))  # fmt: skip
    with empty.control.read(SYSTEM) as session:
        first, second = tickets_of(session, actor, ada, now=NOW)
        assert (first.reference, first.priority, first.response_minutes, first.closed_at) == (
            "T2",
            "urgent",
            None,
            None,
        )
        assert (second.satisfaction, second.response_minutes) == (4, 30)
        assert second.closed_at == datetime(2024, 1, 6, 13, tzinfo=UTC)
        assert [(one.reason, one.refund.minor) for one in churn_events_of(session, actor, bob, now=NOW)] == [
            ("=cmd|' /C calc'!A0", 4_03),
            ("budget", 0),
        ]


def test_culture_reads_daily_use_and_abstains_from_what_it_does_not_tell(empty: Databases) -> None:
    run_id = _taken(empty, order())
    settle(empty, run_id, now=NOW, report=lambda *_: None)
    actor = _actor(empty)
    install = _one(
        empty,
        "SELECT install_id FROM license l JOIN import_row r USING (organization_id) WHERE r.external_id = 'A1'",
    )[0]
    with empty.control.read(SYSTEM) as control, empty.telemetry.read(SYSTEM) as telemetry:
        at = viewpoint(control)
        assert at == last_instant(date(2024, 12, 31))
        made = profile(control, telemetry, actor, install, at)
    search, export = made.features.named("search"), made.features.named("export")
    assert search is not None
    assert export is not None
    assert (search.days, search.events, search.errors, search.entitled) == (2, 13, 1, True)
    assert (export.events, made.features.entitled) == (3, 2)
    assert made.features.named("pos") is None
    assert known(made.features.breadth)
    assert made.rhythm.label == "no rhythm yet"
    assert not any(map(any, made.rhythm.heat))
    assert not known(made.rhythm.peak_hour)
    assert not known(made.rhythm.weekend_share)
    assert made.rhythm.zone.name == "UTC"
    assert made.sessions.count == 0
    assert (made.team.basis, made.team.seen) == ("none", 0)
    assert not known(made.engagement.stickiness)
    card = _one(
        empty,
        "SELECT events_30d, last_seen_at, mrr_minor FROM customer_card WHERE install_id = :install",
        install=install,
    )
    # The use of 2025 lies beyond the day that the books are looked at.
    assert card == (16, datetime(2024, 12, 22, tzinfo=UTC), 170_10)


def test_a_demo_world_takes_no_real_books(empty: Databases) -> None:
    with empty.control.write(SYSTEM) as session:
        actor = vendor_actor(session, "Test", now=NOW)
        require_no_demo(session)
        create_organization(session, actor, "Vandelay", now=NOW, demo=True)
        with pytest.raises(Conflict, match="empty CALOS_HOME"):
            require_no_demo(session)
    _taken(empty, order())
    with empty.control.read(SYSTEM) as session:
        assert viewpoint(session) is None, "the demo world goes on living today"


def test_a_started_import_starts_once_and_forgets_its_files_when_done(empty: Databases) -> None:
    run_id = _taken(empty, order())
    with empty.control.write(SYSTEM) as session:
        with pytest.raises(Conflict, match="under way or done"):
            start(session, vendor_actor(session, "Test", now=NOW), run_id, queued=True, now=NOW)
        with pytest.raises(Conflict, match="no longer kept"):
            order_of(session, run_id)
    assert run(empty, run_id, clock=lambda: NOW, report=lambda *_: None) is None


def test_without_a_last_day_the_present_is_looked_at(empty: Databases) -> None:
    _taken(empty, order(MAPPING.replace("asOf: 2024-12-31\n", "")))
    with empty.control.read(SYSTEM) as session:
        assert viewpoint(session) is None
