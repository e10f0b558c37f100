"""Reports by mail: when they are due, that a period goes out once whatever dies, to whom, and what is refused."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from core.access.permissions import Permission
from core.config import Settings
from core.databases import Databases
from core.errors import InvalidInput, NotFound, NotPermitted
from core.reports import sending
from core.reports.exporting import BOARD
from core.reports.reads import Schedule, schedule_by_id, schedules, sent
from core.reports.schedule_times import LAST_DAY, RHYTHMS, Rhythm, days_told, last_due, next_due, period_named
from core.reports.sending import NOBODY, send_due, send_test
from core.reports.writes import NewSchedule, add_schedule, change_schedule, pause_schedule, remove_schedule
from db.models.access import audit_entry, person
from db.models.notify import mail, mail_attachment
from db.models.reports import report_schedule, report_sending
from db.session import SYSTEM, WriteSession
from tests.books import own_databases
from tests.cast import Cast, make_cast
from tests.conftest import NOW
from tests.core.reports.conftest import write_books

MONTHLY = NewSchedule(BOARD, "pdf", "monthly", 1, 7, ("fiona@calos.test", "adam@calos.test"))
# Before the first of December, 07:00, and after it.
BEFORE, AFTER = datetime(2026, 12, 1, 6, 59, tzinfo=UTC), datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def databases(test_settings: Settings) -> Iterator[Databases]:
    """Yield a database of this module's own."""
    with own_databases(test_settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(databases: Databases) -> Cast:
    """Return the people, beside books of every kind."""
    with databases.control.write(SYSTEM) as session:
        people = make_cast(session, NOW)
        write_books(session, people, NOW, "Initech")
    return people


@pytest.fixture(autouse=True)
def nothing_left(databases: Databases) -> None:
    with databases.control.write(SYSTEM) as session:
        for table in (report_schedule, mail_attachment, mail):
            session.execute(delete(table))


def _add(databases: Databases, cast: Cast, wanted: NewSchedule = MONTHLY, name: str = "fiona") -> UUID:
    with databases.control.write(SYSTEM) as session:
        return add_schedule(session, getattr(cast, name), wanted, now=NOW)


def _send(databases: Databases, now: datetime) -> bool:
    with databases.control.write(SYSTEM) as session:
        return send_due(session, now=now)


def _mails(databases: Databases) -> list[Any]:
    joined = select(mail, mail_attachment.c.name, mail_attachment.c.media_type, mail_attachment.c.content)
    joined = joined.outerjoin(mail_attachment, mail_attachment.c.mail_id == mail.c.id)
    with databases.control.read(SYSTEM) as session:
        return list(session.execute(joined.order_by(mail.c.recipient)))


def _held(databases: Databases, cast: Cast, made: UUID) -> Schedule:
    with databases.control.read(SYSTEM) as session:
        return schedule_by_id(session, cast.fiona, made)


times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned by it


@given(now=times, rhythm=st.sampled_from(RHYTHMS), day=st.integers(1, 7), hour=st.integers(0, 23))
def test_it_is_due_once_between_two_times(now: datetime, rhythm: Rhythm, day: int, hour: int) -> None:
    last, following = last_due(rhythm, day, hour, now), next_due(rhythm, day, hour, now)
    assert last <= now < following
    assert last_due(rhythm, day, hour, following) == following
    assert next_due(rhythm, day, hour, last) == following
    assert last_due(rhythm, day, hour, following - timedelta(microseconds=1)) == last
    assert period_named(rhythm, last) != period_named(rhythm, following)
    assert last.hour == hour
    assert (last.isoweekday() if rhythm == "weekly" else last.day) == day
    first, until = days_told(rhythm, last)
    assert first <= until < last.date()


def test_it_tells_of_what_is_over() -> None:
    due = datetime(2026, 12, 15, 7, tzinfo=UTC)
    assert days_told("monthly", due) == (date(2026, 11, 1), date(2026, 11, 30))
    assert days_told("weekly", due) == (date(2026, 12, 8), date(2026, 12, 14))
    assert period_named("weekly", datetime(2027, 1, 1, tzinfo=UTC)) == "2026-W53"
    assert LAST_DAY["monthly"] == 28


def test_a_board_gets_its_page_once_a_month(databases: Databases, cast: Cast) -> None:
    made = _add(databases, cast)
    assert _held(databases, cast, made).next_at == AFTER
    assert not _send(databases, BEFORE)
    assert _send(databases, AFTER)
    assert not _send(databases, AFTER)
    found = _mails(databases)
    assert [row.recipient for row in found] == ["adam@calos.test", "fiona@calos.test"]
    assert {row.subject for row in found} == {"Board report, November 2026"}
    assert {(row.name, row.media_type) for row in found} == {("calos-board-2026-11.pdf", "application/pdf")}
    assert all(row.content.startswith(b"%PDF") for row in found)
    assert _held(databases, cast, made).next_at == datetime(2027, 1, 1, 7, tzinfo=UTC)
    with databases.control.read(SYSTEM) as session:
        (one,) = sent(session, cast.fiona, made)
    assert (one.period, one.mails, one.trouble) == ("2026-12", 2, None)


def test_a_worker_killed_in_between_has_sent_nothing_and_another_does(databases: Databases, cast: Cast) -> None:
    made = _add(databases, cast)
    with suppress(KeyboardInterrupt), databases.control.write(SYSTEM) as session:
        assert send_due(session, now=AFTER)
        assert session.execute(select(report_sending.c.mails)).scalars().all() == [2]
        raise KeyboardInterrupt
    assert _mails(databases) == []
    assert _send(databases, AFTER)
    assert len(_mails(databases)) == 2
    # Even were its row put back, the period is taken.
    with databases.control.write(SYSTEM) as session:
        session.execute(update(report_schedule).where(report_schedule.c.id == made).values(next_at=AFTER))
    assert _send(databases, AFTER)
    assert len(_mails(databases)) == 2
    assert not _send(databases, AFTER)


def test_two_workers_at_once_send_one(databases: Databases, cast: Cast) -> None:
    _add(databases, cast)
    together, found = Barrier(2), []

    def work() -> None:
        with databases.control.write(SYSTEM) as session:
            # Both have begun before either looks.
            session.execute(select(1))
            together.wait(30)
            found.append(send_due(session, now=AFTER))

    threads = [Thread(target=work) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len(found) == 2
    assert True in found
    assert len(_mails(databases)) == 2


def test_after_a_long_silence_only_the_last_is_sent(databases: Databases, cast: Cast) -> None:
    _add(databases, cast, replace(MONTHLY, rhythm="weekly", report="movements", file_format="csv"))
    late = AFTER + timedelta(days=100)
    assert _send(databases, late)
    assert not _send(databases, late)
    assert {row.subject for row in _mails(databases)} == {"Movements, Mar 1 to Mar 7, 2027"}


def test_a_table_tells_of_its_period_and_one_of_levels_of_today(databases: Databases, cast: Cast) -> None:
    _add(databases, cast, replace(MONTHLY, report="invoices", file_format="xlsx", recipients=("fiona@calos.test",)))
    _add(databases, cast, replace(MONTHLY, report="subscriptions", file_format="csv", recipients=("sam@calos.test",)))
    assert _send(databases, AFTER)
    assert _send(databases, AFTER)
    subjects = {row.recipient: row.subject for row in _mails(databases)}
    assert subjects["fiona@calos.test"] == "Invoices, Nov 1 to Nov 30, 2026"
    assert subjects["sam@calos.test"] == "Subscriptions, Dec 1, 2026"


def test_paused_it_sends_nothing_and_resumed_nothing_of_before(databases: Databases, cast: Cast) -> None:
    made = _add(databases, cast)
    with databases.control.write(SYSTEM) as session:
        pause_schedule(session, cast.adam, made, paused=True, now=NOW)
    assert not _send(databases, AFTER)
    with databases.control.write(SYSTEM) as session:
        pause_schedule(session, cast.adam, made, paused=False, now=AFTER + timedelta(days=1))
    assert not _send(databases, AFTER + timedelta(days=2))
    assert _held(databases, cast, made).next_at == datetime(2027, 1, 1, 7, tzinfo=UTC)


def test_what_cannot_be_made_is_said_and_leaves_nothing_behind(
    databases: Databases, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = _add(databases, cast)
    taken = select(func.count()).where(audit_entry.c.action == "report.exported")
    with databases.control.read(SYSTEM) as session:
        before = session.execute(taken).scalar_one()
    monkeypatch.setattr(sending, "MOST_BYTES", 10)
    assert _send(databases, AFTER)
    assert _mails(databases) == []
    held = _held(databases, cast, made)
    assert held.trouble is not None
    assert "larger than mail servers take" in held.trouble
    with databases.control.read(SYSTEM) as session:
        assert session.execute(taken).scalar_one() == before
        assert sent(session, cast.fiona, made)[0].mails == 0


def test_it_is_made_as_whoever_made_it_and_ends_with_them(databases: Databases, cast: Cast) -> None:
    made = _add(databases, cast, name="sam")
    gone = update(person).where(person.c.id == UUID(cast.sam.id))
    with databases.control.write(SYSTEM) as session:
        session.execute(gone.values(disabled_at=NOW))
    try:
        assert _send(databases, AFTER)
        assert _mails(databases) == []
        assert _held(databases, cast, made).trouble == NOBODY
        with databases.control.write(SYSTEM) as session:
            change_schedule(session, cast.adam, made, MONTHLY, now=AFTER)
        held = _held(databases, cast, made)
        assert (held.made_by, held.trouble) == ("adam@calos.test", None)
    finally:
        with databases.control.write(SYSTEM) as session:
            session.execute(gone.values(disabled_at=None))


def test_a_role_that_lost_the_right_gets_nothing(databases: Databases, cast: Cast) -> None:
    made = _add(databases, cast, name="sam")
    mine = update(person).where(person.c.id == UUID(cast.sam.id))
    with databases.control.write(SYSTEM) as session:
        session.execute(mine.values(role="viewer"))
    try:
        assert _send(databases, AFTER)
        assert _mails(databases) == []
        assert "export financial figures" in (_held(databases, cast, made).trouble or "")
    finally:
        with databases.control.write(SYSTEM) as session:
            session.execute(mine.values(role="manager"))


def test_colleagues_who_left_get_no_more_mail(databases: Databases, cast: Cast) -> None:
    _add(databases, cast, replace(MONTHLY, recipients=("fiona@calos.test", "mia@calos.test")))
    mia = update(person).where(person.c.id == UUID(cast.mia.id))
    with databases.control.write(SYSTEM) as session:
        session.execute(mia.values(disabled_at=NOW))
    try:
        assert _send(databases, AFTER)
        assert [row.recipient for row in _mails(databases)] == ["fiona@calos.test"]
    finally:
        with databases.control.write(SYSTEM) as session:
            session.execute(mia.values(disabled_at=None))


def test_a_test_goes_to_the_tester_alone_and_takes_no_period(databases: Databases, cast: Cast) -> None:
    made = _add(databases, cast)
    with databases.control.write(SYSTEM) as session:
        send_test(session, cast.adam, made, now=NOW)
    (row,) = _mails(databases)
    assert (row.recipient, row.subject) == ("adam@calos.test", "Test: Board report, October 2026")
    assert _send(databases, AFTER)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"file_format": "csv"}, "send it as PDF"),
        ({"report": "secrets"}, "no report"),
        ({"report": "movements", "file_format": "exe"}, "Take one of"),
        ({"day": 29}, "monthly from 1 to 28"),
        ({"rhythm": "weekly", "day": 8}, "from 1"),
        ({"hour": 24}, "0 to 23"),
        ({"recipients": ()}, "1 to 20"),
        ({"recipients": tuple(f"a{n}@calos.test" for n in range(21)), "outside": True}, "1 to 20"),
        ({"recipients": ("bo@board.example",)}, "nobody of yours"),
        ({"recipients": ("Bo <bo@board.example>",), "outside": True}, "address"),
    ],
)
def test_what_makes_no_sense_is_refused(databases: Databases, cast: Cast, changed: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        _add(databases, cast, replace(MONTHLY, **changed))


def test_an_address_outside_is_meant_and_stands_in_the_trail(databases: Databases, cast: Cast) -> None:
    made = _add(databases, cast, replace(MONTHLY, recipients=("Bo@Board.Example",), outside=True))
    assert _held(databases, cast, made).recipients == ("bo@board.example",)
    with databases.control.read(SYSTEM) as session:
        trail = select(audit_entry.c.after).where(audit_entry.c.target_id == str(made))
        assert session.execute(trail).scalar_one()["recipients"] == ["bo@board.example"]


def test_only_who_may_export_money_schedules_or_sees_it(databases: Databases, cast: Cast) -> None:
    made = _add(databases, cast)

    def refused(session: WriteSession, actor: Any) -> None:
        for act in (
            lambda: add_schedule(session, actor, MONTHLY, now=NOW),
            lambda: change_schedule(session, actor, made, MONTHLY, now=NOW),
            lambda: pause_schedule(session, actor, made, paused=True, now=NOW),
            lambda: remove_schedule(session, actor, made, reason="x", now=NOW),
            lambda: send_test(session, actor, made, now=NOW),
            lambda: schedules(session, actor),
            lambda: sent(session, actor, made),
        ):
            with pytest.raises(NotPermitted):
                act()

    with databases.control.write(SYSTEM) as session:
        for actor in (cast.mia, cast.vera, cast.otto):
            refused(session, actor)
        refused(session, replace(cast.otto, permissions=frozenset(Permission)))
        blind = replace(cast.sam, permissions=cast.sam.permissions - {Permission.AUDIT_EXPORT})
        with pytest.raises(NotPermitted):
            add_schedule(session, blind, replace(MONTHLY, report="audit"), now=NOW)
        with pytest.raises(NotPermitted, match="sign in as one"):
            add_schedule(session, cast.system, MONTHLY, now=NOW)


def test_removed_it_is_gone_with_a_reason(databases: Databases, cast: Cast) -> None:
    made = _add(databases, cast)
    with databases.control.write(SYSTEM) as session:
        with pytest.raises(InvalidInput, match="Say why"):
            remove_schedule(session, cast.fiona, made, reason=" ", now=NOW)
        remove_schedule(session, cast.fiona, made, reason="Nobody reads it", now=NOW)
        with pytest.raises(NotFound):
            schedule_by_id(session, cast.fiona, made)
    assert not _send(databases, AFTER)
