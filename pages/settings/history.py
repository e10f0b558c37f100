"""The imports there were, newest first."""

from collections.abc import Sequence

import pandas as pd

from core.imports.reads import Run
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.empty import empty

STATES = {
    "checked": "Checked, not imported",
    "queued": "Waiting",
    "running": "Running",
    "done": "Imported",
    "failed": "Stopped",
}


def table(runs: Sequence[Run]) -> None:
    """Draw the history; a click opens the report."""
    place = card("imports", "Imports", "What was checked and imported; a click opens its report.").body
    with place:
        if not runs:
            empty(
                "imports",
                "Nothing imported yet",
                "Check an export above: its report appears here, and stays after the import.",
                icon="upload_file",
            )
            return
        columns.table(
            _frame(runs),
            {
                "books": columns.opener("Books", key="open-import"),
                "state": columns.text("State", width="medium"),
                "rows": columns.count("Rows"),
                "refused": columns.count("Refused", help="Rows that could not be imported, each with its reason."),
                "doubtful": columns.count("Doubtful", help="Rows imported although something about them is odd."),
                "by": columns.text("By"),
                "at": columns.when("Checked"),
            },
            key="import-history",
            alt="Imports with their state, rows, refused and doubtful.",
        )
    opened = columns.opened("open-import")
    if opened is not None and opened < len(runs):
        filters.go(links.to("import"), {"import": str(runs[opened].id)})


def _frame(runs: Sequence[Run]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "books": [f"{run.books} ({say.day(run.as_of)})" if run.as_of else run.books for run in runs],
            "state": [STATES[run.state] for run in runs],
            "rows": [_sum(run, "new") for run in runs],
            "refused": [_sum(run, "refused") for run in runs],
            "doubtful": [_sum(run, "doubtful") for run in runs],
            "by": [run.started_by for run in runs],
            "at": [run.created_at for run in runs],
        }
    )


def _sum(run: Run, name: str) -> int:
    return sum(count[name] for count in run.summary["counts"])
