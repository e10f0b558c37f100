"""How telemetry arrives over all installs, and how releases are taken up by week: counted, judged, paged, bounded."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import delete, insert

from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.licensing.releases import Release
from core.telemetry.adoption import adoption, by_release, keep_adoption
from core.telemetry.delivery import BOUNDS, Counts, deliveries, delivery
from core.telemetry.writes import ingest
from db.models.releases import version_week
from db.models.telemetry import ingest_quota, ingest_refusal
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.conftest import NOW

DAY = timedelta(days=1)
# Far from what other tests of this worker write, and in the middle of a week.
THEN = NOW - 1_500 * DAY
TODAY = THEN.date()


@pytest.fixture
def telemetry(databases: Databases) -> Iterator[WriteSession]:
    """Yield a transaction on the telemetry plane that is rolled back after the test."""
    with databases.telemetry.engine.connect() as connection:
        transaction = connection.begin()
        connection.exec_driver_sql(SYSTEM.statement())
        yield WriteSession(connection)
        transaction.rollback()


def _arrived(telemetry: WriteSession, install_id: str, days_ago: int, **counts: int) -> None:
    day = TODAY - days_ago * DAY
    telemetry.execute(insert(ingest_quota).values(install_id=install_id, day=day, **counts))


def _refused(telemetry: WriteSession, install_id: str, days_ago: int, code: str, events: int) -> None:
    row = {"install_id": install_id, "day": TODAY - days_ago * DAY, "code": code, "events": events}
    telemetry.execute(insert(ingest_refusal).values(row))


@pytest.fixture
def world(telemetry: WriteSession) -> WriteSession:
    """Four installs: one in order, one late and refused, one turned away for its rate, one fallen silent."""
    for days_ago in range(28):
        _arrived(telemetry, "inst-good", days_ago, accepted=100)
    _arrived(telemetry, "inst-late", 0, accepted=80, late=40, ahead=2, refused=5, duplicates=15)
    _refused(telemetry, "inst-late", 0, "too_old", 3)
    _refused(telemetry, "inst-late", 0, "missing_field", 2)
    _arrived(telemetry, "inst-late", 9, accepted=10, late=10)
    _refused(telemetry, "inst-loud", 1, "event_rate_reached", 500)
    _arrived(telemetry, "inst-gone", 12, accepted=70)
    return telemetry


def test_it_tells_how_much_arrived_how_and_what_to_doubt(world: WriteSession, cast: Cast) -> None:
    found = delivery(world, cast.vera, now=THEN)
    assert found.today == Counts(180, 15, 5, 40, 2)
    assert found.week == Counts(780, 15, 505, 40, 2)
    assert found.before == Counts(780, 0, 0, 10, 0)
    assert found.reasons == (("event_rate_reached", 500), ("too_old", 3), ("missing_field", 2))
    assert (found.sending, found.silent, found.too_much) == (2, 1, 1)
    assert len(found.by_day) == 14
    assert found.by_day["accepted"].sum() == 14 * 100 + 80 + 10 + 70
    assert found.doubts() == ("late", "refused", "silent")
    assert found.week.share("refused") == pytest.approx(505 / 1_300)


def test_with_nothing_sent_nothing_is_doubted(telemetry: WriteSession, cast: Cast) -> None:
    found = delivery(telemetry, cast.vera, now=THEN)
    assert (found.week, found.doubts(), found.silent_share) == (Counts(0, 0, 0, 0, 0), (), None)
    assert found.week.share("late") is None
    assert set(BOUNDS) == {"late", "refused", "ahead", "silent"}


def test_installs_are_listed_worst_first_by_trouble(world: WriteSession, cast: Cast) -> None:
    def listed(trouble: Any = None) -> list[str]:
        return [each.install_id for each in deliveries(world, cast.vera, now=THEN, trouble=trouble).items]

    assert listed() == ["inst-loud", "inst-late", "inst-good"]
    assert listed("refused") == ["inst-loud", "inst-late"]
    assert listed("too_much") == ["inst-loud"]
    assert listed("late") == listed("ahead") == listed("duplicates") == ["inst-late"]
    assert listed("silent") == ["inst-gone"]
    loud, late, _ = deliveries(world, cast.vera, now=THEN).items
    assert (loud.last_day, loud.accepted, loud.main_reason) == (None, 0, "event_rate_reached")
    assert (late.last_day, late.today, late.refused, late.main_reason) == (TODAY, 80, 5, "too_old")
    [gone] = deliveries(world, cast.vera, now=THEN, trouble="silent").items
    assert (gone.last_day, gone.accepted) == (TODAY - 12 * DAY, 70)


def test_pages_hold_each_install_once(world: WriteSession, cast: Cast) -> None:
    for number in range(7):
        _arrived(world, f"inst-{number}", 2, accepted=1, late=number % 3)
    seen, cursor = [], None
    while True:
        page = deliveries(world, cast.vera, now=THEN, cursor=cursor, limit=3)
        seen += [each.install_id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 10
    with pytest.raises(InvalidInput):
        deliveries(world, cast.vera, now=THEN, cursor="nonsense")


def test_no_customer_sees_it(world: WriteSession, cast: Cast) -> None:
    for read in (delivery, deliveries, adoption):
        with pytest.raises(NotPermitted):
            read(world, cast.otto, now=THEN)


def test_versions_are_counted_by_the_week_each_install_once(
    session: WriteSession, databases: Databases, cast: Cast, install_id: str
) -> None:
    session.execute(delete(version_week))
    monday = NOW.date() - NOW.weekday() * DAY
    at = NOW - NOW.weekday() * DAY

    def told(name: str, weeks_ago: int, day: int, version: str) -> dict[str, Any]:
        ts = (at - weeks_ago * 7 * DAY + day * DAY).isoformat()
        return {"id": f"{weeks_ago}-{day}-{version}-{name}", "ts": ts, "type": "login", "version": version}

    one, two = f"{install_id}-1", f"{install_id}-2"
    # Versions that no other test of this worker tells.
    with databases.telemetry.write(SYSTEM) as telemetry:
        ingest(telemetry, one, [told(one, 3, 0, "77.1"), told(one, 3, 4, "77.2"), told(one, 0, 1, "77.2")], now=NOW)
        ingest(telemetry, two, [told(two, 3, 2, "77.1"), told(two, 20, 2, "77.0"), told(two, 40, 2, "76.9")], now=NOW)

    def kept() -> dict[tuple[int, str], int]:
        found = adoption(session, cast.vera, now=NOW)
        ours = found[found["version"].str.match(r"7[67]\.")]
        return {((monday - week).days // 7, version): many for week, version, many in ours.itertuples(index=False)}

    with databases.telemetry.read(SYSTEM) as plane:
        assert keep_adoption(session, plane, now=NOW) == 26
        assert kept() == {(3, "77.2"): 1, (3, "77.1"): 1, (0, "77.2"): 1, (20, "77.0"): 1}
    with databases.telemetry.write(SYSTEM) as telemetry:
        ingest(telemetry, two, [told(two, 3, 5, "77.2"), told(two, 20, 5, "77.1")], now=NOW)
    with databases.telemetry.read(SYSTEM) as plane:
        assert keep_adoption(session, plane, now=NOW) < 26
    # What comes late moves the last weeks; those long ago stand.
    assert kept() == {(3, "77.2"): 2, (0, "77.2"): 1, (20, "77.0"): 1}


def test_the_last_three_releases_are_told_with_their_patches() -> None:
    known = [Release(version, NOW - ago * DAY) for version, ago in (("4.3", 9), ("4.2.1", 21), ("4.2", 38))]
    known += [Release("4.1", NOW - 240 * DAY), Release("4.0", NOW - 365 * DAY), Release("5.0", NOW + DAY)]
    week = NOW.date()
    rows = [(week, "4.3", 2), (week, "4.2", 3), (week, "4.2.1", 1), (week, "4.0", 1), (week, "3.9", 1)]
    rows += [(week, "5.0-dev", 7), (week, "nightly", 7)]
    found = by_release(pd.DataFrame(rows, columns=["week", "version", "installs"]), known, now=NOW)
    assert list(found.itertuples(index=False, name=None)) == [
        (week, "4.3", 2, 0.25),
        (week, "4.2", 4, 0.5),
        (week, "4.1", 0, 0.0),
        (week, "older", 2, 0.25),
    ]
    assert by_release(found[["week"]].assign(version="x", installs=1), known, now=NOW).empty
    assert by_release(pd.DataFrame(rows, columns=["week", "version", "installs"]), [], now=NOW).empty
