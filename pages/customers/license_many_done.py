"""What became of each license that was acted on: done, or refused with the sentence that says what to do."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.accounts.bulk import BulkResult
from core.licensing.reads import License
from pages.parts import columns
from pages.parts import format as say

_DONE, _REFUSED = "Done", "Refused"


def show(results: Sequence[BulkResult], ticked: Sequence[License]) -> None:
    """Draw the sums and the rows, the refused first; the ticks stay, to act again."""
    refused = [each for each in results if not each.done]
    done = len(results) - len(refused)
    if refused:
        st.warning(f"{say.integer(done)} done, {say.integer(len(refused))} refused.", icon=":material/rule:")
    else:
        st.success(f"All {say.integer(done)} done.", icon=":material/check_circle:")
    names = {each.install_id: each.organization_name for each in ticked}
    rows = sorted(results, key=lambda each: each.done)
    columns.table(
        pd.DataFrame(
            {
                "customer": [names[each.install_id] for each in rows],
                "what": [[_DONE if each.done else _REFUSED] for each in rows],
                "why": [each.detail or "" for each in rows],
                "install": [each.install_id for each in rows],
            }
        ),
        {
            "customer": columns.name("Customer", width=140),
            "what": st.column_config.MultiselectColumn(
                "Result", options=[_DONE, _REFUSED], color=["green", "red"], width=85
            ),
            "why": columns.text("Why", width=540),
            "install": columns.text("Install id", width=230),
        },
        key="many-results",
        alt="Licenses with what became of each, why it was refused, and install id.",
        height="content" if len(rows) <= 10 else 11 * columns.ROW_HEIGHT,
    )
    if st.button("Close", key="many-close"):
        st.rerun()
