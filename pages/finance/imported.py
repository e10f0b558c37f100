"""What is wrong with imported books that the figures rest on, said where the figures are."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.imports.chartmogul.parallel import kept
from core.imports.findings import REASONS
from core.imports.reads import Noted, noted
from pages.parts import format as say
from pages.parts import links
from pages.parts.load import load

# What bears on revenue, in the order in which it is told; the report holds all the rest too.
_TOLD: Final = (
    "churned_but_paying",
    "churn_not_in_ledger",
    "flag_without_end",
    "before_start",
    "after_end",
    "trial_with_price",
    "never_renewed",
    "estimated_price",
    "changed_since",
    "refused_line",
)
_FIRST: Final = 2


def notes(actor: Actor) -> None:
    """A line for each of the books with what is wrong, all of it a click away; nothing where nothing is."""
    for one in load(noted, actor):
        reasons: dict[str, int] = {code: one.reasons[code] for code in _TOLD if code in one.reasons}
        if reasons or one.notes:
            _line(actor, one, reasons)
    if load(kept, actor) is not None:
        links.link("parallel-run", "Compared with ChartMogul, month by month", icon="compare_arrows")


def _line(actor: Actor, one: Noted, reasons: Mapping[str, int]) -> None:
    said = [f"{say.count(number, 'row')}: {_label(code)}" for code, number in reasons.items()]
    short = "; ".join(said[:_FIRST]) or one.notes[0]
    with st.container(horizontal=True, vertical_alignment="center", key=f"books-{one.run_id}"):
        st.markdown(
            f":orange[:material/report:] Not all is right with the books of **{say.plain(one.books)}**: "
            f"{say.plain(short.rstrip('.'))}. Figures follow the subscriptions alone.",
            width="stretch",
        )
        with st.popover("What is wrong", icon=":material/rule:"):
            for note in one.notes:
                st.markdown(say.plain(note))
            if said:
                st.markdown("\n".join(f"- {say.plain(each)}" for each in said))
            if actor.may(Permission.ORGANIZATION_CREATE) and actor.may(Permission.FINANCE_MANAGE_COSTS):
                links.link("import", "The import's report", {"import": str(one.run_id)}, icon="upload_file")


def _label(code: str) -> str:
    label = REASONS[code].label
    return label[:1].lower() + label[1:]
