"""What the home page answers first, from customers whose stories are known."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from core.access.actor import Actor
from core.accounts.cards import refresh_cards
from core.accounts.changes import changes_this_week, health_sentence, licenses_sentence, money_sentence
from core.accounts.overview import calls_today, movements_this_month, mrr_by_tier, near_limits
from core.accounts.requests import LicenseRequest
from core.accounts.writes import change_tier, create_license, revoke_license
from core.billing.invoices.addresses import Address
from core.billing.invoices.past import PastInvoice, PastLine, record_past_invoices
from core.billing.invoices.sellers import NewSeller, add_seller
from core.culture.upsell_reads import upsells
from core.culture.writes import recompute
from core.errors import NotPermitted
from core.finance.movements import KINDS, Bridge
from core.metrics.answered import Figure
from core.metrics.answering import figure
from core.money import Money
from core.periods import Period
from db.models.accounts import customer_card
from db.session import WriteSession
from tests.books import customer
from tests.cast import Cast
from tests.core.accounts.test_cards import send

DAY = timedelta(days=1)
MONTH = 31 * DAY
ZERO = Money(0, "USD")


class Town:
    """Four customers: one pays since long, one expanded this month, one left this week, one tries us out."""

    def __init__(self, session: WriteSession, cast: Cast, now: datetime) -> None:
        self.session, self.cast, self.now = session, cast, now
        self.old = self._customer("Oldtown", "pro", now - 8 * MONTH)
        self.grown = self._customer("Growtown", "basic", now - 3 * MONTH)
        self.left = self._customer("Leftville", "basic", now - 2 * MONTH)
        self.trying = self._customer("Tryburg", "pro", now - 8 * DAY, trial_days=14)
        change_tier(session, cast.sam, self.grown[1], "pro", now=now - 15 * DAY)
        revoke_license(session, cast.adam, self.left[1], reason="left", now=now - 2 * DAY)
        refresh_cards(session, session, now=now)

    def _customer(self, name: str, tier: str, at: datetime, **asked: Any) -> tuple[UUID, str]:
        made = customer(self.session, self.cast.system, name, at)
        request = LicenseRequest(str(made), tier, currency="USD", **asked)
        return made, create_license(self.session, self.cast.sam, request, now=at).install_id

    def judge(self, who: tuple[UUID, str], health: float, week_ago: float | None = None, **more: Any) -> None:
        """Put a health on a card as if culture had found it."""
        values = {"health": Decimal(str(health)), "health_week_ago": week_ago, "by_health": int(health * 100), **more}
        self.session.execute(update(customer_card).where(customer_card.c.organization_id == who[0]).values(**values))


@pytest.fixture
def town(session: WriteSession, cast: Cast, now: datetime) -> Town:
    return Town(session, cast, now)


def _figure(town: Town, person: Actor, metric_id: str, **asked: Any) -> Figure:
    return figure(town.session, town.session, person, metric_id, now=town.now, **asked)


def test_the_tiles(town: Town) -> None:
    town.judge(town.old, 44)
    town.judge(town.left, 10)
    mrr = _figure(town, town.cast.fiona, "mrr", months=12)
    assert mrr.value == 998_00
    assert mrr.trend[-9:] == (499_00, 499_00, 499_00, 499_00, 499_00, 598_00, 697_00, 697_00, 998_00)
    for metric_id, value in {
        "net_new_mrr": 400_00 - 99_00,
        "customers": 4,
        # Two were issued months ago and never heard from: silent, not active.
        "active_customers": 1,
        "at_risk_customers": 1,
        "at_risk_mrr": 499_00,
    }.items():
        assert _figure(town, town.cast.fiona, metric_id).value == value, metric_id


def test_the_months_movements_and_tiers(town: Town) -> None:
    moved = movements_this_month(town.session, town.cast.fiona, now=town.now)
    assert moved is not None
    assert {kind: amount.minor for kind, amount in moved.movements.items() if amount} == {
        "expansion": 400_00,
        "churn": -99_00,
    }
    assert moved.opening + moved.net_new == moved.closing
    frame = mrr_by_tier(town.session, town.cast.fiona, now=town.now, months=2)
    assert frame is not None
    assert {(f"{row.month:%m}", row.tier_id): row.mrr_minor for row in frame.itertuples()} == {
        ("10", "basic"): 198_00,
        ("10", "pro"): 499_00,
        ("11", "basic"): 0,
        ("11", "pro"): 998_00,
    }


def test_without_finance_read_there_is_no_money(town: Town) -> None:
    for person in (town.cast.mia, town.cast.vera):
        for metric_id in ("mrr", "net_new_mrr", "at_risk_mrr", "runway"):
            with pytest.raises(NotPermitted):
                _figure(town, person, metric_id)
        assert _figure(town, person, "customers").value == 4
        assert movements_this_month(town.session, person, now=town.now) is None
        assert mrr_by_tier(town.session, person, now=town.now) is None
        town.judge(town.old, 44)
        said = str(calls_today(town.session, person, now=town.now)) + str(
            changes_this_week(town.session, person, now=town.now)
        )
        assert "$" not in said
        assert "Money" not in said


def test_the_home_page_is_the_vendors(town: Town) -> None:
    for answer in (movements_this_month, mrr_by_tier, near_limits, calls_today, changes_this_week):
        with pytest.raises(NotPermitted):
            answer(town.session, town.cast.otto, now=town.now)
    with pytest.raises(NotPermitted):
        _figure(town, town.cast.otto, "customers")


def test_whom_to_call(town: Town) -> None:
    town.judge(town.old, 44, 62)
    town.judge(town.grown, 48)
    found = calls_today(town.session, town.cast.fiona, now=town.now)
    assert [(one.name, one.kind, one.sentence) for one in found] == [
        ("Tryburg", "trial", "Trial of Pro ends in 6 days."),
        ("Growtown", "risk", "Health 48; $499.00 a month at stake."),
        ("Oldtown", "risk", "Health 44, down from 62 a week ago; $499.00 a month at stake."),
    ]
    assert found[0].due == town.now + 6 * DAY
    assert calls_today(town.session, town.cast.fiona, now=town.now, limit=1) == found[:1]


def test_an_opportunity_is_a_reason_to_call(town: Town) -> None:
    install_id = town._customer("Acme", "free", town.now - 60 * DAY)[1]
    send(town.session, install_id, town.now, days=40, each=1_200)
    recompute(town.session, town.session, install_id, now=town.now)
    refresh_cards(town.session, town.session, now=town.now)
    high = upsells(town.session, town.cast.fiona, now=town.now, priority="HIGH")
    called = [one for one in calls_today(town.session, town.cast.fiona, now=town.now) if one.kind == "upsell"]
    assert [one.sentence for one in called] == [one.sentence for one in high]
    assert all(one.mrr == ZERO for one in called)


def test_a_late_invoice_is_a_reason_to_call_told_to_who_may_read_money(town: Town) -> None:
    london = Address("Calos Ltd", country="GB")
    seller = add_seller(town.session, town.cast.fiona, NewSeller(london, f"T{town.old[0].hex[:12]}"), now=town.now)
    today = town.now.date()
    for who, days, minor in ((town.old, 45, 640_000), (town.grown, 4, 49_900)):
        line = PastLine("Migration", Money(minor, "USD"), Money(0, "USD"), kind="one_off")
        due_on = today - days * DAY
        owed = PastInvoice(who[0], seller.id, due_on - 30 * DAY, due_on, (line,))
        record_past_invoices(town.session, town.cast.fiona, [owed], source="test", now=town.now)
    calls = {call.organization_id: call for call in calls_today(town.session, town.cast.fiona, now=town.now, limit=500)}
    assert (calls[town.old[0]].kind, calls[town.old[0]].sentence) == (
        "invoice",
        "$6,400.00 should have been paid 45 days ago.",
    )
    # Four days late is asked for by mail.
    assert town.grown[0] not in calls
    town.judge(town.old, 45.4)
    calls = {call.organization_id: call for call in calls_today(town.session, town.cast.fiona, now=town.now, limit=500)}
    assert calls[town.old[0]].kind == "risk"
    assert calls[town.old[0]].sentence.endswith("at stake. $6,400.00 should have been paid 45 days ago.")
    seen = calls_today(town.session, town.cast.mia, now=town.now, limit=500)
    assert not [call for call in seen if call.kind == "invoice" or "should have been paid" in call.sentence]


def test_who_is_near_a_limit(town: Town) -> None:
    near: dict[str, Any] = {"limit_share": Decimal("0.95"), "limit_meter": "api_calls_day", "by_limit": 9_500}
    town.judge(town.grown, 80, **near)
    town.judge(town.left, 80, **near)
    assert [one.name for one in near_limits(town.session, town.cast.vera, now=town.now)] == ["Growtown"]
    first = changes_this_week(town.session, town.cast.vera, now=town.now)[0]
    assert first.sentence == ("1 customer is at 80% of a limit or more; Growtown is nearest: 95% of API calls a day.")


def test_what_changed_this_week(town: Town) -> None:
    town.judge(town.old, 71, 82)
    town.judge(town.grown, 60, 66)
    money, licensed, health = changes_this_week(town.session, town.cast.fiona, now=town.now)
    assert money.sentence == "MRR fell by $99.00 to $998.00 since Nov 14: 1 churned."
    assert [(one.label, one.value) for one in money.facts] == [("Leftville", "Churn: −$99.00 a month")]
    assert licensed.sentence == "1 license was revoked this week; 1 trial ends within the next."
    assert [one.value for one in licensed.facts] == ["Basic license revoked Nov 19", "trial ends Nov 27"]
    assert health.sentence == (
        "Oldtown fell from 82 to 71 in health this week, the most of 2 customers that fell by 5 points or more."
    )
    assert [one.value for one in health.facts] == ["82 → 71", "66 → 60"]


@pytest.mark.parametrize(
    ("opening", "closing", "kinds", "sentence"),
    [
        (100, 100, {}, "MRR stayed at $1.00 since Nov 14."),
        (100, 250, {"new": 2, "expansion": 1}, "MRR rose by $1.50 to $2.50 since Nov 14: 2 new, 1 expanded."),
        (100, 100, {"new": 1, "churn": 1}, "MRR is $1.00 again since Nov 14: 1 new, 1 churned."),
        (100, 90, {}, "MRR fell by $0.10 to $0.90 since Nov 14, by exchange rates alone."),
    ],
)
def test_the_sentence_on_money(opening: int, closing: int, kinds: dict[str, int], sentence: str) -> None:
    period = Period(datetime(2026, 11, 14, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    week = Bridge(period, Money(opening, "USD"), dict.fromkeys(KINDS, ZERO), ZERO, Money(closing, "USD"))
    assert money_sentence(week, Counter(kinds)) == sentence


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((0, 0, 0), "No license was issued or revoked this week; no trial ends within the next."),
        ((1, 0, 1), "1 license was issued this week; 1 trial ends within the next."),
        ((3, 1, 2), "3 licenses were issued and 1 was revoked this week; 2 trials end within the next."),
        ((0, 2, 0), "2 licenses were revoked this week; no trial ends within the next."),
    ],
)
def test_the_sentence_on_licenses(counts: tuple[int, int, int], sentence: str) -> None:
    assert licenses_sentence(*counts) == sentence


def test_the_sentence_on_health() -> None:
    assert health_sentence(0, "", 0, 0) == "Nobody's health fell by 5 points or more this week."
    one = "Initech fell from 82 to 71 in health this week; nobody else fell by 5 points or more."
    assert health_sentence(1, "Initech", 82, 71) == one
