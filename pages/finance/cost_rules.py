"""The rules that costs are held against: listed, ended, and a new one made."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.finance.cost_alerts import add_rule, end_rule
from core.finance.cost_judging import By, Measure, Rule
from core.finance.entries import amount_given
from core.finance.exchange import REPORTING
from core.organizations.reads import names
from pages.parts import format as say
from pages.parts.load import change, load, told

_MEASURES: Final[dict[Measure, str]] = {
    "cost": "Cost above an amount",
    "margin": "Margin below a share",
    "unusual": "Unlike its own months",
}
_BY: Final[dict[By, str]] = {
    "all": "All costs",
    "kind": "Each kind",
    "product": "Each product",
    "customer": "Each customer",
}


def button(actor: Actor, rules: Sequence[Rule]) -> None:
    """Open the rules; whoever may not change them sees them."""
    if st.button("Rules", icon=":material/tune:", key="cost-rules"):
        _dialog(actor, rules)


@st.dialog("What is watched", icon=":material/notifications:", width="large")
def _dialog(actor: Actor, rules: Sequence[Rule]) -> None:
    body(actor, rules)


def body(actor: Actor, rules: Sequence[Rule]) -> None:
    """What the dialog shows."""
    may = actor.may(Permission.FINANCE_MANAGE_COSTS)
    customers = {str(key): name for key, name in load(names, actor).items() if key != actor.organization_id}
    for each in rules:
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key=f"rule-{each.id}"
        ):
            st.markdown(say.plain(words(each, customers)), width="content")
            if may and st.button("End", key=f"end-rule-{each.id}", type="tertiary"):
                with told():
                    with change(actor) as session:
                        end_rule(session, actor, each.id, now=clock.now())
                    st.rerun()
    if may:
        st.divider()
        _new(actor, customers)


def words(each: Rule, customers: dict[str, str]) -> str:
    """A rule in words."""
    whose = _BY[each.by] if each.only is None else customers.get(each.only, each.only.replace("_", " ").capitalize())
    if each.measure == "cost":
        return f"{whose}: above {say.amount(each.above)} a month"
    if each.measure == "margin":
        return f"{whose}: margin below {say.percent(each.below, digits=0)}"
    return f"{whose}: a month unlike the months before"


def _new(actor: Actor, customers: dict[str, str]) -> None:
    measure: Measure = st.segmented_control(
        "Watch", list(_MEASURES), default="cost", required=True, format_func=lambda each: _MEASURES[each], key="rule-of"
    )
    able = [each for each in _BY if measure != "margin" or each in {"customer", "product"}]
    by: By = st.segmented_control(
        "Of", able, default=able[-1], required=True, format_func=lambda each: _BY[each], key=f"rule-by-{measure}"
    )
    only = None
    if by == "customer":
        found = st.selectbox(
            "Customer",
            sorted(customers, key=lambda each: customers[each]),
            index=None,
            format_func=lambda each: customers[each],
            placeholder="Each of them",
            key="rule-only",
        )
        only = found
    typed = ""
    if measure == "cost":
        typed = st.text_input(f"Above, {REPORTING} a month", placeholder="1,500", key="rule-above") or ""
    if measure == "margin":
        typed = st.text_input("Below, percent of revenue", placeholder="50", key="rule-below") or ""
    if st.button("Watch it", type="primary", key="rule-confirm", width="stretch"):
        with told():
            above = amount_given(typed, REPORTING) if measure == "cost" else None
            below = _share(typed) if measure == "margin" else None
            with change(actor) as session:
                add_rule(session, actor, measure, by, only=only, above=above, below=below, now=clock.now())
            st.toast("It is watched from now on.", icon=":material/check:")
            st.rerun()


def _share(typed: str) -> Decimal:
    try:
        share = Decimal(typed.replace("%", "").strip()) / 100
    except InvalidOperation:
        share = Decimal("NaN")
    if not share.is_finite():
        raise InvalidInput("Give a percentage such as 50.", field="below")
    return share
