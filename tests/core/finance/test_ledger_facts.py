"""The ledger's sums against what customers paid: any history, period, currency, tier, product and segment."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.billing.reads import Subscription
from core.errors import InvalidInput, NotPermitted
from core.finance.ledger import MEASURES, ledger_facts
from core.finance.reads import exchange_rates
from core.finance.tally import FLOWS
from core.money import round_half_up
from core.periods import INSTANT, Period
from db.models.billing import product, tier_product
from db.session import WriteSession
from tests.cast import Cast
from tests.core.finance.histories import CUTS, DAY, START, STORIES, Told, periods, tell
from tests.core.finance.test_ledger import undone

LATER = START + 2000 * DAY
GROUPS: dict[str, Callable[[Told, Subscription], str]] = {
    "tier": lambda told, one: one.tier_id,
    "currency": lambda told, one: one.amount.currency,
    "country": lambda told, one: told.customers[one.organization_id][0],
    "segment": lambda told, one: told.customers[one.organization_id][1],
    "customer": lambda told, one: str(one.organization_id),
}
BY = st.sampled_from(
    [(), ("tier",), ("currency",), ("country",), ("customer",), ("segment", "tier"), ("tier", "currency")]
)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
# An upgrade from one tier to another across a change of rates, in euros, beside a customer who leaves and returns.
UPGRADE = [
    [(0, 1, ("basic", 8_901, "monthly", None)), (400_000, 1, ("pro", 44_903, "monthly", None)), (60_000, 1, None)],
    [(0, 0, ("pro", 49_900, "monthly", "crypto")), (1, 0, None), (1, 0, ("basic", 9_900, "annual", None))],
    [],
]


def read(
    session: WriteSession, cast: Cast, of: list[Period], by: tuple[str, ...] = (), **more: Any
) -> dict[tuple[Any, ...], dict[str, int]]:
    """Return the measures by (number of the period, groups)."""
    frame = ledger_facts(session, cast.fiona, of, by=by, as_of=more.pop("as_of", LATER), where=more or None)
    starts = [pd.Timestamp(each.start.replace(tzinfo=None)) for each in of]
    keys = ["organization_id" if each == "customer" else each for each in by]
    return {
        (starts.index(row["period"]), *(row[key] for key in keys)): {name: int(row[name]) for name in MEASURES}
        for row in frame.to_dict("records")
    }


@SLOW
@given(STORIES, CUTS, BY)
@example(UPGRADE, [-5, 100, 400, 800], ("tier",))
def test_each_group_is_what_its_subscriptions_are_worth(
    session: WriteSession, cast: Cast, stories: Any, cuts: list[int], by: tuple[str, ...]
) -> None:
    with undone(session):
        told, of = tell(session, cast, stories), periods(cuts)
        found = read(session, cast, of, by)
        rates = exchange_rates(session)
        for number, period in enumerate(of):
            for side, at in (("opening", period.start - INSTANT), ("closing", period.end - INSTANT)):
                groups: dict[Any, list[Subscription]] = defaultdict(list)
                for one in told.paid(at):
                    groups[tuple(GROUPS[each](told, one) for each in by)].append(one)
                for group, paid in groups.items():
                    seen = found[number, *group]
                    assert seen[side] == rates.report((one.mrr for one in paid), at.date()).minor
                    assert seen[f"customers_{side}"] == len({one.organization_id for one in paid})
                empty = [key for key in found if key[0] == number and key[1:] not in groups]
                assert all(found[key][side] == found[key][f"customers_{side}"] == 0 for key in empty)


@SLOW
@given(STORIES, CUTS, st.sampled_from([(), ("tier",), ("product",), ("product", "segment"), ("currency", "product")]))
@example(UPGRADE, [-5, 100, 400, 800], ("product",))
def test_opening_and_movements_make_the_closing_and_the_next_opening(
    session: WriteSession, cast: Cast, stories: Any, cuts: list[int], by: tuple[str, ...]
) -> None:
    with undone(session):
        tell(session, cast, stories)
        of = periods(cuts)
        found = read(session, cast, of, by)
        for (number, *group), seen in found.items():
            assert seen["opening"] + sum(seen[each] for each in FLOWS) + seen["exchange"] == seen["closing"]
            following = found.get((number + 1, *group))
            if following is not None:
                assert following["opening"] == seen["closing"]
            elif number + 1 < len(of):
                assert seen["closing"] == seen["customers_closing"] == 0
            if "currency" in by and group[by.index("currency")] == "USD":
                assert seen["exchange"] == 0
            # Parts of a whole may each be a cent off.
            assert seen["kept_capped"] <= min(seen["opening"], seen["kept"]) + ("product" in by)
        for seen in read(session, cast, of).values():
            won = seen["customers_new"] + seen["customers_reactivated"] - seen["customers_churned"]
            assert seen["customers_opening"] + won == seen["customers_closing"]
            assert seen["transfer"] == 0


@SLOW
@given(STORIES, CUTS, st.sampled_from([(), ("tier",), ("currency",)]))
@example(UPGRADE, [-5, 100, 400, 800], ())
def test_products_add_up_to_the_whole_to_the_cent(
    session: WriteSession, cast: Cast, stories: Any, cuts: list[int], others: tuple[str, ...]
) -> None:
    with undone(session):
        told, of = tell(session, cast, stories), periods(cuts)
        whole, parts = read(session, cast, of, others), read(session, cast, of, (*others, "product"))
        sums: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
        for key, seen in parts.items():
            for name in ("opening", *FLOWS, "exchange", "closing"):
                sums[key[:-1]][name] += seen[name]
        for key, seen in whole.items():
            for name in ("opening", "new", "churn", "reactivation", "expansion", "contraction", "closing"):
                assert sums[key][name] == seen[name], name
            # A move between products of one tier nets out, as exchange does.
            assert sums[key]["transfer"] == seen["transfer"]
            assert sums[key]["exchange"] == seen["exchange"]
        _shares_hold(session, told, of, read(session, cast, of, ("currency", "product")))


def _shares_hold(session: WriteSession, told: Told, of: list[Period], found: dict[Any, dict[str, int]]) -> None:
    """Assert that each product has what its share of every customer's tier comes to, to the cent."""
    for number, period in enumerate(of):
        expected: dict[tuple[str, str], int] = defaultdict(int)
        tiers: dict[Any, int] = defaultdict(int)
        for one in told.paid(period.end - INSTANT):
            if one.product_id is not None:
                expected[one.amount.currency, one.product_id] += one.mrr.minor
            else:
                tiers[one.organization_id, one.tier_id, one.amount.currency] += one.mrr.minor
        for (_, tier, currency), minor in tiers.items():
            for each, part in _parts(session, tier, minor).items():
                expected[currency, each] += part
        for (seen_in, currency, each), seen in found.items():
            if seen_in == number and currency == "USD":
                assert seen["closing"] == expected["USD", each]


