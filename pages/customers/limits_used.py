"""How much of each limit a customer uses."""

import pandas as pd
import streamlit as st

from core.accounts.profile import MeterUse, UsageView
from pages.parts import charts, columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.charts import units


def show(usage: UsageView) -> None:
    """Draw the meters against their limits."""
    records = say.count(usage.records_30d, "usage record")
    with card(
        "limits", "Usage against limits", f"{records} and {say.count(usage.events_30d, 'event')} in 30 days"
    ).body:
        _daily(usage)
        if not usage.meters:
            st.caption("Your role does not see usage. A person with the permission “usage:read” does.")
            return
        columns.table(
            pd.DataFrame(
                {
                    "meter": [each.label for each in usage.meters],
                    "share": [None if each.share is None else round(each.share, 2) for each in usage.meters],
                    "used": [_amount(each, each.used) for each in usage.meters],
                    "highest": [
                        "Unlimited" if each.highest is None else _amount(each, each.highest) for each in usage.meters
                    ],
                }
            ),
            {
                "meter": columns.name("Limit of", width=135),
                "share": columns.share("Busy day", help="What a busy day (one of ten) uses of the limit."),
                "used": columns.text("Now", width=80, help="In the window that is running: today, this month, or now."),
                "highest": columns.text("Limit", width=85),
            },
            key="limits",
            alt="Each limit with the share a busy day uses, what is used now, and the limit.",
            height="content",
        )
        unreported = [each.label for each in usage.meters if each.used is None]
        if unreported:
            st.caption(say.plain(f"Not reported by the install: {say.listing(unreported, most=6)}."))


def _daily(usage: UsageView) -> None:
    st.caption("Events a day, 30 days")
    charts.show(charts.sparkline(usage.daily_30d, title="Events a day", unit=units.count("events")), "daily")


def _amount(each: MeterUse, value: int | None) -> str:
    if value is None:
        return say.DASH
    return {"bytes": say.size, "seconds": say.duration}.get(each.unit, say.integer)(value)
