"""Where cash came from and went: burn by month, the last whole month by category, and the statement."""

from typing import Final

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from core.finance.cash_statement import CashPicture
from core.finance.entries import CASH_CATEGORIES, NOT_OPERATING
from core.finance.exchange import REPORTING
from pages.parts import charts, columns
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.charts import units

LABELS: Final[dict[str, str]] = {
    **{each: each.capitalize() for each in CASH_CATEGORIES},
    "opening": "Brought forward",
}
_SHOWN: Final = 24
_PARTS: Final = 5
_REST: Final = LABELS["other"]
_ROWS_IN_SIGHT: Final = 12


def burns(picture: CashPicture) -> None:
    """Burn of each whole month; a month that earned more than it spent hangs below."""
    with card("burns").body:
        charts.show(
            charts.bar(
                picture.burns.tail(_SHOWN),
                label="month",
                value="burn",
                title="Burn by month",
                unit=units.money(REPORTING, "net out, financing left out"),
            ),
            "burns",
        )


def last_month(picture: CashPicture) -> None:
    """What the last whole month was spent on, the largest first."""
    with card("spent").body:
        whole = picture.statement[picture.statement["month"].isin(picture.burns["month"])]
        if whole.empty:
            st.caption("Once a whole month is booked, this shows what it was spent on.")
            return
        month = whole.iloc[-1]
        spent = {LABELS[each]: -int(month[each]) for each in CASH_CATEGORIES if each not in NOT_OPERATING}
        parts = sorted(((name, minor) for name, minor in spent.items() if minor > 0), key=lambda part: -part[1])
        if len(parts) > _PARTS:
            largest = [name for name, _ in parts if name != _REST][: _PARTS - 1]
            parts = [
                *(part for part in parts if part[0] in largest),
                (_REST, sum(minor for name, minor in parts if name not in largest)),
            ]
        frame = pd.DataFrame(parts, columns=["name", "minor"])
        title = f"Spent in {month['month']:%B}"
        charts.show(
            charts.share_bar(frame, label="name", value="minor", title=title, unit=units.money(REPORTING)), "spent"
        )
        came = say.money(int(month["receipts"]), REPORTING, whole=True)
        went = say.money(sum(minor for _, minor in parts), REPORTING, whole=True)
        st.caption(say.plain(f"{went} went out and customers paid {came}."))


def table(picture: CashPicture) -> None:
    """Month by month, the newest first; categories that were never used are left out."""
    rows = picture.statement.iloc[::-1]
    used = [each for each in CASH_CATEGORIES if rows[each].ne(0).any()]
    amounts = {each: [say.major(minor, REPORTING) for minor in rows[each]] for each in (*used, "net", "balance")}
    shown = pd.DataFrame({"month": [say.month(each) for each in rows["month"]], **amounts})
    money: dict[str, ColumnConfig | str | None] = {each: columns.change(LABELS[each], REPORTING) for each in used}
    with card(
        "statement", "Month by month", "What came in less what went out, and what was left", height="content"
    ).body:
        columns.table(
            shown,
            {
                "month": columns.name("Month", width=90),
                "balance": columns.change("Balance", REPORTING, help="At the month's end, or now."),
                "net": columns.change("Net", REPORTING, help="Everything that came in less everything that went out."),
                **money,
            },
            key="statement",
            alt="Cash month by month: balance, net, and each category.",
            height="content" if len(shown) <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
        )
