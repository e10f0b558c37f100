"""A quiet menu that takes a page's rows away as a file, narrowed as the page is; not shown to who may not."""

from datetime import date
from typing import Final
from urllib.parse import urlencode

import streamlit as st

from core.access.actor import Actor
from core.reports.exporting import REPORTS

_ADDRESS: Final = "/api/export"
_FORMATS: Final = {"csv": "CSV", "xlsx": "Excel (XLSX)", "pdf": "PDF"}
# As the API's query parameters are called, where that is not the name itself.
_CALLED: Final = {
    "text": "q",
    "at_risk": "atRisk",
    "near_limit": "nearLimit",
    "assigned_to": "assignedTo",
    "since": "from",
    "until": "to",
}


def menu(actor: Actor, report: str, /, **filters: str | bool | date | None) -> None:
    """Draw the menu for a report of core/reports/exporting.py; `filters` are the fields of its Narrowed.

    A filter that is None or False narrows nothing; who may not export sees no menu.
    """
    if not REPORTS[report].may_take(actor):
        return
    with st.popover("Export", icon=":material/download:", key=f"export-{report}"):
        st.caption("Every row under the filters of this page. It is noted in the audit trail who took it.")
        for kind, label in _FORMATS.items():
            st.link_button(label, address(report, kind, **filters), key=f"export-{report}-{kind}", width="stretch")


def address(report: str, file_format: str, /, **filters: str | bool | date | None) -> str:
    """Where the file is."""
    said = {name: value for name, value in filters.items() if value is not None and value is not False}
    words = {_CALLED.get(name, name): "true" if value is True else str(value) for name, value in said.items()}
    return f"{_ADDRESS}?{urlencode({'report': report, 'format': file_format, **words})}"
