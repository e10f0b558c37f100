"""Promised, invoiced, paid: how a month's subscriptions became money, and what lies between, part by part."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.finance.exchange import REPORTING
from core.finance.promised import TO_INVOICED, TO_PAID, Collected, few_enough, promised_invoiced_paid, summed
from pages.finance import revenue_paid_rows
from pages.finance.revenue_month import Chosen
from pages.parts import charts, filters
from pages.parts import format as say
from pages.parts.cards import Definition, about, card
from pages.parts.charts import units
from pages.parts.load import load

LABELS: Final[Mapping[str, str]] = {
    "not_billed": "Not invoiced",
    "proration": "Changes, unused time",
    "usage": "Usage and overage",
    "one_off": "One-offs",
    "ahead": "Prepaid for later",
    "earlier": "Prepaid before",
    "tax": "Tax",
    "credited": "Credit notes",
    "given_up": "Given up",
    "late": "Late",
    "open": "Not due yet",
}
# As short as the axis of a chart wants them.
_SHORT: Final[Mapping[str, str]] = {
    "proration": "Changes",
    "usage": "Usage",
    "ahead": "Ahead",
    "earlier": "Before",
    "credited": "Credits",
    "open": "Not due",
}
_MEANING: Final = Definition(
    "Promised is what subscriptions were worth in these days, coupons off, before tax. Invoiced is what invoices ask "
    "for these days, whenever they were issued. Paid is what came for the invoices that were issued in these days.",
    "promised + not invoiced + changes + usage + one-offs = invoiced; + prepaid for later + prepaid before + tax + "
    "credit notes + given up + late + not due yet = paid",
    "By the day: a year paid ahead counts a twelfth or so in each month, and the rest as prepaid. Nothing is "
    "converted: each currency is told by itself, to the cent.",
)


def show(actor: Actor, chosen: Chosen) -> None:
    """Draw the gap, and the customers that it is made of."""
    if not load(few_enough, actor) and not st.toggle("Promised, invoiced, paid", key="paid", bind="query-params"):
        return
    first, last = chosen.month.start.date(), (chosen.month.end - timedelta(days=1)).date()
    found = load(promised_invoiced_paid, actor, first, last, day=chosen.now.date())
    sums = summed(found)
    if not sums:
        return
    known = sorted(sums, key=lambda each: (each != REPORTING, each))
    place = card("paid", "Promised, invoiced, paid", _said(sums, chosen))
    with place.body:
        about("paid", "promised, invoiced, paid", _MEANING)
        picked = filters.one_of("Currency", known, key="currency") if len(known) > 1 else known[0]
        left, right = st.columns([3, 2])
        with left:
            charts.show(_waterfall(sums[picked], chosen), f"paid-{picked}")
        with right:
            _rows(sums[picked])
        revenue_paid_rows.show(actor, [one for one in found if one.currency == picked], chosen, LABELS)


def _said(sums: Mapping[str, Collected], chosen: Chosen) -> str:
    """What came of it, in a sentence."""
    told = [f"{say.money(one.paid, name)} of {say.money(one.promised, name)}" for name, one in sorted(sums.items())]
    so_far = " so far" if chosen.running else ""
    return f"Paid for the invoices of {chosen.name}{so_far}, beside what was promised: {say.listing(told)}."


def _waterfall(one: Collected, chosen: Chosen) -> charts.Chart:
    steps = [("Promised", "total", one.promised)]
    steps += [(_SHORT.get(name, LABELS[name]), "change", one.parts[name]) for name in TO_INVOICED if one.parts[name]]
    steps += [("Invoiced", "total", one.invoiced)]
    steps += [(_SHORT.get(name, LABELS[name]), "change", one.parts[name]) for name in TO_PAID if one.parts[name]]
    steps += [("Paid", "total", one.paid)]
    return charts.waterfall(
        pd.DataFrame(steps, columns=["step", "kind", "minor"]),
        label="step",
        value="minor",
        kind="kind",
        title=f"From promise to payment, {chosen.name}",
        unit=units.money(one.currency),
    )


def _rows(one: Collected) -> None:
    """The same as rows that add up to the cent."""
    with st.container(gap="xxsmall", key="paid-rows"):
        _row("promised", "Promised", one.promised, one.currency, strong=True)
        for name in TO_INVOICED:
            _row(name, LABELS[name], one.parts[name], one.currency)
        _row("invoiced", "Invoiced for these days", one.invoiced, one.currency, strong=True)
        for name in TO_PAID:
            _row(name, LABELS[name], one.parts[name], one.currency)
        _row("came", "Paid", one.paid, one.currency, strong=True)


def _row(key: str, label: str, minor: int, currency: str, *, strong: bool = False) -> None:
    if not minor and not strong:
        return
    words = say.plain(say.money(minor, currency, sign=not strong))
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"row-paid-{key}"
    ):
        st.markdown(f":small[**{label}**]" if strong else f":gray[:small[{label}]]", width="content")
        st.markdown(f":small[**{words}**]" if strong else f":small[{words}]", width="content")
