"""What is kept in memory of the ledger is what a read of everything would be, whoever appended, committed or left."""

from datetime import timedelta
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.databases import Databases
from core.finance import appended
from core.finance.appended import seen_of
from core.finance.changes import changes
from core.finance.days import mrr_by_day
from core.periods import midnight
from db.models.finance import movement
from db.session import SYSTEM, ReadSession, WriteSession
from tests.cast import Cast
from tests.core.finance.histories import DAY, START, STORIES, tell
from tests.core.finance.shop import Shop, day
from tests.core.finance.test_ledger import undone

SLOW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def whole(session: ReadSession) -> tuple[int, int]:
    """Return how many movements a session sees, and what they add up to, as the database says."""
    m = movement.c
    every = session.execute(select(m.mrr_change_minor)).scalars().all()
    return len(every), sum(every)


def held(session: ReadSession) -> tuple[int, int]:
    """Return the same as the memory says."""
    known = changes(session)
    assert len(known.who) == len(known.at) == len(known.tier)
    return len(known.at), int(known.minor.sum())


@given(st.sets(st.integers(1, 40)))
def test_every_number_up_to_the_last_is_seen_or_in_a_gap(ids: set[int]) -> None:
    seen = seen_of(np.array(sorted(ids, reverse=True), dtype=np.int64))
    gaps = {each for low, high in zip(seen.low, seen.high, strict=True) for each in range(low, high + 1)}
    assert seen.last == max(ids, default=0)
    assert gaps == set(range(1, seen.last + 1)) - ids


def test_who_took_a_lower_number_and_commits_later_is_not_missed(databases: Databases, cast: Cast) -> None:
    with databases.control.read(SYSTEM) as reader:
        assert held(reader) == whole(reader)
    with databases.control.write(SYSTEM) as slow:
        first = Shop(slow, cast, day(1, 1))
        first.sell(first.customer("Slow"), 9_900, day(3, 1))
        lower = slow.execute(select(func.max(movement.c.id))).scalar_one()
        with databases.control.write(SYSTEM) as quick:
            second = Shop(quick, cast, day(1, 1))
            second.sell(second.customer("Quick"), 5_000, day(3, 2))
            higher = quick.execute(select(func.max(movement.c.id))).scalar_one()
        assert lower < higher
        with databases.control.read(SYSTEM) as reader:
            assert held(reader) == whole(reader)
            among = whole(reader)
        # Whoever is in the middle of a write sees its own, and nobody else what may be taken back.
        assert held(slow) == whole(slow)
        with databases.control.read(SYSTEM) as reader:
            assert held(reader) == whole(reader) == among
    with databases.control.read(SYSTEM) as reader:
        assert held(reader) == whole(reader) == (among[0] + 1, among[1] + 9_900)


@SLOW
@given(STORIES, STORIES)
def test_memory_is_what_is_read_anew_before_and_after_a_rollback(
    session: WriteSession, cast: Cast, before: Any, after: Any
) -> None:
    days = [(START + number * DAY).date() for number in range(0, 800, 40)]
    with undone(session):
        tell(session, cast, before)
        assert held(session) == whole(session)
        with undone(session):
            tell(session, cast, after)
            assert held(session) == whole(session)
            series = list(mrr_by_day(session, cast.fiona, days, as_of=START + 900 * DAY))
            appended.forget()
            assert held(session) == whole(session)
            assert list(mrr_by_day(session, cast.fiona, days, as_of=START + 900 * DAY)) == series
        assert held(session) == whole(session)


@SLOW
@given(STORIES, st.integers(0, 790))
def test_rates_of_few_days_are_those_of_many(session: WriteSession, cast: Cast, stories: Any, number: int) -> None:
    with undone(session):
        tell(session, cast, stories)
        some = (START + number * DAY).date()
        many = [some + timedelta(days=each) for each in range(120)]
        as_of = midnight(many[-1])
        whole_series = mrr_by_day(session, cast.fiona, many, as_of=as_of)
        assert [mrr_by_day(session, cast.fiona, [each], as_of=as_of)[0] for each in many[::17]] == list(
            whole_series[::17]
        )
