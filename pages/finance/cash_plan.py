"""Plan against actual: what a saved scenario foresaw at month ends, beside what there was."""

from datetime import datetime

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.finance.exchange import REPORTING
from core.finance.saved_scenarios import Held, Scenario, plan_and_actual
from db.session import ReadSession
from pages.parts import charts
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.charts import units
from pages.parts.load import load


def show(actor: Actor, which: Scenario, now: datetime) -> None:
    """Draw both lines, with the difference at the last month's end in a sentence."""
    held = load(_held, actor, which, as_of=now)
    saved = f"Saved on {say.day(which.made_at)} by {which.made_by}"
    with card("plan", f"Plan against actual: {which.name}", saved, height="content").body:
        if not held:
            st.caption("Once a month is over since it was saved, this shows how far off the plan was.")
            return
        st.markdown(_said(held[-1]))
        if len(held) == 1:
            return
        rows = [
            (each.month.end.replace(tzinfo=None) - pd.Timedelta(days=1), minor, name)
            for each in held
            for name, minor in (("Actual", each.actual), ("Plan", each.foreseen))
        ]
        frame = pd.DataFrame(rows, columns=["at", "cash", "name"]).astype({"at": "datetime64[us]"})
        charts.show(
            charts.line(
                frame,
                x="at",
                y="cash",
                series="name",
                title="Cash at month ends",
                unit=units.money(REPORTING, "at month ends"),
                height=260,
            ),
            "plan",
        )


def _said(last: Held) -> str:
    off = last.actual - last.foreseen
    month = f"{last.month.start:%B}"
    if not off:
        return f":green-badge[On plan] To the cent at the end of {month}."
    words = say.plain(say.money(abs(off), REPORTING, whole=True))
    share = f", {say.plain(say.percent(abs(off) / last.foreseen))} of it" if last.foreseen > 0 else ""
    badge = ":green-badge[Ahead of plan]" if off > 0 else ":orange-badge[Behind plan]"
    return f"{badge} {words} {'more' if off > 0 else 'less'} than planned at the end of {month}{share}."


def _held(session: ReadSession, actor: Actor, which: Scenario, *, as_of: datetime) -> tuple[Held, ...]:
    return plan_and_actual(session, actor, which, as_of=as_of)
