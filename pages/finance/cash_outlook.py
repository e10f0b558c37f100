"""How long cash lasts: the balance until today and the line to where it ends, and the three ways it may go."""

from typing import Final

import streamlit as st

from core.finance.cash_statement import CashPicture
from core.finance.exchange import REPORTING
from core.finance.runway import LONGEST, Lasting, Outlook
from pages.parts import charts
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.charts import units

# Raising a round takes about half a year: below a year one begins, below half a year one cuts.
_URGENT, _SOON, _WATCHED = 6, 12, 18
_EXPLAINED: Final = {
    "expected": ("Expected", "as in the last three whole months"),
    "worst": ("At worst", "as in the dearest three months of the last year"),
    "best": ("At best", "as in the cheapest three months of the last year"),
}


def path(picture: CashPicture) -> None:
    """The balance at month ends, today, and ahead."""
    known = picture.outlook
    ends = known.expected.ends_on if known.expected else None
    with card("path").body:
        charts.show(
            charts.line(
                picture.path,
                x="at",
                y="cash",
                band=("worst", "best"),
                forecast_from=known.at.replace(tzinfo=None),
                title="Cash" if ends is None else f"Cash until {say.day(ends)}",
                unit=units.money(REPORTING, "at month ends, dotted ahead"),
                height=340,
            ),
            "path",
        )


def endings(known: Outlook) -> None:
    """When cash ends, in a sentence, and for each burn."""
    with card("endings", "When cash ends").body:
        if known.expected is None:
            st.markdown("No whole month of cash is booked yet, so nobody can say.")
            return
        st.markdown(_sentence(known.expected))
        for name, each in (("worst", known.worst), ("expected", known.expected), ("best", known.best)):
            if each is not None:
                _ending(name, each)
        st.caption(
            "A straight line: it knows no new customers, no hires and no round. Receipts are in the burn, so losing "
            "customers shortens it."
        )


def _sentence(expected: Lasting) -> str:
    if expected.months is None:
        return ":green-badge[No end in sight] More came in than went out, so cash does not end."
    if expected.months < _URGENT:
        return f":red-badge[Act now] Less than half a year is left: until {say.plain(say.day(expected.ends_on))}."
    if expected.months < _SOON:
        return ":orange-badge[Raise now] A round takes about half a year, and little more is left."
    if expected.months < _WATCHED:
        return ":orange-badge[Worth watching] A round takes about half a year, so begin one within the next."
    return ":green-badge[Comfortable] There is time to grow before the next round."


def _ending(name: str, each: Lasting) -> None:
    label, explained = _EXPLAINED[name]
    with st.container(gap=None, key=f"ending-{name}"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"row-ending-{name}"
        ):
            st.markdown(f"**{label}**", width="content")
            st.markdown(f"**{say.plain(_end(each))}**", width="content")
        st.caption(say.plain(f"{_lasts(each)} at {say.compact_money(each.burn.minor, REPORTING)} a month, {explained}"))


def _end(each: Lasting) -> str:
    if each.months is None:
        return "no end"
    return f"after more than {LONGEST // 12} years" if each.ends_on is None else say.day(each.ends_on)


def _lasts(each: Lasting) -> str:
    return "No limit" if each.months is None else f"{say.decimal(each.months)} months"
