"""Health beside what customers pay: the corner of those who pay much and are unwell comes first."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.accounts.customers import AT_RISK_BELOW
from core.accounts.health_worth import MOST, Worth, health_and_worth
from core.finance.exchange import REPORTING
from pages.culture.figures import layer
from pages.parts import charts, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load

_NAMED: Final = 5


def show(actor: Actor, now: datetime) -> None:
    """Draw the customers by health and MRR, and who of the unwell pays most."""
    found = load(health_and_worth, actor, now=now)
    place = card("quadrant", "Whom to keep first", _covers(found))
    meanings = {
        "Corners": f"Parted at health {AT_RISK_BELOW}, below which a customer is at risk, and at the median MRR.",
        "MRR": f"In {REPORTING} at today's rate, of customers in force who pay and whose health is known.",
    }
    layer(place.right, "judged", "quadrant", meanings)
    with place.body:
        if not found:
            st.caption("No paying customer has a health yet. It shows here once telemetry has come for some days.")
            return
        charts.show(_chart(found), "quadrant")
        for each in _first(found):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                links.customer(each.name, each.install_id)
                worth = say.money(each.mrr.minor, each.mrr.currency, whole=True)
                st.markdown(f"health **{say.integer(each.health)}** · {say.plain(worth)} a month", width="content")


def _half(found: Sequence[Worth]) -> float:
    return float(median(each.mrr.minor for each in found))


def _first(found: Sequence[Worth]) -> list[Worth]:
    """Those who are at risk and pay as much as the middle customer or more, who pay most first."""
    return [each for each in found if each.at_risk and each.mrr.minor >= _half(found)][:_NAMED]


def _covers(found: Sequence[Worth]) -> str:
    if not found:
        return "health and MRR"
    unwell = [each for each in found if each.at_risk]
    worth = say.money(sum(each.mrr.minor for each in unwell), REPORTING, whole=True)
    shown = f"of the {MOST} who pay most, " if len(found) >= MOST else ""
    return f"{shown}{say.integer(len(unwell))} of {say.count(len(found), 'customer')} are at risk, {worth} a month"


def _chart(found: Sequence[Worth]) -> charts.Chart:
    first = {each.organization_id for each in _first(found)}
    points = [
        charts.Point(
            say.plain(each.name),
            each.health,
            float(each.mrr.minor),
            "bad" if each.organization_id in first else "neutral" if each.at_risk else "accent",
            each.organization_id in first,
        )
        for each in found
    ]
    return charts.scatter(
        points,
        x=charts.Axis("Health", charts.units.number("points of 100", digits=0), AT_RISK_BELOW),
        y=charts.Axis("MRR", charts.units.money(REPORTING, "a month"), _half(found)),
        title="Health and MRR",
        height=300,
    )
