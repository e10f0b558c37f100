"""The metric policy in force: versions with who and why, figures that follow it, and what a switch would change."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from core.accounts.agreements import act, apply_coupon
from core.billing.subscription_changes import Coupon
from core.errors import Conflict, InvalidInput, NotPermitted
from core.finance.ledger import ledger_facts
from core.finance.policy import MetricPolicy
from core.finance.policy_figures import compared, economics_in_force, ledger_in_force
from core.finance.policy_reads import policy_in_force, policy_versions
from core.finance.policy_writes import set_switch
from core.money import Money
from core.periods import INSTANT, Period
from db.session import WriteSession
from tests.cast import Cast
from tests.core.finance.shop import Shop, day

AS_OF = day(7, 15)
NOW = Period(AS_OF, AS_OF + INSTANT)


@pytest.fixture
def shop(session: WriteSession, cast: Cast) -> Shop:
    """Open a shop in which one of three pays half by a coupon, one is paused, and one left in June."""
    shop = Shop(session, cast, datetime(2025, 1, 1, tzinfo=UTC))
    half, paused, left = (shop.sell(shop.customer(name), 100_00, day(1, 2)) for name in ("Half", "Paused", "Left"))
    apply_coupon(session, cast.sam, half.id, Coupon("repeating", Decimal(50)), now=day(1, 3))
    act(session, cast.sam, paused.id, "pause", now=day(5, 1))
    shop.end(left, day(6, 10))
    return shop


def mrr(shop: Shop) -> int:
    frame = ledger_in_force(shop.session, shop.cast.fiona, [NOW], as_of=AS_OF)
    return int(frame["closing"].iloc[0])


def test_without_a_version_the_standard_is_in_force(shop: Shop) -> None:
    assert policy_in_force(shop.session).number == 1
    assert policy_in_force(shop.session).policy == MetricPolicy()
    assert mrr(shop) == 50_00


def test_a_version_changes_the_figures_and_not_the_ledger(shop: Shop) -> None:
    kept = ledger_facts(shop.session, shop.cast.fiona, [NOW], as_of=AS_OF)
    made = set_switch(shop.session, shop.cast.fiona, "coupons", "ignored", reason="As our board counts", now=AS_OF)
    assert (made.number, mrr(shop)) == (2, 100_00)
    set_switch(shop.session, shop.cast.adam, "paused", "counts", reason="Pauses are short", now=AS_OF)
    assert mrr(shop) == 200_00
    assert ledger_facts(shop.session, shop.cast.fiona, [NOW], as_of=AS_OF).equals(kept)
    told = [(one.number, one.made_by, one.reason) for one in policy_versions(shop.session, shop.cast.fiona)]
    assert [number for number, *_ in told] == [3, 2, 1]
    assert told[0][2] == "Pauses are short"
    assert told[2] == (1, "", "")
    set_switch(shop.session, shop.cast.fiona, "coupons", "as_invoiced", reason="Back", now=AS_OF)
    set_switch(shop.session, shop.cast.fiona, "paused", "zero", reason="Back", now=AS_OF)
    assert (policy_in_force(shop.session).number, mrr(shop)) == (5, 50_00)


def test_what_each_choice_would_change_is_what_it_then_changes(shop: Shop) -> None:
    found = compared(shop.session, shop.cast.fiona, as_of=AS_OF)
    assert found.now.mrr == Money(50_00, "USD")
    assert found.now.churned == Money(200_00, "USD")
    for switch, choice in (("coupons", "permanent_only"), ("paused", "counts"), ("denominator", "start_and_new")):
        foretold = found.options[switch, choice]
        set_switch(shop.session, shop.cast.fiona, switch, choice, reason="Try it", now=AS_OF)
        assert Money(mrr(shop), "USD") == foretold.mrr
        assert compared(shop.session, shop.cast.fiona, as_of=AS_OF).now == foretold
        standard = MetricPolicy().settings()[switch]
        set_switch(shop.session, shop.cast.fiona, switch, standard, reason="Take it back", now=AS_OF)


def test_economics_follow_the_policy(shop: Shop) -> None:
    before = economics_in_force(shop.session, shop.cast.fiona, [NOW], as_of=AS_OF)
    assert (int(before["churned"].iloc[0]), int(before["opening_months"].iloc[0])) == (2, 14)
    set_switch(shop.session, shop.cast.fiona, "ltv_form", "spot", reason="As before", now=AS_OF)
    after = economics_in_force(shop.session, shop.cast.fiona, [NOW], as_of=AS_OF)
    assert (int(after["churned"].iloc[0]), int(after["opening_months"].iloc[0])) == (1, 2)
    assert int(after["ltv_bare"].iloc[0]) == 1


def test_a_switch_is_changed_with_a_reason_by_who_may(shop: Shop) -> None:
    with pytest.raises(InvalidInput, match="Say why"):
        set_switch(shop.session, shop.cast.fiona, "coupons", "ignored", reason=" ", now=AS_OF)
    with pytest.raises(Conflict, match="already"):
        set_switch(shop.session, shop.cast.fiona, "coupons", "as_invoiced", reason="Same", now=AS_OF)
    for who in (shop.cast.sam, shop.cast.vera, shop.cast.otto):
        with pytest.raises(NotPermitted):
            set_switch(shop.session, who, "coupons", "ignored", reason="May I", now=AS_OF)
    for who in (shop.cast.vera, shop.cast.otto):
        with pytest.raises(NotPermitted):
            compared(shop.session, who, as_of=AS_OF)
