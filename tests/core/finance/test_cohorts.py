"""Cohorts against what their customers paid: counts, revenue at constant exchange, and who is behind a cell."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from core.errors import InvalidInput, NotPermitted
from core.finance.cohorts import cohort_customers, cohort_matrix
from core.finance.ledger import ledger_facts
from core.finance.reads import exchange_rates
from core.money import round_half_up
from core.periods import INSTANT, month_of, months_until
from db.session import WriteSession
from tests.cast import Cast
from tests.core.finance.histories import DAY, START, STORIES, Told, tell
from tests.core.finance.test_ledger import undone

AS_OF = START + 700 * DAY
MONTHS = months_until(AS_OF, 24)
# One who pays in euros over a change of rates and grows, one who leaves within the month, one of a later month.
THREE = [
    [(0, 1, ("basic", 100_00, "monthly", None)), (1440 * 400, 1, ("pro", 300_00, "monthly", None))],
    [(1440, 0, ("pro", 499_00, "monthly", None)), (1440, 0, None), (1440 * 60, 0, ("basic", 50_00, "monthly", None))],
    [(1440 * 40, 0, ("basic", 99_00, "monthly", None))],
]


def first_paid(told: Told) -> dict[Any, datetime]:
    found: dict[Any, datetime] = {}
    for one in sorted(told.subscriptions, key=lambda each: each.started_at):
        # What ends when it begins never ran.
        if one.mrr and (one.ended_at is None or one.ended_at > one.started_at):
            found.setdefault(one.organization_id, one.started_at)
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(STORIES)
@example(THREE)
def test_cohorts_are_what_their_customers_pay(session: WriteSession, cast: Cast, stories: Any) -> None:
    # A minute at least between steps: what lasts no time at all came and left in the ledger, and never ran.
    stories = [[(minutes + 1, which, terms) for minutes, which, terms in story] for story in stories]
    with undone(session):
        told = tell(session, cast, stories)
        frame = cohort_matrix(session, cast.fiona, MONTHS, as_of=AS_OF)
        found = {(row["cohort"], row["age"]): row for row in frame.to_dict("records")}
        rates, first = exchange_rates(session), first_paid(told)
        for born, month in enumerate(MONTHS):
            members = [one for one, at in first.items() if at in month]
            for age, later in enumerate(MONTHS[born:]):
                paid = told.paid(min(later.end - INSTANT, AS_OF))
                theirs = [one for one in paid if one.organization_id in members]
                each = (rates.exact([one.mrr], first[one.organization_id].date()) for one in theirs)
                worth = sum(each, start=Decimal(0))
                row = found.get((month.start.replace(tzinfo=None), age))
                if not members:
                    assert row is None
                    continue
                assert row is not None
                assert row["first_customers"] == len(members)
                assert row["customers"] == len({one.organization_id for one in theirs})
                assert row["mrr"] == round_half_up(worth)


def test_a_cohort_begins_with_what_the_ledger_calls_new(session: WriteSession, cast: Cast) -> None:
    tell(session, cast, THREE)
    frame = cohort_matrix(session, cast.fiona, MONTHS, as_of=AS_OF)
    new = ledger_facts(session, cast.fiona, MONTHS, as_of=AS_OF).set_index("period")
    for row in frame[frame["age"].eq(0)].to_dict("records"):
        assert row["first_mrr"] == new.loc[row["cohort"], "new"]
        assert row["first_customers"] == new.loc[row["cohort"], "customers_new"]
    assert set(frame["cohort"]) == {START.replace(tzinfo=None), (START + 31 * DAY).replace(tzinfo=None)}


def test_the_customers_behind_a_cell(session: WriteSession, cast: Cast) -> None:
    told = tell(session, cast, THREE)
    ids = [str(one) for one in told.customers]
    january = month_of(START)
    kept = cohort_customers(session, cast.fiona, january, 14, as_of=AS_OF)
    assert kept[["organization_id", "first_mrr", "mrr"]].to_numpy().tolist() == [
        [ids[0], 108_00, 324_00],  # at the 1.08 of its first day, though the euro is at 1.13 by then
        [ids[1], 499_00, 50_00],
    ]
    assert list(kept["customer"]) == ["Customer 0", "Customer 1"]
    gone = cohort_customers(session, cast.fiona, january, 1, as_of=AS_OF)
    assert list(gone["mrr"]) == [108_00, 0]
    matrix = cohort_matrix(session, cast.fiona, [january], as_of=AS_OF)
    cell = matrix[matrix["age"].eq(14)].iloc[0]
    assert (cell["customers"], cell["mrr"], cell["first_mrr"]) == (2, kept["mrr"].sum(), kept["first_mrr"].sum())


def test_nothing_is_known_of_months_to_come(session: WriteSession, cast: Cast) -> None:
    tell(session, cast, THREE)
    january = month_of(START)
    assert cohort_matrix(session, cast.fiona, [], as_of=AS_OF).empty
    assert cohort_matrix(session, cast.fiona, [january], as_of=START - DAY).empty
    assert list(cohort_matrix(session, cast.fiona, [january], as_of=START + 40 * DAY)["age"]) == [0, 1]
    assert cohort_customers(session, cast.fiona, january, 3, as_of=START + 40 * DAY).empty
    with pytest.raises(InvalidInput, match="month 0"):
        cohort_customers(session, cast.fiona, january, -1, as_of=AS_OF)


def test_who_may_see_cohorts(session: WriteSession, cast: Cast) -> None:
    for person in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            cohort_matrix(session, person, MONTHS, as_of=AS_OF)
        with pytest.raises(NotPermitted):
            cohort_customers(session, person, MONTHS[0], 0, as_of=AS_OF)
