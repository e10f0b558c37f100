"""What is wrong with the rows of an import: counts by source, reasons by number, examples of each."""

from typing import Any

import pandas as pd
import streamlit as st

from core.imports.findings import REASONS, ranked
from core.imports.reads import Run
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card

VERDICTS = {"refused": "Refused", "doubtful": "Doubtful"}


def show(run: Run) -> None:
    """Draw the counts and the reasons side by side."""
    left, right = st.columns(2)
    with left, card("sources", "Rows by file").body:
        _sources(run.summary["counts"])
    with right, card("reasons", "Reasons", "Select one to see examples; the report holds every row.").body:
        _reasons(run)


def _sources(counts: list[dict[str, Any]]) -> None:
    shown = {
        "source": columns.name("Source", width=110),
        "read": columns.count("Read"),
        "new": columns.count("New"),
        "known": columns.count("Known", help="Imported before, or standing in the file twice."),
        "refused": columns.count("Refused"),
        "doubtful": columns.count("Doubtful"),
    }
    if not any(count["known"] for count in counts):
        del shown["known"]
    columns.table(
        pd.DataFrame(counts),
        shown,
        key="import-sources",
        alt="Rows of each source: read, taken, known before, refused, doubtful.",
    )


def _reasons(run: Run) -> None:
    reasons = ranked(run.summary["reasons"])
    if not reasons:
        st.caption("Nothing is wrong with these rows.")
        return
    codes = list(reasons)
    picked = columns.table(
        pd.DataFrame(
            {
                "reason": [REASONS[code].label for code in codes],
                "verdict": [VERDICTS[REASONS[code].verdict] for code in codes],
                "rows": [reasons[code] for code in codes],
            }
        ),
        {
            "reason": columns.text("Reason", width=300),
            "verdict": columns.text("Row is"),
            "rows": columns.count("Rows"),
        },
        key="import-reasons",
        alt="Reasons for which rows were refused or are doubtful, with how many rows each.",
        select="one",
    )
    code = codes[picked[0]] if picked and picked[0] < len(codes) else codes[0]
    st.caption(f"For example, {say.plain(REASONS[code].label[:1].lower() + REASONS[code].label[1:])}:")
    for example in run.summary["examples"].get(code, []):
        where = f"{example['file']}, line {example['line']}, {example['id'] or 'no id'}"
        st.markdown(f"{say.plain(example['sentence'])}  \n:gray[{say.plain(where)}]")
