"""The numbers of each seller's year: from which to which, and that none is missing."""

import streamlit as st

from core.access.actor import Actor
from core.billing.invoices.gaps import Series, series
from pages.parts import format as say
from pages.parts.load import load


def show(actor: Actor) -> None:
    """Draw a line a series; nothing before the first invoice is issued."""
    found = load(series, actor)
    if not found:
        return
    lacking = [one for one in found if one.lacking]
    for one in lacking:
        st.error(
            f"Of {say.plain(one.seller)}, {say.count(one.lacking, 'number')} given in {one.year} "
            f"{'stands' if one.lacking == 1 else 'stand'} on no paper: {say.plain(', '.join(one.missing))}. "
            "Run `python manage.py doctor` and restore the missing rows from a backup.",
            icon=":material/format_list_numbered:",
        )
    whole = [one for one in found if not one.lacking]
    latest = [one for one in whole if one.year == found[0].year]
    earlier = sum(one.given for one in whole if one.year != found[0].year)
    said = [_said(one) for one in latest]
    said += [f"{say.integer(earlier)} of earlier years, no gaps"] * bool(earlier)
    if said:
        st.caption(f":material/format_list_numbered: Numbers: {' · '.join(said)}")


def _said(one: Series) -> str:
    kind = "" if one.kind == "invoice" else " credit notes"
    ends = one.first if one.given == 1 else f"{one.first} to {one.last}"
    return f"**{say.plain(ends)}**, {say.integer(one.given)}{kind}, no gaps"
