"""Rates of cost: what a unit of metered usage costs us, and what a month comes to by them before it is booked."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.cost_rates import PRICED, CostRate, NewRate, add_rate, cost_rates, end_rate, price_given
from core.finance.entries import COST_KINDS, CostKind
from core.finance.metered_costs import GRACE, RatedCost, rated_costs
from core.money import Money
from core.usage.meters import METERS
from pages.finance import currencies
from pages.finance.cost_change import KINDS
from pages.finance.cost_figures import Seen
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import change, load, load_both, minute, told

_PER: Final = {"1": 1, "1,000": 1_000, "an hour (3,600)": 3_600, "a million": 10**6, "a gigabyte (10⁹)": 10**9}
_SHORT: Final = {1: "unit", 3_600: "hour", 10**6: "million", 10**9: "GB"}
_RUNNING, _OVER = "This month so far", "Last month"


def show(actor: Actor, seen: Seen) -> None:
    """Draw the rates, and beside them what usage comes to by customer."""
    rates = load(cost_rates, actor)
    may = actor.may(Permission.FINANCE_MANAGE_COSTS)
    if not rates and not may:
        return
    note = f"Booked by themselves {say.count(GRACE.days, 'day')} after a month is over"
    place = card("rates", "Costs of metered usage", note, height="content")
    with place.right:
        if may and st.button("Add a rate", icon=":material/add:", key="add-rate"):
            _dialog(actor)
    with place.body:
        if not rates:
            st.caption("With a rate, what installs report of a meter becomes a cost of their customer every month.")
            return
        left, right = st.columns([4, 3])
        with left:
            _table(actor, rates, may=may)
        with right:
            _preview(actor, seen)


def _table(actor: Actor, rates: Sequence[CostRate], *, may: bool) -> None:
    picked = columns.table(
        pd.DataFrame([_row(each) for each in rates]),
        {
            "kind": columns.text("Kind", width=90),
            "meter": columns.text("Meter", width=150),
            "price": columns.text("Price", width=130),
            "days": columns.text("In force", width=130),
        },
        key="rates",
        alt="Rates with kind, meter, price, and the days they are in force.",
        select="one" if may else "none",
        height="content",
    )
    if picked and picked[0] < len(rates) and rates[picked[0]].until_on is None:
        each = rates[picked[0]]
        last = max(minute().date(), each.from_on)
        if st.button(f"End it after {say.day(last)}", icon=":material/event_busy:", key=f"end-rate-{each.id}"):
            with told():
                with change(actor) as session:
                    end_rate(session, actor, each.id, last_day=last, now=clock.now())
                st.rerun()


def _row(each: CostRate) -> dict[str, str]:
    per = _SHORT.get(each.per, f"{each.per:,}")
    until = "" if each.until_on is None else f" to {say.day(each.until_on)}"
    return {
        "kind": KINDS[each.kind],
        "meter": METERS[each.meter].label,
        "price": f"{each.unit_price.normalize():f} {each.currency} / {per}",
        "days": f"{say.day(each.from_on)}{until}",
    }


def _preview(actor: Actor, seen: Seen) -> None:
    which = st.segmented_control(
        "Month", [_RUNNING, _OVER], default=_RUNNING, required=True, key="rated-month", label_visibility="collapsed"
    )
    month = seen.months[-1] if which == _RUNNING else seen.month
    found: tuple[RatedCost, ...] = load_both(rated_costs, actor, month)
    if not found:
        st.caption(say.plain(f"By the rates, no usage of {month.start:%B} costs anything."))
        return
    sums: dict[str, Money] = {}
    for each in found:
        money = each.entry.amount
        sums[money.currency] = money if money.currency not in sums else sums[money.currency] + money
    booked = sum(each.booked for each in found)
    state = "all of it booked" if booked == len(found) else f"{say.integer(booked)} of {say.integer(len(found))} booked"
    st.markdown(say.plain(f"{say.listing([say.amount(each) for each in sums.values()])} in {month.start:%B}, {state}."))
    columns.table(
        pd.DataFrame(
            {
                "customer": [each.customer for each in found],
                "kind": [KINDS[each.rate.kind] for each in found],
                "units": [each.units for each in found],
                "amount": [say.amount(each.entry.amount) for each in found],
            }
        ),
        {
            "customer": columns.text("Customer", width=150),
            "kind": columns.text("Kind", width=100),
            "units": columns.count("Units"),
            "amount": columns.text("Cost", width=100),
        },
        key="rated",
        alt="What usage of a month costs by rate: customer, kind, units and cost.",
        height=260,
    )


@st.dialog("Add a rate", icon=":material/price_change:")
def _dialog(actor: Actor) -> None:
    body(actor)


def body(actor: Actor) -> None:
    """What the dialog shows."""
    kind: CostKind = st.segmented_control(
        "Booked as", COST_KINDS, default="compute", required=True, format_func=lambda each: KINDS[each], key="rate-kind"
    )
    meter = st.selectbox("Meter", PRICED, format_func=lambda each: METERS[each].label, key="rate-meter")
    left, right = st.columns(2)
    typed = left.text_input("Price", placeholder="0.023", key="rate-price")
    with right:
        currency = currencies.pick(actor, key="rate-currency")
    per = st.selectbox("For", list(_PER), key="rate-per", help="Units of the meter that the price is for.")
    day = st.date_input("From", value=minute().date().replace(day=1), key="rate-from")
    st.caption("What is booked stays. A later rate of the same kind and meter takes over on its day.")
    if st.button("Add it", type="primary", key="rate-confirm", width="stretch"):
        with told():
            asked = NewRate(kind, meter, price_given(typed or ""), currency, day, _PER[per])
            with change(actor) as session:
                add_rate(session, actor, asked, now=clock.now())
            st.toast("The rate is in force from its day on.", icon=":material/check:")
            st.rerun()
