"""Which features each archetype adopts: the share of its customers, where there are enough of them."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.accounts.portfolio import LEAST_CELL, FeatureShare, adopters, features_by_archetype
from core.culture.features import label
from pages.parts import charts, columns, filters, links
from pages.parts import format as say
from pages.parts.cards import Definition, card, explain
from pages.parts.charts import units
from pages.parts.load import load, minute

_OPEN: Final = "adopter-open"


def show(actor: Actor) -> None:
    """Draw the map, and under it the customers of the cell that was picked."""
    found = load(features_by_archetype, actor, now=minute())
    place = card("features", "Features by archetype", "Share of customers who adopted it. Pick a cell to see who.")
    with place.right, st.popover("How it is counted", icon=":material/info:", type="tertiary", key="how-features"):
        explain(
            "Features by archetype",
            Definition(
                "Of the customers of a kind that are in force and sent events, the share that used a feature on three "
                "days or more of the last 28, whatever their tier includes.",
                "customers who adopted it ÷ customers of the kind",
                f"Kinds of fewer than {LEAST_CELL} customers are left out: their share tells of one customer.",
            ),
        )
    with place.body:
        shown = [each for each in found if each.share is not None]
        if not shown:
            st.caption(f"No kind has {LEAST_CELL} customers yet. With more of them this shows what each kind adopts.")
            return
        picked = charts.show(_chart(shown), "features-by-archetype", select=True)
        _left_out(found)
        if picked:
            _who(actor, picked[0]["customdata"], shown)


def _chart(shown: Sequence[FeatureShare]) -> charts.Chart:
    frame = pd.DataFrame(
        {
            "kind": [_row(each) for each in shown],
            "feature": [label(each.feature) for each in shown],
            "share": [round(each.share or 0.0, 2) for each in shown],
        }
    )
    made = charts.heatmap(
        frame,
        row="kind",
        column="feature",
        value="share",
        title="Adoption",
        unit=units.percent("of its customers", digits=0),
        pick=True,
        height=150 + 30 * max(2, frame["kind"].nunique()),
    )
    # Names of features lie slanted, so that a phone has room for all of them.
    made.figure.update_xaxes(tickangle=-35, automargin=True)
    return made


def _row(each: FeatureShare) -> str:
    return f"{each.archetype} (n {say.integer(each.customers)})"


def _left_out(found: Sequence[FeatureShare]) -> None:
    small = dict.fromkeys(each.archetype for each in found if each.share is None)
    if small:
        st.caption(say.plain(f"Fewer than {LEAST_CELL} customers, so not shown: {', '.join(small)}."))


def _who(actor: Actor, picked: Sequence[str], shown: Sequence[FeatureShare]) -> None:
    """The rows behind a cell; `picked` is what its row and column are called."""
    cell = next((each for each in shown if [_row(each), label(each.feature)] == list(picked)), None)
    if cell is None:
        return
    rows = load(adopters, actor, cell.archetype, cell.feature, now=minute())
    opened = columns.opened(_OPEN)
    if opened is not None and opened < len(rows):
        filters.go(links.to("culture"), {"install_id": rows[opened].install_id})
    of = f"{say.integer(cell.adopted)} of {say.count(cell.customers, 'customer')}"
    st.markdown(f"**{say.plain(cell.archetype)}**: {of} adopted {say.plain(label(cell.feature))}.")
    if not rows:
        return
    columns.table(
        pd.DataFrame({"name": [each.organization for each in rows], "share": [round(each.share, 2) for each in rows]}),
        {
            "name": columns.opener("Customer", key=_OPEN, width=220),
            "share": columns.share("Of their active days", help="Share of active person-days on which it was used."),
        },
        key="adopters",
        alt="Customers of this kind that adopted the feature.",
        height=330 if len(rows) > 7 else "content",
    )
