"""The ledger's days are the sums of its movements, whoever appends when, and the subscriptions tell the ledger anew."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from core.databases import Databases
from core.finance.days import mrr_by_day
from core.finance.ledger import ledger_facts
from core.finance.rebuild import count_days_anew, days_counted_anew, merge_days, told_anew
from core.periods import Period, midnight
from db.models.billing import subscription
from db.models.finance import movement_day, mrr_day
from db.session import SYSTEM, WriteSession
from tests.cast import Cast
from tests.core.finance.histories import DAY, START, STORIES, STORY, tell
from tests.core.finance.shop import GOLD, Shop, day
from tests.core.finance.test_ledger import undone

SLOW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
WRITERS = 4


@SLOW
@given(STORIES, st.lists(st.integers(-20, 800), min_size=1, max_size=6, unique=True).map(sorted), st.integers(0, 10**6))
def test_mrr_by_day_is_what_the_ledger_closes_with(
    session: WriteSession, cast: Cast, stories: Any, numbers: list[int], minutes: int
) -> None:
    with undone(session):
        tell(session, cast, stories)
        days = [(START + number * DAY).date() for number in numbers]
        as_of = START + timedelta(minutes=minutes, seconds=1)
        found = mrr_by_day(session, cast.fiona, days, as_of=as_of)
        for each, minor in zip(days, found, strict=True):
            period = Period(midnight(each), midnight(each + DAY))
            assert ledger_facts(session, cast.fiona, [period], as_of=as_of)["closing"].iloc[0] == minor


@SLOW
@given(STORIES, st.booleans())
def test_days_are_those_of_the_movements_however_often_they_are_merged_or_counted_anew(
    session: WriteSession, cast: Cast, stories: Any, anew: bool
) -> None:
    with undone(session):
        tell(session, cast, stories)
        assert days_counted_anew(session) == ()
        tell(session, cast, stories)
        before = told(session)
        merge_days(session)
        assert told(session) == before
        if anew:
            count_days_anew(session)
            assert told(session) == before
        tell(session, cast, stories)
        assert days_counted_anew(session) == ()


@SLOW
@given(STORIES)
def test_subscriptions_tell_the_ledger_anew(session: WriteSession, cast: Cast, stories: Any) -> None:
    with undone(session):
        tell(session, cast, stories)
        assert told_anew(session).differences == ()


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(STORY, min_size=3, max_size=3), min_size=WRITERS, max_size=WRITERS))
def test_who_append_and_merge_at_once_lose_nothing(databases: Databases, cast: Cast, stories: list[Any]) -> None:
    def append(story: Any) -> None:
        with databases.control.write(SYSTEM) as session:
            tell(session, cast, story)
        with databases.control.write(SYSTEM) as session:
            merge_days(session)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(append, stories))
    with databases.control.read(SYSTEM) as session:
        assert days_counted_anew(session) == ()


def test_a_day_that_was_tampered_with_is_named_and_mended(session: WriteSession, cast: Cast) -> None:
    with undone(session):
        # A day of its own: other tests of this database have left movements on theirs.
        alone = datetime(2003, 3, 1, 10, tzinfo=UTC)
        shop = Shop(session, cast, alone)
        shop.sell(shop.customer("Tampered"), 9_900, alone, tier=GOLD)
        session.execute(update(movement_day).where(movement_day.c.day == alone.date()).values(minor=1))
        session.execute(delete(mrr_day).where(mrr_day.c.day == alone.date()))
        found = days_counted_anew(session)
        assert len(found) == 2
        assert "2003-03-01 enterprise USD new: kept are 1 of 1 movements, the ledger has 9900 of 1." in found[0]
        count_days_anew(session)
        assert days_counted_anew(session) == ()


def test_a_movement_that_no_subscription_tells_is_named(session: WriteSession, cast: Cast) -> None:
    with undone(session):
        shop = Shop(session, cast, day(1, 1))
        whom = shop.customer("Nobody’s")
        sold = shop.sell(whom, 9_900, day(3, 1))
        before = told_anew(session)
        assert not [each for each in before.differences if "Nobody’s" in each]
        forget(session, sold.id)
        (said,) = (each for each in told_anew(session).differences if "Nobody’s" in each)
        assert said.endswith("on 2025-03-01 10:00 UTC the ledger moves 99.00 USD, the subscriptions 0.00 USD.")


def forget(session: WriteSession, subscription_id: UUID) -> None:
    """Make a subscription worth nothing, as no write of the house would."""
    session.execute(update(subscription).where(subscription.c.id == subscription_id).values(amount_minor=0))


def told(session: WriteSession) -> list[Any]:
    """Return the sums of the days, however many rows they are."""
    m, sums = movement_day.c, (func.sum(movement_day.c.minor), func.sum(movement_day.c.movements))
    key = (m.day, m.tier_id, m.currency, m.kind)
    rows = [tuple(row) for row in session.execute(select(*key, *sums).group_by(*key).order_by(*key))]
    return [row for row in rows if any(row[len(key) :])]
