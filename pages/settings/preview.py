"""The first customers of an import as they would become, or have."""

import pandas as pd
import streamlit as st

from core.imports.reads import Run
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card


def preview(run: Run) -> None:
    """Draw the first customers with what comes with each."""
    first = run.summary["preview"]
    currency = run.summary["currency"]
    note = f"The first {len(first)} as they become customers here." if first else ""
    with card("preview", "Preview", note).body:
        if not first:
            st.caption("No row of these files can become a customer.")
            return
        frame = pd.DataFrame(first)
        frame["mrr"] = frame["mrrMinor"].map(lambda minor: say.major(minor, currency))
        frame["since"] = pd.to_datetime(frame["since"])
        columns.table(
            frame,
            {
                "name": columns.name("Customer"),
                "tier": columns.text("Tier"),
                "seats": columns.count("Seats"),
                "country": columns.text("Country"),
                "segment": columns.text("Segment"),
                "since": columns.day("Since"),
                "mrr": columns.money("MRR", currency, help="On the last day of the books."),
                "subscriptions": columns.count("Subscriptions"),
                "uses": columns.count("Rows of use"),
                "tickets": columns.count("Tickets"),
                "churnEvents": columns.count("Churn events"),
            },
            key="import-preview",
            alt="The first customers of the import with tier, seats, country, MRR and numbers of rows.",
        )