def _parts(session: WriteSession, tier: str, minor: int) -> dict[str, int]:
    statement = select(tier_product.c.product_id, tier_product.c.share).join(product).order_by(product.c.rank)
    upto, done, parts = Decimal(0), 0, {}
    for row in session.execute(statement.where(tier_product.c.tier_id == tier)):
        upto += row.share
        parts[row.product_id] = round_half_up(minor * upto) - done
        done += parts[row.product_id]
        assert abs(parts[row.product_id] - minor * row.share) < 1
    assert done == minor
    return parts


@SLOW
@given(STORIES, CUTS)
@example(UPGRADE, [-5, 100, 400, 800])
def test_kept_is_what_the_opening_customers_pay_at_the_opening_rates(
    session: WriteSession, cast: Cast, stories: Any, cuts: list[int]
) -> None:
    with undone(session):
        told, of = tell(session, cast, stories), periods(cuts)
        found, tiers = read(session, cast, of), read(session, cast, of, ("tier",))
        for number, period in enumerate(of):
            day = (period.start - INSTANT).date()
            had, has = (_worth(session, told, at - INSTANT, day) for at in (period.start, period.end))
            seen = found[number,]
            assert seen["kept"] == round_half_up(sum((has.get(one, Decimal(0)) for one in had), start=Decimal(0)))
            capped = sum((min(has.get(one, Decimal(0)), had[one]) for one in had), start=Decimal(0))
            assert seen["kept_capped"] == round_half_up(capped)
            # By tier, customers are followed to wherever they went: the tiers still add up to all of them.
            of_tiers = [each for key, each in tiers.items() if key[0] == number]
            for name in ("kept", "kept_capped"):
                assert abs(sum(each[name] for each in of_tiers) - seen[name]) <= 2


def _worth(session: WriteSession, told: Told, at: datetime, day: Any) -> dict[Any, Decimal]:
    rates, found = exchange_rates(session), defaultdict[Any, Decimal](Decimal)
    for one in told.paid(at):
        found[one.organization_id] += rates.exact([one.mrr], day)
    return found


@SLOW
@given(STORIES, CUTS, st.sampled_from(["tier", "product", "currency", "country", "segment", "customer"]))
@example(UPGRADE, [-5, 100, 400, 800], "tier")
def test_what_is_chosen_is_what_stands_in_the_row_of_all(
    session: WriteSession, cast: Cast, stories: Any, cuts: list[int], dimension: str
) -> None:
    with undone(session):
        tell(session, cast, stories)
        of = periods(cuts)
        rows = read(session, cast, of, (dimension,))
        for value in {key[1] for key in rows}:
            only: dict[str, Any] = {dimension: [value]}
            chosen = read(session, cast, of, (dimension,), **only)
            assert chosen == {key: seen for key, seen in rows.items() if key[1] == value}
            alone = read(session, cast, of, **only)
            for number in range(len(of)):
                seen = rows.get((number, value), dict.fromkeys(MEASURES, 0))
                # Alone, a product is rounded by itself.
                off = 2 * len(FLOWS) if dimension == "product" else 0
                assert all(abs(alone[number,][name] - seen[name]) <= off for name in MEASURES)


