"""The first glance at a parallel run: the verdict in a sentence, and the last month by both."""

from typing import Final

import streamlit as st

from core.finance.exchange import REPORTING
from core.imports.chartmogul.parallel import ParallelRun
from core.imports.chartmogul.parallel import verdict as in_words
from pages.parts import format as say
from pages.parts.cards import Change, Definition, Tile, tiles

_THEIRS: Final = Definition(
    "MRR by ChartMogul at the end of its export: the sum of the movements that it tells.", "Σ activity-mrr-movement"
)
_OURS: Final = Definition(
    "MRR by our ledger at the same instant, told anew from subscriptions; nothing of ChartMogul's movements enters it."
)
_AGREE: Final = Definition(
    "Months in which MRR, each customer's and every kind of movement agree to the cent, of all that ChartMogul tells."
)
_UNEXPLAINED: Final = Definition(
    "Differences of MRR at months' ends whose cause nothing here tells: no date, rate, trial, coupon, proration, "
    "rounding or missing row accounts for them."
)


def verdict(found: ParallelRun) -> None:
    """The answer: every month agrees, or how many differ, by how much and why."""
    assert found.export is not None  # noqa: S101 - drawn where an export was kept
    with st.container(border=True, key="card-verdict", gap="xsmall"):
        look = ":orange[:material/difference:" if found.differing else ":green[:material/check_circle:"
        st.markdown(f"### {look}] {say.plain(in_words(found))}")
        until, kept = say.day(found.export.until), say.moment(found.export.kept_at)
        st.caption(say.plain(f"Until {until}, by {found.export.source} as it was read on {kept}."))


def tiles_of(found: ParallelRun) -> None:
    """MRR by both, the months that agree, and what nobody can explain."""
    last, many = found.months[-1], len(found.months)
    change = None
    if last.gap:
        words = say.money(abs(last.gap), REPORTING)
        change = Change(words, "flat", "more than here" if last.gap > 0 else "less than here", good=False)
    agreeing = many - len(found.differing)
    tiles(
        [
            Tile("theirs", "MRR, by ChartMogul", say.money(last.theirs, REPORTING), change=change,
                 trend=[one.theirs for one in found.months], definition=_THEIRS),
            Tile("ours", "MRR, by Calos", say.money(last.ours, REPORTING),
                 trend=[one.ours for one in found.months], definition=_OURS),
            Tile("agree", "Months that agree", f"{agreeing} of {many}", definition=_AGREE),
            Tile("unexplained", "Unexplained", say.money(found.unexplained, REPORTING), definition=_UNEXPLAINED),
        ]
    )  # fmt: skip
