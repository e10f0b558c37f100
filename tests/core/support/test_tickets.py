"""Tickets as sums and lists: by period and group, for the vendor, and each customer's own."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from core.accounts.requests import LicenseRequest
from core.accounts.writes import create_license
from core.errors import NotFound, NotPermitted
from core.money import Money
from core.periods import Period
from core.support.reads import churn_events_of, open_urgent_tickets, ticket_facts, tickets_of
from core.support.tickets import ChurnEvent, Ticket
from core.support.writes import record_churn_events, record_past_tickets
from db.session import WriteSession
from tests.books import customer
from tests.cast import Cast

MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))
PERIODS = [Period(MAY, JUNE), Period(JUNE, JULY)]


@pytest.fixture
def initech(session: WriteSession, cast: Cast) -> UUID:
    """Two customers with tickets in May and June."""
    made = customer(session, cast.system, "Initech", MAY)
    create_license(session, cast.system, LicenseRequest(str(made), "pro"), now=MAY)
    create_license(session, cast.system, LicenseRequest(str(made), "basic"), now=MAY)
    day = timedelta(days=1)
    tickets = [
        Ticket(made, "T1", "high", MAY + day, MAY + 2 * day, 30, 5, True),
        Ticket(made, "T2", "urgent", MAY + 3 * day, None, 90),
        Ticket(made, "T3", "high", JUNE, JUNE + day, None, 2),
        Ticket(cast.globex, "T4", "low", JUNE + day, None, 5),
        Ticket(cast.globex, "T5", "low", JULY, None, 5),
    ]
    assert record_past_tickets(session, cast.system, tickets, now=JULY) == 5
    return made


def test_sums_by_period(session: WriteSession, cast: Cast, initech: UUID) -> None:
    found = ticket_facts(session, cast.vera, PERIODS, as_of=JULY)
    assert str(found["period"].dtype) == "datetime64[us]"
    assert found.drop(columns="period").to_dict("records") == [
        {"tickets": 2, "response_minutes": 120, "answered": 2, "satisfaction_sum": 5, "rated": 1},
        {"tickets": 2, "response_minutes": 5, "answered": 1, "satisfaction_sum": 2, "rated": 1},
    ]
    until = ticket_facts(session, cast.vera, PERIODS, as_of=MAY + timedelta(days=2))
    assert until["tickets"].tolist() == [1]
    nothing = ticket_facts(
        session, cast.vera, [Period(JULY + timedelta(days=9), JULY + timedelta(days=10))], as_of=JULY
    )
    assert nothing.empty
    assert list(nothing.columns) == list(found.columns)


def test_groups_and_conditions(session: WriteSession, cast: Cast, initech: UUID) -> None:
    by = ticket_facts(session, cast.vera, PERIODS, by=["customer", "tier"], as_of=JULY)
    rows = by[["customer", "tier", "organization_id", "tickets"]].to_dict("records")
    assert {"customer": "Initech", "tier": "pro", "organization_id": str(initech), "tickets": 2} in rows
    assert by["tickets"].sum() == 4
    mine = ticket_facts(
        session, cast.vera, PERIODS, where={"customer": [str(initech)], "priority": ["high"]}, as_of=JULY
    )
    assert mine["tickets"].tolist() == [1, 1]
    german = ticket_facts(
        session, cast.vera, PERIODS, by=["country", "priority"], where={"country": ["DE"]}, as_of=JULY
    )
    assert german[["country", "priority", "tickets"]].to_dict("records") == [
        {"country": "DE", "priority": "low", "tickets": 1}
    ]


def test_lists_are_the_customers_own(session: WriteSession, cast: Cast, initech: UUID) -> None:
    assert [one.reference for one in tickets_of(session, cast.vera, initech, now=JULY)] == ["T3", "T2", "T1"]
    assert [one.reference for one in tickets_of(session, cast.otto, cast.globex, now=JUNE + timedelta(days=9))] == [
        "T4"
    ]
    with pytest.raises(NotFound):
        tickets_of(session, cast.otto, initech, now=JULY)
    assert open_urgent_tickets(session, [initech, uuid4()], now=JULY) == {initech: 1}
    assert open_urgent_tickets(session, [initech], now=MAY) == {}


def test_churn_events_are_the_vendors_and_refunds_are_for_finance(
    session: WriteSession, cast: Cast, initech: UUID
) -> None:
    event = ChurnEvent(initech, JUNE, "budget", Money(4_03, "USD"), False, "too expensive")
    record_churn_events(session, cast.system, [event], now=JULY)
    assert churn_events_of(session, cast.fiona, initech, now=JULY) == (event,)
    assert churn_events_of(session, cast.vera, initech, now=JULY)[0].refund == Money(0, "USD")
    assert churn_events_of(session, cast.fiona, initech, now=MAY) == ()
    with pytest.raises(NotPermitted):
        churn_events_of(session, cast.otto, initech, now=JULY)


def test_customers_and_people_without_the_permission_see_no_sums_and_write_nothing(
    session: WriteSession, cast: Cast
) -> None:
    with pytest.raises(NotPermitted):
        ticket_facts(session, cast.otto, PERIODS, as_of=JULY)
    with pytest.raises(NotPermitted):
        record_past_tickets(session, cast.vera, [], now=JULY)
    with pytest.raises(NotPermitted):
        record_churn_events(session, cast.otto, [], now=JULY)