def test_an_upgrade_moves_its_tier_along_and_keeps_its_customer(session: WriteSession, cast: Cast) -> None:
    story = [(0, 0, ("basic", 99_00, "monthly", None)), (1440 * 40, 0, ("pro", 499_00, "monthly", None))]
    tell(session, cast, [story, [], []])
    month = [Period(START + 30 * DAY, START + 60 * DAY)]
    found = read(session, cast, month, ("tier",))
    basic, pro = found[0, "basic"], found[0, "pro"]
    assert (basic["opening"], basic["transfer"], basic["closing"], basic["kept"]) == (99_00, -99_00, 0, 499_00)
    assert (basic["kept_capped"], basic["customers_churned"], basic["customers_closing"]) == (99_00, 0, 0)
    assert (pro["opening"], pro["transfer"], pro["expansion"], pro["kept"]) == (0, 99_00, 400_00, 0)
    assert read(session, cast, month, tier=["basic"])[0,]["kept"] == 499_00


def test_a_bundle_is_split_by_stand_alone_prices(session: WriteSession, cast: Cast) -> None:
    bundle, alone = [(0, 0, ("basic", 99_01, "monthly", None))], [(0, 0, ("pro", 50_00, "monthly", "email"))]
    tell(session, cast, [bundle, alone, []])
    month = [Period(START - DAY, START + DAY)]
    found = {key[1]: seen["new"] for key, seen in read(session, cast, month, ("product",)).items()}
    # POS 100, Chatbot 60, Email 40 by themselves: a half, three tenths, a fifth of 99.01; and 50.00 sold alone.
    assert found == {"pos": 49_51, "chatbot": 29_70, "email": 19_80 + 50_00}
    both = read(session, cast, month, product=["pos", "email"])[0,]
    assert (both["new"], both["customers_new"], both["customers_closing"]) == (49_51 + 69_80, 2, 2)


def test_exchange_stands_apart(session: WriteSession, cast: Cast) -> None:
    """A year at 1.08 becomes a year at 1.13; what comes in between is worth what it was that day."""
    tell(session, cast, [[(0, 1, ("basic", 100_00, "monthly", None)), (1440 * 400, 1, None)], [], []])
    first, second, third = read(
        session, cast, [Period(START, START + 360 * DAY), *periods([360, 370, 500])], ("currency",)
    ).values()
    assert (first["new"], first["exchange"], first["closing"]) == (108_00, 0, 108_00)
    assert (second["opening"], second["exchange"], second["closing"], second["kept"]) == (108_00, 5_00, 113_00, 108_00)
    assert (third["churn"], third["closing"], third["customers_churned"]) == (-113_00, 0, 1)
    whole = read(session, cast, [Period(START, START + 500 * DAY)])[0,]
    assert (whole["new"], whole["churn"], whole["exchange"], whole["closing"]) == (108_00, -113_00, 5_00, 0)


def test_what_is_dated_later_has_not_happened_yet(session: WriteSession, cast: Cast) -> None:
    tell(session, cast, [[(0, 0, ("basic", 100_00, "monthly", None)), (1440 * 10, 0, None)], [], []])
    month, next_month = periods([0, 31, 59])
    running, following = read(session, cast, [month, next_month], as_of=START + 5 * DAY).values()
    assert (running["new"], running["churn"], running["closing"], running["customers_closing"]) == (
        100_00,
        0,
        100_00,
        1,
    )
    assert (following["opening"], following["churn"], following["closing"]) == (100_00, 0, 100_00)
    assert read(session, cast, [month], as_of=START - DAY)[0,] == dict.fromkeys(MEASURES, 0)


def test_customers_have_names_and_ids(session: WriteSession, cast: Cast) -> None:
    told = tell(session, cast, [[(0, 0, ("basic", 100_00, "monthly", None))], [], []])
    frame = ledger_facts(session, cast.fiona, periods([0, 31]), by=("customer", "tier"), as_of=LATER)
    first = str(next(iter(told.customers)))
    assert frame[["customer", "organization_id", "tier", "closing"]].to_numpy().tolist() == [
        ["Customer 0", first, "basic", 100_00]
    ]
    assert str(frame["period"].dtype) == "datetime64[us]"
    assert {str(frame[name].dtype) for name in MEASURES} == {"int64"}
    assert read(session, cast, periods([0, 31]), customer=["nobody"])[0,]["closing"] == 0


def test_nothing_asked_is_nothing_answered(session: WriteSession, cast: Cast) -> None:
    assert len(ledger_facts(session, cast.fiona, [], by=("tier",), as_of=LATER)) == 0
    assert read(session, cast, periods([0, 31])) == {(0,): dict.fromkeys(MEASURES, 0)}
    assert read(session, cast, periods([0, 31]), ("tier", "product")) == {}


def test_who_may_see_the_sums(session: WriteSession, cast: Cast) -> None:
    for person in (cast.mia, cast.vera, cast.otto):
        with pytest.raises(NotPermitted):
            ledger_facts(session, person, periods([0, 31]), as_of=LATER)
    with pytest.raises(InvalidInput, match="not kept by weather"):
        ledger_facts(session, cast.fiona, periods([0, 31]), by=("weather",), as_of=LATER)
