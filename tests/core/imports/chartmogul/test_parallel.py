"""The parallel run: it agrees to the cent where both say the same, and finds and names each planted difference."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.billing.reads import subscriptions_of
from core.billing.subscription_changes import following
from core.billing.writes import follow
from core.config import Settings
from core.databases import Databases
from core.errors import InvalidInput, NotPermitted
from core.finance.writes import record_movement
from core.imports.chartmogul import console, parallel
from core.imports.chartmogul.parallel import ParallelRun
from core.imports.running import vendor_actor
from db.session import SYSTEM
from tests.books import own_databases
from tests.core.imports.chartmogul import world

_TICK = iter(range(1, 1_000))


@pytest.fixture(scope="module")
def moved(test_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """Yield an installation that the account has moved to."""
    with own_databases(test_settings) as opened:
        world.take(opened, world.write(tmp_path_factory.mktemp("account")))
        yield opened


def _beside(databases: Databases, folder: Path, activities: list[dict[str, Any]] | None = None) -> ParallelRun:
    """Compare with what ChartMogul says now."""
    now = world.NOW + timedelta(seconds=next(_TICK))
    world.write(folder, activities=world.activities() if activities is None else activities)
    with databases.control.write(SYSTEM) as session:
        console.keep(session, console.order_from(None, folder), now=now)
        return parallel.run_beside(session, vendor_actor(session, "Test", now=now))


def _other(place: int, **changed: Any) -> list[dict[str, Any]]:
    made = world.activities()
    made[place] = {
        **made[place],
        "activity-mrr": None,
        **{name.replace("_", "-"): one for name, one in changed.items()},
    }
    return made


def _mrr(found: ParallelRun) -> dict[str, list[tuple[str, str, int]]]:
    """Return gaps of MRR by month, with customer and cause."""
    made: dict[str, list[tuple[str, str, int]]] = {}
    for one in found.differences:
        if one.gap:
            made.setdefault(f"{one.month:%Y-%m}", []).append((found.name(one.who), one.cause, one.gap))
    return made


def _adds_up(found: ParallelRun) -> None:
    for month in found.months:
        assert sum(one.gap for one in month.differences) == month.gap
        for kind in month.moved_ours:
            named = sum(one.moved.get(kind, 0) for one in month.differences)
            assert named == month.moved_theirs[kind] - month.moved_ours[kind], (month.month, kind)


def test_thirteen_months_agree_to_the_cent(moved: Databases, tmp_path: Path) -> None:
    found = _beside(moved, tmp_path)
    assert parallel.verdict(found) == "13 months agree to the cent"
    assert {one.month: one.theirs for one in found.months} == {
        day.replace(day=1): minor for day, minor in world.EXPECTED.items()
    }
    assert [one.gap for one in found.months] == [0] * 13
    assert found.unexplained == 0
    assert found.import_id is not None
    september = next(one for one in found.months if one.month == date(2024, 9, 1))
    assert (september.moved_theirs["reactivation"], september.moved_ours["reactivation"]) == (45_00, 45_00)


def test_a_churn_that_they_count_when_it_is_asked_for_differs_until_it_ends(moved: Databases, tmp_path: Path) -> None:
    found = _beside(moved, tmp_path, _other(7, date="2024-05-18T00:00:00+00:00"))
    assert _mrr(found) == {"2024-05": [("Hooli", "churn_date", -40_00)]}
    assert parallel.verdict(found) == "2 months differ by up to $40.00: churn dated otherwise"
    assert [one.moved for one in found.differences] == [{"churn": -40_00}, {"churn": 40_00}]
    assert found.unexplained == 0
    _adds_up(found)


def test_their_exchange_rate_is_named(moved: Databases, tmp_path: Path) -> None:
    found = _beside(moved, tmp_path, _other(4, activity_mrr_movement=55_00))
    assert _mrr(found)["2024-03"] == [("Soylent GmbH", "rate", 1_00)]
    assert set(_mrr(found)) == {f"{one.month:%Y-%m}" for one in found.months[2:]}
    assert "EUR" in found.differences[0].sentence
    _adds_up(found)


def test_a_cent_is_rounding(moved: Databases, tmp_path: Path) -> None:
    found = _beside(moved, tmp_path, _other(0, activity_mrr_movement=83_34))
    assert {one.cause for one in found.differences} == {"rounding"}
    assert parallel.verdict(found) == "13 months differ by $0.01: rounding"
    _adds_up(found)


def test_what_a_prorated_line_made_them_estimate_is_proration(moved: Databases, tmp_path: Path) -> None:
    found = _beside(moved, tmp_path, _other(6, activity_mrr_movement=42_26))
    assert _mrr(found)["2024-05"] == [("Globex", "proration", 2_26)]
    assert "invoice G-2b" in found.differences[0].sentence
    _adds_up(found)


def test_a_customer_and_a_movement_that_are_missing_are_named(moved: Databases, tmp_path: Path) -> None:
    ghost = {**world.activities()[0], "uuid": "g", "customer-external-id": "ghost", "customer-uuid": "cus_ghost",
             "date": "2024-12-05", "activity-mrr-movement": 10_00, "activity-mrr": 10_00}  # fmt: skip
    found = _beside(moved, tmp_path / "more", [*world.activities(), ghost])
    assert _mrr(found) == {month: [("ghost", "missing_here", 10_00)] for month in ("2024-12", "2025-01")}
    assert parallel.verdict(found) == "2 months differ by $10.00: missing here"
    fewer = [one for n, one in enumerate(world.activities()) if n != 8]
    found = _beside(moved, tmp_path / "fewer", fewer)
    assert _mrr(found)["2025-01"] == [("=Vandelay()", "missing_there", -15_00)]
    _adds_up(found)


def test_another_kind_of_movement_is_a_difference_without_any_of_mrr(moved: Databases, tmp_path: Path) -> None:
    found = _beside(moved, tmp_path, _other(10, type="new_biz"))
    assert parallel.verdict(found) == "1 month differs in movements alone: another kind of movement"
    (only,) = found.differences
    assert only.moved == {"new": 45_00, "reactivation": -45_00}
    _adds_up(found)


def test_what_nothing_explains_is_counted_as_that(moved: Databases, tmp_path: Path) -> None:
    found = _beside(moved, tmp_path, _other(3, activity_mrr_movement=47_00))
    assert _mrr(found)["2024-03"] == [("Umbrella", "amount", 7_00)]
    assert found.unexplained == 11 * 7_00
    _adds_up(found)


def test_several_at_once_are_told_apart(moved: Databases, tmp_path: Path) -> None:
    planted = _other(7, date="2024-05-18")
    planted[0]["activity-mrr-movement"] = 83_34
    planted[4]["activity-mrr-movement"] = 55_00
    found = _beside(moved, tmp_path, planted)
    may = [one for one in found.differences if one.month == date(2024, 5, 1)]
    assert {(one.cause, one.gap) for one in may} == {("churn_date", -40_00), ("rounding", 1), ("rate", 1_00)}
    assert found.unexplained == 0
    _adds_up(found)


def test_the_report_as_csv_and_in_lines(moved: Databases, tmp_path: Path) -> None:
    fewer = [one for n, one in enumerate(world.activities()) if n != 8]
    found = _beside(moved, tmp_path, fewer)
    rows = list(csv.DictReader(io.StringIO(parallel.as_csv(found))))
    assert rows[0]["customer"] == "'=Vandelay()"
    assert (rows[0]["month"], rows[0]["gap"], rows[0]["new"]) == ("2024-07", "-15.00", "-15.00")
    lines = list(parallel.told(found))
    assert lines[-1] == "Unexplained: $0.00."


@pytest.fixture
def living(empty: Databases, tmp_path: Path) -> Databases:
    """Return an installation of its own, whose ledger goes on."""
    world.take(empty, world.write(tmp_path / "account"))
    return empty


def _umbrella_becomes(databases: Databases, **terms: Any) -> None:
    at = datetime(2025, 1, 15, tzinfo=UTC)
    with databases.control.write(SYSTEM) as session:
        actor = vendor_actor(session, "Test", now=world.NOW)
        whose = session.execute(text("SELECT id FROM organization WHERE name = 'Umbrella'")).scalar_one()
        before = next(one for one in subscriptions_of(session, actor, whose) if one.ended_at is None)
        after = replace(following(before, at), **terms)
        follow(session, actor, before, after, "subscription.changed", now=world.NOW, reason="test")
        record_movement(session, actor, before, after, now=world.NOW, effective_at=at)


def test_a_coupon_that_is_granted_here_is_named(living: Databases, tmp_path: Path) -> None:
    _umbrella_becomes(living, minor_off=10_00, coupon_duration="forever")
    found = _beside(living, tmp_path)
    assert _mrr(found) == {"2025-01": [("Umbrella", "coupon", 10_00)]}
    assert parallel.verdict(found) == "1 month differs by $10.00: coupon"


def test_a_trial_here_is_worth_nothing_and_named(living: Databases, tmp_path: Path) -> None:
    _umbrella_becomes(living, phase="trial")
    found = _beside(living, tmp_path)
    assert [(one.cause, one.gap) for one in found.differences] == [("missing_there", 40_00)]
    again = {
        **world.activities()[1],
        "uuid": "t",
        "date": "2025-01-20",
        "activity-mrr-movement": 5_00,
        "type": "expansion",
    }
    found = _beside(living, tmp_path, [*world.activities(), again])
    assert {one.cause: one.gap for one in found.differences} == {"missing_there": 40_00, "trial": 5_00}


def test_before_anything_was_kept_there_is_nothing_to_compare(empty: Databases, tmp_path: Path) -> None:
    with empty.control.write(SYSTEM) as session:
        found = parallel.run_beside(session, vendor_actor(session, "Test", now=world.NOW))
    assert found.export is None
    assert "import its export first" in next(parallel.told(found))
    with pytest.raises(InvalidInput, match="no activities"):
        _beside(empty, tmp_path, [])


def test_an_export_that_was_kept_is_not_kept_twice(moved: Databases, tmp_path: Path) -> None:
    first, again = _beside(moved, tmp_path), _beside(moved, tmp_path)
    assert first.export is not None
    assert first.export == again.export


def test_who_may_not_see_money_may_not_see_it(moved: Databases) -> None:
    with moved.control.write(SYSTEM) as session:
        nobody = replace(vendor_actor(session, "Test", now=world.NOW), permissions=frozenset())
        with pytest.raises(NotPermitted):
            parallel.run_beside(session, nobody)
