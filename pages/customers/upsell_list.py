"""The list of upsells by expected value, and its sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture import upsell_reads as reads
from core.culture.upsell_reads import Upsell
from core.finance.exchange import REPORTING, Rates
from core.finance.reads import exchange_rates
from core.money import Money
from db.session import ReadSession
from pages.customers.upsell_choice import Chosen
from pages.parts import columns, pills
from pages.parts import format as say
from pages.parts.empty import empty
from pages.parts.load import load

NEXT_STEPS: Final = {
    "tier": "Call, offer the tier",
    "seats": "Offer more seats",
    "training": "Offer a training",
    "convert": "Call before it ends",
    "rescue": "Help them to start",
    "services": "Offer help with the upgrade",
}
FOLLOW_UP: Final = "Follow up"
VALUE: Final = (
    "Chance to win × what it adds a month × 12 × chance to stay a year, in US dollars at today's rate. Until a rule "
    "has 20 outcomes the chance is mostly a prior of one in ten; open a row to see which."
)
_OPEN: Final = "upsell-open"
_ROWS_IN_SIGHT: Final = 14


@dataclass(frozen=True)
class Listed:
    """One upsell with its value in the reporting currency; None where it has none, or may not be seen."""

    upsell: Upsell
    value: Money | None


def find(actor: Actor, chosen: Chosen, now: datetime) -> tuple[Listed, ...]:
    """Return what the filters leave, the most valuable first, then the most urgent."""
    rows = load(reads.upsells, actor, now=now, text=chosen.text, limit=reads.MOST, **chosen.as_read(actor.label))
    rates = load(_rates, actor) if actor.may(Permission.FINANCE_READ) else None
    listed = [Listed(each, _value(each, rates, now.date())) for each in rows]
    if rates is None:
        return tuple(sorted(listed, key=lambda one: _urgency(one.upsell)))
    return tuple(sorted(listed, key=lambda one: (-(one.value.minor if one.value else 0), _urgency(one.upsell))))


def _rates(session: ReadSession, _actor: Actor) -> Rates:
    return exchange_rates(session)


def _value(each: Upsell, rates: Rates | None, today: date) -> Money | None:
    if rates is None or each.expected_value_minor is None or each.currency is None:
        return None
    return rates.report([Money(each.expected_value_minor, each.currency)], today)


def _urgency(each: Upsell) -> tuple[int, int]:
    order = {"HIGH": 0, "MEDIUM": 1}.get(each.priority, 2)
    return order, 10_000 if each.days_left is None else each.days_left


def summary(actor: Actor, found: Sequence[Listed], now: datetime) -> None:
    """Say in one line what the list holds."""
    high = sum(one.upsell.priority == "HIGH" for one in found)
    said = [say.count(len(found), "opportunity", "opportunities"), f"{say.integer(high)} of high priority"]
    valued = [one.value for one in found if one.value is not None]
    if actor.may(Permission.FINANCE_READ) and valued:
        worth = say.amount(Money(sum(each.minor for each in valued), REPORTING), whole=True)
        said.append(f"{worth} expected in a year from {say.integer(len(valued))} with a price")
    ending = min((one.upsell for one in found if one.upsell.days_left is not None), key=_left, default=None)
    if ending is not None:
        said.append(f"{ending.organization} has {say.count(_left(ending), 'day')} left")
    st.caption(say.plain(", ".join(said) + "."), help=VALUE if valued else None)


def _left(each: Upsell) -> int:
    return 10_000 if each.days_left is None else each.days_left


def next_step(each: Upsell) -> str:
    """What to do next with it."""
    return FOLLOW_UP if each.contacted_at is not None else NEXT_STEPS.get(each.kind, say.phrase(each.kind))


def days_range(each: Upsell) -> str | None:
    """The days left that 80 of 100 simulated futures lie within: “5–30”; None where they are not forecast."""
    if each.days_left is None or each.days_p10 == each.days_p90:
        return None
    return f"{say.integer(each.days_p10)}–{'over 180' if each.days_p90 is None else say.integer(each.days_p90)}"


def show(actor: Actor, found: Sequence[Listed], chosen: Chosen, now: datetime) -> tuple[int | None, list[int]]:
    """Draw the rows; answer the place of the one just opened, and the places of those that are ticked."""
    if not found:
        _nothing(chosen)
        return None, []
    ids = [str(one.upsell.id) for one in found]
    row = columns.opened_of(_OPEN, ids, table="upsells")
    picked = columns.lasting(
        ids,
        _frame(found, now),
        _columns(sees_money=actor.may(Permission.FINANCE_READ)),
        key="upsells",
        alt="Upsells with customer, priority, offer, evidence, days left, expected value, next step and owner.",
        select="many" if actor.may(Permission.CUSTOMER_UPDATE) else "none",
        height=_height(len(found)),
    )
    return row, picked


def _height(rows: int) -> int | Literal["content"]:
    return "content" if rows <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT)


def _nothing(chosen: Chosen) -> None:
    if chosen.narrowed:
        sentence = "Take a filter or a word of the search away, or look at everybody's."
        empty("no-match", "No opportunity fits", sentence, icon="filter_alt_off")
        return
    empty(
        "upsells",
        "Nothing to offer right now",
        "Rules read the telemetry of every customer each day. What came near and was left out stands below with its "
        "reason; with telemetry of 28 days most rules can speak.",
        icon="trending_up",
    )


def _columns(*, sees_money: bool) -> dict[str, ColumnConfig | str | None]:
    shown: dict[str, ColumnConfig | str | None] = {
        "name": columns.opener("Customer", key=_OPEN, width=125),
        "priority": columns.pills("priority", "Priority", width=80),
        "offer": columns.text("Offer", width=137),
    }
    if sees_money:
        shown["value"] = columns.money("Expected", REPORTING, help=VALUE)
    return shown | {
        "left": columns.count("Days left", help="Until a limit is reached or a trial ends; the median of futures."),
        "range": columns.text("Range", width=62, help="80 of 100 simulated futures lie within these days."),
        "why": columns.text("Why", width=295),
        "step": columns.text("Next step", width=140),
        "to": columns.text("Who", width=90),
        "sure": columns.text("Confidence", width=95, help="How well the facts bear it out, not how likely a sale is."),
        "called": columns.when("Called"),
        "found": columns.when("Found"),
        "asleep": columns.day("Snoozed until"),
    }


def _frame(found: Sequence[Listed], now: datetime) -> pd.DataFrame:
    rows = [one.upsell for one in found]
    sleeping = [each.snoozed_until if each.snoozed_until and each.snoozed_until > now else None for each in rows]
    return pd.DataFrame(
        {
            "name": [each.organization for each in rows],
            "priority": pills.cells("priority", [each.priority for each in rows]),
            "offer": [each.offer_label for each in rows],
            "value": [None if one.value is None else one.value.major() for one in found],
            "left": [each.days_left for each in rows],
            "why": [each.sentence for each in rows],
            "range": [days_range(each) for each in rows],
            "step": [next_step(each) for each in rows],
            "sure": [each.confidence.capitalize() for each in rows],
            "called": [each.contacted_at for each in rows],
            "to": [(each.assigned_to or "").partition("@")[0].capitalize() for each in rows],
            "found": [each.found_at for each in rows],
            "asleep": sleeping,
        }
    )
