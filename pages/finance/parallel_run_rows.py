"""A parallel run in rows: each difference with its cause, and every month by both with its movements."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final
from uuid import UUID

import pandas as pd
import streamlit as st

from core.finance.exchange import REPORTING
from core.finance.movements import KINDS
from core.imports.chartmogul.beside import CAUSES
from core.imports.chartmogul.parallel import Difference, ParallelRun
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import card

_CUSTOMER: Final = "beside-customer"
_MOST: Final = 16
_TOLD: Final = 5


def differences(found: ParallelRun) -> None:
    """Each difference once, with the months that it lasts; nothing where everything agrees."""
    if not found.differing:
        return
    there = [cause for cause in CAUSES if any(one.cause == cause for one in found.differences)]
    place = card("differences", "What differs", "ChartMogul less Calos; a click on a customer opens it.")
    place.right.link_button("Download all", "/api/financial/parallel-run/report", icon=":material/download:")
    with place.body:
        picked = filters.some_of("Cause", there, key="cause", show=lambda one: CAUSES[one]) if len(there) > 1 else []
        spells = [one for one in _spells(found.differences) if not picked or one[0].cause in picked]
        clicked = columns.opened(_CUSTOMER)
        if clicked is not None and clicked < len(spells) and isinstance(spells[clicked][0].who, UUID):
            filters.go(links.to("customer"), {"id": str(spells[clicked][0].who)})
        columns.table(
            _frame(spells, found),
            {
                "customer": columns.opener("Customer", key=_CUSTOMER, width=150),
                "cause": columns.text("Cause", width=170),
                "months": columns.text("Months", width=150),
                "gap": columns.text("MRR", width=90, help="At the end of each of these months."),
                "moved": columns.text("Movements", width=260, help="What the months' movements differ by."),
                **({"why": columns.text("Why", width=560)} if len(spells) > _TOLD else {}),
            },
            key="beside-differences",
            alt="Differences with customer, cause, months, amount of MRR and of movements, and why.",
            height="content" if len(spells) <= _MOST else round((_MOST + 1.5) * columns.ROW_HEIGHT),
        )
        _sentences(spells, found)


def months(found: ParallelRun) -> None:
    """Every month by both, the newest first."""
    shown = {"month": columns.text("Month", width=85)}
    shown |= {name: columns.text(label, width=95) for name, label in (("theirs", "ChartMogul"), ("ours", "Calos"))}
    shown["gap"] = columns.text("Difference", width=90)
    shown |= {kind: columns.text(say.phrase(kind), width=125) for kind in KINDS}
    newest = list(reversed(found.months))
    rows = []
    for one in newest:
        row = {"month": say.month(one.month), "theirs": _usd(one.theirs), "ours": _usd(one.ours)}
        row["gap"] = _usd(one.gap, sign=True) if one.gap else "agrees" if one.agrees else "movements"
        rows.append(row | {kind: _both(one.moved_theirs[kind], one.moved_ours[kind]) for kind in KINDS})
    note = "MRR at the end of each, and its movements: ChartMogul's, and ours where it is another."
    with card("beside-months", "Month by month", note).body:
        columns.table(
            pd.DataFrame(rows),
            shown,
            key="beside-months-table",
            alt="Months with MRR by ChartMogul and by Calos, their difference, and movements by kind.",
            height="content" if len(rows) <= _MOST else round((_MOST + 1.5) * columns.ROW_HEIGHT),
        )


Spell = tuple[Difference, ...]


def _spells(found: Sequence[Difference]) -> list[Spell]:
    """Return differences of one customer, cause and amount together, a spell of months in a row; the newest first."""
    ordered = sorted(found, key=lambda one: (str(one.who), one.cause, one.month))
    # Months in a row are as far from their places in the list as each other.
    keys = [(one.who, one.cause, one.gap, 12 * one.month.year + one.month.month - n) for n, one in enumerate(ordered)]
    made = [
        tuple(each for _, each in same) for _, same in groupby(zip(keys, ordered, strict=True), lambda pair: pair[0])
    ]
    return sorted(made, key=lambda spell: spell[-1].month, reverse=True)


def _frame(spells: Sequence[Spell], found: ParallelRun) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer": [found.name(spell[0].who) for spell in spells],
            "cause": [CAUSES[spell[0].cause] for spell in spells],
            "months": [_when(spell) for spell in spells],
            "gap": [_usd(spell[0].gap, sign=True) if spell[0].gap else say.DASH for spell in spells],
            "moved": [_moved(spell) for spell in spells],
            "why": [spell[0].sentence for spell in spells],
        }
    )


def _sentences(spells: Sequence[Spell], found: ParallelRun) -> None:
    """Why, in full, for the first: a cell is too narrow for it on a phone."""
    told = list(dict.fromkeys((found.name(spell[0].who), spell[0].sentence) for spell in spells))
    listed = "\n".join(f"- **{say.plain(who)}**: {say.plain(why)}" for who, why in told[:_TOLD])
    left = f"\n- {say.count(len(told) - _TOLD, 'more is', 'more are')} in the download." if len(told) > _TOLD else ""
    st.markdown(listed + left)


def _when(spell: Spell) -> str:
    first, last = spell[0].month, spell[-1].month
    return say.month(first) if first == last else f"{say.month(first)} to {say.month(last)}"


def _moved(spell: Spell) -> str:
    sums = {kind: sum(one.moved.get(kind, 0) for one in spell) for kind in KINDS}
    return ", ".join(f"{kind} {_usd(minor, sign=True)}" for kind, minor in sums.items() if minor) or say.DASH


def _both(theirs: int, ours: int) -> str:
    if theirs == ours:
        return _usd(theirs) if theirs else say.DASH
    return f"{_usd(theirs)}, here {_usd(ours)}"


def _usd(minor: int, *, sign: bool = False) -> str:
    return say.money(minor, REPORTING, sign=sign)
