"""How cash may go on: levers to drag, the path beside the base case, and what is saved by name with what came of it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.finance.base_case import base_case
from core.finance.exchange import REPORTING
from core.finance.saved_scenarios import Scenario, scenarios
from core.finance.scenarios import BOUNDS, LONGEST, Base, Ending, Levers, Projection, project
from pages.finance import cash_plan, cash_scenario_acts, meaning
from pages.parts import charts, columns
from pages.parts import format as say
from pages.parts.cards import Definition, card
from pages.parts.charts import units
from pages.parts.load import load

_SHOWN: Final = 24
_BASE, _CHANGED = "Base case", "Scenario"
# The lever, how it is called, and the step and the reach of its slider: as far as somebody would drag it.
_SLIDERS: Final = (
    ("growth", "New MRR won", -100, 200, 5, "%d %%"),
    ("churn", "MRR lost", -100, 200, 5, "%d %%"),
    ("price", "Price change", -30, 50, 1, "%d %%"),
    ("hires", "People more", -10, 30, 1, "%d"),
    ("hire_cost", "Cost of each a month", 0, 30_000, 500, "$%d"),
    ("collection_days", "Customers pay later", -60, 90, 5, "%d days"),
)
_MEANING: Final = Definition(
    "The base case wins, loses and collects as in the last six whole months and spends as in the last three; a "
    "scenario changes that from the next month on. Its range is by the dearest and the cheapest three months of the "
    "last year.",
    "cash + MRR × what is collected of it − what goes out, month by month",
    "Won and lost are percent more of each (100: twice as much), price is on everything that is paid, and customers "
    "who pay later bring nothing for so many days. It knows no rounds, no taxes on profit, no new costs of growth.",
)


def show(actor: Actor, now: datetime) -> None:
    """Draw the levers beside the paths, and what is saved below."""
    base = load(base_case, actor, as_of=now)
    if base is None:
        return
    saved = load(scenarios, actor)
    known = project(base)
    place = card("scenarios", "Scenarios", "Drag a lever: the base case is what the books suggest", height="content")
    with place.right:
        meaning.button("scenarios", "Scenarios", _MEANING)
    with place.body:
        left, right = st.columns([2, 5], gap="medium")
        with left:
            levers = _levers()
            cash_scenario_acts.buttons(actor, levers)
        with right:
            made = project(base, levers)
            st.markdown(_sentence(known, made, levers))
            charts.show(_paths(known, made, levers), "scenarios")
    if saved:
        _saved(actor, base, known, saved, now)


def _levers() -> Levers:
    found = {}
    for name, label, least, most, step, shown in _SLIDERS:
        low, high = max(least, BOUNDS[name][0]), min(most, BOUNDS[name][1])
        usual = getattr(Levers(), name)
        # A value of 0 is what the books say, so that it stands in the middle of what is dragged.
        found[name] = st.slider(label, low, high, usual, step, format=shown, key=name, bind="query-params")
    return Levers(**found)


def _sentence(known: Projection, made: Projection, levers: Levers) -> str:
    """How long cash lasts under the levers, with its range, and against the base case."""
    if not levers.changed:
        return f":gray-badge[Base case] {_lasts(known)} Drag a lever to see what would change."
    one, other = known.expected.months, made.expected.months
    if one == other:
        moved = "As long as in the base case."
    elif one is not None and other is not None:
        apart = say.decimal(abs(other - one))
        moved = f"{apart} months {'longer' if other > one else 'shorter'} than in the base case."
    else:
        moved = f"In the base case {_end(known.expected)}."
    longer = other is None or (one is not None and other >= one)
    return f":{'green' if longer else 'orange'}-badge[Scenario] {_lasts(made)} {say.plain(moved)}"


def _lasts(made: Projection) -> str:
    worst, best = (_months(each) for each in (made.worst, made.best))
    span = worst if worst == best else f"{worst} to {best}"
    end = _end(made.expected)
    return f"**{say.plain(end[:1].upper() + end[1:])}**: {say.plain(_months(made.expected))} ({say.plain(span)})."


def _end(each: Ending) -> str:
    return f"no end within {LONGEST // 12} years" if each.ends_on is None else f"cash ends on {say.day(each.ends_on)}"


def _months(each: Ending) -> str:
    return f"over {LONGEST} months" if each.months is None else f"{say.decimal(each.months)} months"


def _paths(known: Projection, made: Projection, levers: Levers) -> charts.Chart:
    shown = [(_BASE, known), *([(_CHANGED, made)] if levers.changed else [])]
    rows = [(at.replace(tzinfo=None), max(cash, 0), name) for name, each in shown for at, cash in _until_it_ends(each)]
    frame = pd.DataFrame(rows, columns=["at", "cash", "name"]).astype({"at": "datetime64[us]"})
    return charts.line(
        frame,
        x="at",
        y="cash",
        series="name",
        title="Cash ahead",
        unit=units.money(REPORTING, "after each month"),
        height=330,
    )


def _until_it_ends(each: Projection) -> list[tuple[datetime, int]]:
    points = list(zip(each.at, each.cash, strict=True))[: _SHOWN + 1]
    lasts = next((at + 1 for at, (_, cash) in enumerate(points) if cash <= 0), len(points))
    return points[:lasts]


def _saved(actor: Actor, base: Base, known: Projection, saved: Sequence[Scenario], now: datetime) -> None:
    rows = [("Base case", known), *((each.name, project(base, each.levers)) for each in saved)]
    place = card("saved", "Saved scenarios", "By the books as they are now; pick one to look at it", height="content")
    with place.body:
        picked = columns.table(
            pd.DataFrame([_row(name, made) for name, made in rows]),
            {
                "name": columns.text("Scenario", width=170),
                "runway": columns.text("Runway", width=110),
                "range": columns.text("Range", width=150),
                "ends": columns.text("Cash ends", width=120),
                "mrr": columns.money("MRR in a year", REPORTING),
                "cash": columns.money("Cash in a year", REPORTING),
            },
            key="saved-scenarios",
            alt="Scenarios with runway, its range, the day cash ends, and MRR and cash in a year.",
            select="one",
            height="content",
        )
    which = saved[picked[0] - 1] if picked and 0 < picked[0] <= len(saved) else None
    if which is not None:
        with place.right:
            cash_scenario_acts.of_saved(actor, which, may=actor.may(Permission.FINANCE_MANAGE_COSTS))
    # Of those, the plan that has had most time to be wrong.
    cash_plan.show(actor, which or min(saved, key=lambda each: each.made_at), now)


def _row(name: str, made: Projection) -> dict[str, str | Decimal | None]:
    worst, best = (_months(each).removesuffix(" months") for each in (made.worst, made.best))
    return {
        "name": name,
        "runway": _months(made.expected),
        "range": worst if worst == best else f"{worst} to {best}",
        "ends": "no end in sight" if made.expected.ends_on is None else say.day(made.expected.ends_on),
        "mrr": say.major(made.mrr[12], REPORTING),
        "cash": say.major(max(made.cash[12], 0), REPORTING),
    }
