"""History appended in one go: the same ledger as written step by step, and nothing behind what stands there."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.access.actor import Actor
from core.billing.reads import Subscription, subscriptions_of
from core.billing.writes import record_past_subscriptions
from core.errors import Conflict, InvalidInput, NotPermitted
from core.finance.movements import Step
from core.finance.reads import movements_of, mrr_at, mrr_by_tier
from core.finance.writes import append_history, record_movement
from core.ids import new_id
from core.money import Money
from db.models.access import audit_entry
from db.models.finance import movement
from db.session import WriteSession
from tests.books import customer
from tests.cast import Cast

DAY = timedelta(days=1)


def past(
    organization_id: UUID, tier: str, minor: int, began: datetime, ended: datetime | None = None, currency: str = "USD"
) -> Subscription:
    amount = Money(minor, currency)
    return Subscription(new_id(), organization_id, None, tier, "monthly", amount, 1, began, ended)


def story(organization_id: UUID, now: datetime) -> tuple[list[Subscription], list[Step]]:
    """Return overlapping subscriptions of one customer, one of them raised to another tier, and their steps."""
    first = past(organization_id, "basic", 99_00, now - 90 * DAY, now - 40 * DAY)
    second = past(organization_id, "pro", 499_00, now - 80 * DAY, now - 20 * DAY)
    raised = past(organization_id, "pro", 449_00, now - 40 * DAY, now - 30 * DAY)
    back = past(organization_id, "basic", 120_00, now - 10 * DAY)
    steps = [
        Step(first.started_at, None, first),
        Step(second.started_at, None, second),
        Step(raised.started_at, first, raised, "outgrew it"),
        Step(now - 30 * DAY, raised, None),
        Step(now - 20 * DAY, second, None, "went silent"),
        Step(back.started_at, None, back),
    ]
    return [first, second, raised, back], steps


def test_history_is_told_in_kinds_and_in_one_entry(session: WriteSession, cast: Cast, now: datetime) -> None:
    ours = customer(session, cast.system, "Initech", now)
    rows, steps = story(ours, now)
    record_past_subscriptions(session, cast.system, rows, now=now)
    assert append_history(session, cast.system, ours, steps, now=now) == 6
    told = [(one.kind, one.change.minor, one.from_tier_id) for one in reversed(movements_of(session, cast.fiona, ours))]
    assert told == [
        ("new", 99_00, None),
        ("expansion", 499_00, None),
        ("expansion", 350_00, "basic"),
        ("contraction", -449_00, None),
        ("churn", -499_00, None),
        ("reactivation", 120_00, None),
    ]
    assert mrr_by_tier(session, cast.fiona, now - 35 * DAY) == {"pro": Money(948_00, "USD")}
    entries = session.execute(
        select(audit_entry.c.after).where(
            audit_entry.c.action == "movements.imported", audit_entry.c.organization_id == ours
        )
    )
    assert [one["movements"] for one in entries.scalars()] == [6]
    assert [one.reason for one in movements_of(session, cast.fiona, ours)][1:4] == ["went silent", None, "outgrew it"]


def test_it_is_the_ledger_that_single_steps_write(session: WriteSession, cast: Cast, now: datetime) -> None:
    at_once, one_by_one = (customer(session, cast.system, name, now) for name in ("At once", "One by one"))
    for organization_id in (at_once, one_by_one):
        rows, steps = story(organization_id, now)
        record_past_subscriptions(session, cast.system, rows, now=now)
        if organization_id == at_once:
            append_history(session, cast.system, organization_id, steps, now=now)
        else:
            for step in steps:
                record_movement(session, cast.system, step.before, step.after, now=step.at, reason=step.reason)
    names = ("tier_id", "from_tier_id", "moved_minor", "kind", "effective_at", "mrr_change_minor", "reason")
    columns = [movement.c[name] for name in names]
    both = [
        session.execute(select(*columns).where(movement.c.organization_id == one).order_by(movement.c.id)).all()
        for one in (at_once, one_by_one)
    ]
    assert both[0] == both[1] != []


def test_nothing_is_written_behind_what_stands_there(session: WriteSession, cast: Cast, now: datetime) -> None:
    ours = customer(session, cast.system, "Initech", now)
    rows, steps = story(ours, now)
    record_past_subscriptions(session, cast.system, rows, now=now)
    append_history(session, cast.system, ours, steps, now=now)
    before = session.execute(select(func.count()).select_from(movement)).scalar_one()
    with pytest.raises(Conflict, match="date this one later"):
        append_history(session, cast.system, ours, steps, now=now)
    later = past(ours, "pro", 1_00, now)
    record_past_subscriptions(session, cast.system, [later], now=now)
    assert append_history(session, cast.system, ours, [Step(now, None, later)], now=now) == 1
    assert append_history(session, cast.system, ours, [], now=now) == 0
    assert session.execute(select(func.count()).select_from(movement)).scalar_one() == before + 1


def test_steps_that_make_no_sense_are_refused(session: WriteSession, cast: Cast, now: datetime) -> None:
    ours, other = (customer(session, cast.system, name, now) for name in ("Ours", "Other"))
    _, steps = story(ours, now)
    euro = past(ours, "basic", 99_00, now, currency="EUR")
    pound = past(ours, "basic", 99_00, now, currency="GBP")
    free = past(ours, "free", 0, now)
    for wrong, said in (
        (steps[::-1], "oldest first"),
        ([Step(now, None, past(other, "basic", 1, now))], "of this customer"),
        ([Step(now, None, None)], "needs a subscription"),
        ([Step(now, None, free), Step(now, free, euro)], "start the other"),
        ([Step(now, None, pound)], "no exchange rate"),
    ):
        with pytest.raises(InvalidInput, match=said):
            append_history(session, cast.system, ours, wrong, now=now)
    with pytest.raises(Conflict, match="less MRR"):
        append_history(session, cast.system, ours, steps[3:], now=now)
    assert movements_of(session, cast.fiona, ours) == ()


def test_what_becomes_worth_nothing_churns_where_it_was(session: WriteSession, cast: Cast, now: datetime) -> None:
    ours = customer(session, cast.system, "Initech", now)
    paid, free = past(ours, "pro", 499_00, now - DAY, now), past(ours, "free", 0, now)
    record_past_subscriptions(session, cast.system, [paid, free], now=now)
    append_history(session, cast.system, ours, [Step(now - DAY, None, paid), Step(now, paid, free)], now=now)
    churned, _ = movements_of(session, cast.fiona, ours)
    assert (churned.kind, churned.tier_id, churned.from_tier_id) == ("churn", "pro", None)
    assert mrr_at(session, cast.fiona, now) == Money(0, "USD")


def test_past_subscriptions_need_no_license(session: WriteSession, cast: Cast, now: datetime) -> None:
    ours = customer(session, cast.system, "Initech", now)
    rows, _ = story(ours, now)
    record_past_subscriptions(session, cast.system, rows, now=now)
    found = subscriptions_of(session, cast.fiona, ours)
    assert sorted(found, key=lambda one: one.id) == sorted(rows, key=lambda one: one.id)
    assert {one.license_id for one in found} == {None}
    record_past_subscriptions(session, cast.system, [], now=now)


@pytest.mark.parametrize("wrong", ["ended", "amount", "quantity"])
def test_impossible_subscriptions_are_refused(session: WriteSession, cast: Cast, now: datetime, wrong: str) -> None:
    good = past(cast.globex, "basic", 99_00, now)
    changed = {
        "ended": replace(good, ended_at=now - DAY),
        "amount": replace(good, amount=Money(-1, "USD")),
        "quantity": replace(good, quantity=0),
    }
    with pytest.raises(InvalidInput):
        record_past_subscriptions(session, cast.system, [good, changed[wrong]], now=now)


@pytest.mark.parametrize("who", ["mia", "vera", "otto"])
def test_only_who_may_price_records_the_past(session: WriteSession, cast: Cast, now: datetime, who: str) -> None:
    actor: Actor = getattr(cast, who)
    with pytest.raises(NotPermitted):
        record_past_subscriptions(session, actor, [past(cast.globex, "basic", 1, now)], now=now)


def test_a_customer_writes_no_history(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotPermitted):
        append_history(session, cast.otto, cast.globex, [Step(now, None, past(cast.globex, "pro", 1, now))], now=now)
