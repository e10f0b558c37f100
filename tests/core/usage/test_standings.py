"""Where licenses stand: over, near or jumping; kept, listed in order and page by page, for whom it concerns."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from core.culture.writes import recompute
from core.errors import InvalidInput
from core.licensing.reads import License, license_by_install
from core.licensing.writes import issue, revoke
from core.usage.attention import days_in_words, pressure, states
from core.usage.consumption import Consumption, daily, standing
from core.usage.limits import Limit
from core.usage.standings import StandingCounts, standing_counts, standings
from core.usage.writes import OverrideRequest, add_override, keep_standings
from db.session import WriteSession
from tests.cast import Cast
from tests.core.usage.conftest import MakeLicense, report

CALLS = Limit("api_calls_day", 10_000)
GROWING = [round(3_000 * 1.018**day) for day in range(56)]
SPIKE = [1_700] * 50 + [9_520] + [1_700] * 5


def calls(counts: Sequence[int], now: datetime, limit: Limit = CALLS, today: int = 0) -> Consumption:
    return daily(limit, counts, now.date() - timedelta(days=1), today)


@pytest.mark.parametrize(
    ("counts", "today", "expected"),
    [
        ([4_000] * 56, 100, set()),
        ([7_990] * 56, 100, set()),
        ([8_000] * 56, 100, {"near"}),
        ([10_000] * 56, 100, {"near"}),
        ([10_001] * 56, 100, {"over"}),
        ([4_000] * 56, 10_500, {"over"}),
        (GROWING, 100, {"near", "jumping"}),
        (SPIKE, 1_700, set()),
        ([5] * 28 + [9] * 28, 9, set()),
    ],
)
def test_what_a_meter_is(counts: list[int], today: int, expected: set[str], now: datetime) -> None:
    assert states(calls(counts, now, today=today)) == expected


def test_the_limit_itself_may_be_used() -> None:
    assert states(standing(Limit("members", 50), 50, 50)) == {"near"}
    assert states(standing(Limit("members", 50), 51, 51)) == {"over"}
    assert states(standing(Limit("members", 0), 0, 0)) == set()


def test_unlimited_calls_may_jump_but_are_never_near(now: datetime) -> None:
    unlimited = Limit("api_calls_day", None)
    assert states(calls(GROWING, now, unlimited)) == {"jumping"}
    assert states(calls([each // 50 for each in GROWING], now, unlimited)) == set(), "too few to care"


def test_pressure_is_the_busy_day_or_today_whichever_is_more(now: datetime) -> None:
    assert pressure(calls([4_000] * 56, now, today=9_000)) == 0.9
    assert pressure(calls([4_000] * 56, now, today=10)) == 0.4
    assert pressure(calls([1], now)) is None


def test_days_are_said_with_their_range(now: datetime) -> None:
    said = days_in_words(calls(GROWING, now))
    assert said is not None
    assert "day" in said
    assert days_in_words(calls([4_000] * 56, now)) is None


@pytest.fixture
def alone(session: WriteSession) -> WriteSession:
    """Return the session with nobody standing anywhere; rolled back with the test."""
    session.execute(text("DELETE FROM usage_standing"))
    session.execute(text("DELETE FROM usage_place"))
    return session


def keep(session: WriteSession, held: License, counts: Sequence[int], now: datetime) -> None:
    keep_standings(session, [(held, [calls(counts, now), standing(Limit("members", 10), 3, 3)])], now)


def test_the_list_is_narrowed_ordered_and_counted(
    alone: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    for name, counts in (("Over", [12_000] * 56), ("Near", [9_500] * 56), ("Grows", GROWING), ("Calm", [10] * 56)):
        keep(alone, licensed(name), counts, now)
    assert standing_counts(alone, cast.vera, now=now) == StandingCounts(4, 1, 2, 1)

    def names(**asked: object) -> list[str]:
        return [one.organization for one in standings(alone, cast.vera, now=now, **asked).items]  # type: ignore[arg-type]  # names of arguments

    assert names() == ["Over", "Near", "Grows", "Calm"]
    assert names(state="over") == ["Over"]
    assert names(state="near") == ["Near", "Grows"]
    assert names(state="jumping") == ["Grows"]
    assert names(sort="days")[:2] == ["Over", "Grows"]
    assert names(sort="change")[0] == "Grows"
    assert names(text="GROW") == ["Grows"]
    assert names(text="no_such%") == []
    calm = standings(alone, cast.vera, now=now, text="Calm").items[0]
    assert [(row.meter, row.busy, row.share) for row in calm.meters] == [
        ("api_calls_day", 10, 0.001),
        ("members", 3, 0.3),
    ]


def test_pages_follow_each_other_without_a_gap(
    alone: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    for number in range(5):
        keep(alone, licensed(f"Customer {number}"), [1_000] * 56, now)
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        page = standings(alone, cast.vera, now=now, cursor=cursor, limit=2)
        seen += [one.organization for one in page.items]
        cursor = page.next_cursor
    assert sorted(seen) == [f"Customer {number}" for number in range(5)]
    assert cursor is None
    for wrong in ("x", "c2hhcmUgMQ==", page.next_cursor or "AAAA"):
        with pytest.raises(InvalidInput):
            standings(alone, cast.vera, now=now, cursor=wrong)


def test_who_has_no_license_in_force_is_left_out(
    alone: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    keep(alone, held, [12_000] * 56, now)
    revoke(alone, cast.adam, held.install_id, reason="test", now=now)
    assert standing_counts(alone, cast.vera, now=now).over == 0
    assert standings(alone, cast.vera, now=now).items == ()


def test_what_was_known_later_stays(alone: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime) -> None:
    held = licensed()
    keep(alone, held, [12_000] * 56, now)
    keep(alone, held, [10] * 56, now - timedelta(days=7))
    assert standing_counts(alone, cast.vera, now=now).over == 1
    keep(alone, held, [10] * 56, now + timedelta(minutes=1))
    assert standing_counts(alone, cast.vera, now=now).over == 0


def test_a_customers_people_see_their_own(
    alone: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    mine = issue(alone, cast.system, cast.globex, "basic", now=now, term="paid", billing_period="monthly")
    keep(alone, license_by_install(alone, cast.system, mine.install_id, now=now), [9_500] * 56, now)
    keep(alone, licensed(), [9_500] * 56, now)
    assert [one.install_id for one in standings(alone, cast.otto, now=now).items] == [mine.install_id]
    assert standing_counts(alone, cast.otto, now=now).near == 1


def test_a_recomputed_profile_keeps_where_its_license_stands(
    alone: WriteSession, cast: Cast, licensed: MakeLicense, now: datetime
) -> None:
    held = licensed()
    report(alone, held, "api_calls_day", [9_500] * 56, now)
    recompute(alone, alone, held.install_id, now=now)
    assert standing_counts(alone, cast.vera, now=now) == StandingCounts(1, 0, 1, 0)
    add_override(alone, cast.adam, OverrideRequest(held.install_id, "api_calls_day", 50_000, "why"), now=now)
    recompute(alone, alone, held.install_id, now=now + timedelta(minutes=1))
    assert standing_counts(alone, cast.vera, now=now) == StandingCounts(1, 0, 0, 0)
