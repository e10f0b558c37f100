"""What rules found in costs, at the top of the page: each with why, and the way to what it is about."""

from typing import Final

import streamlit as st

from core.access.actor import Actor
from core.finance.cost_alerts import Alert, cost_alerts, cost_rules
from core.finance.cost_judging import FALL, LEAST_MONTHS, RISE
from pages.finance import cost_rules as rules_dialog
from pages.finance import meaning
from pages.parts import format as say
from pages.parts import links
from pages.parts.cards import Definition, card
from pages.parts.load import load

_SHOWN: Final = 5
_BADGES: Final = {
    "cost": ":red-badge[Above the limit]",
    "margin": ":red-badge[Low margin]",
    "unusual": ":orange-badge[Unusual]",
}
_MEANING: Final = Definition(
    "A rule is held against the last whole month, an amount also against the month that runs. It is told once, and "
    f"again only after costs have fallen to {FALL:.0%} of the amount, or the margin {RISE:.0%} above its share.",
    "unusual: 0.6745 × (a day's cost − median) ÷ median deviation > 3.5",
    f"Median and deviation are of up to twelve months before; with fewer than {LEAST_MONTHS} nothing is judged. People "
    "who may record costs get a mail.",
)


def show(actor: Actor) -> None:
    """Draw what holds now, what matters most first, and the button to the rules."""
    found = sorted(load(cost_alerts, actor), key=_weight)
    rules = load(cost_rules, actor)
    note = f"{say.count(len(rules), 'rule')} watch costs"
    place = card("alerts", "Alerts" if found else "No alerts", note, height="content")
    with place.right:
        rules_dialog.button(actor, rules)
        meaning.button("alerts", "Alerts", _MEANING)
    with place.body:
        for each in found[:_SHOWN]:
            _alert(each)
        rest = found[_SHOWN:]
        if rest:
            with st.expander(f"{say.count(len(rest), 'more alert')}"):
                for each in rest:
                    _alert(each)
        if not found:
            st.caption("Nothing is above its limit, below its margin, or unlike its own months.")


def _weight(each: Alert) -> tuple[int, int]:
    """The largest excess first; what is unusual before what has been so for long."""
    over = each.cost.minor - each.usual.minor if each.usual else 0
    return (0 if each.rule.measure == "unusual" else 1, -(over or each.cost.minor))


def _alert(each: Alert) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"alert-{each.id}"):
        st.markdown(f"{_BADGES[each.rule.measure]} {say.plain(each.why)} :gray[:small[{say.plain(_since(each))}]]")
        if each.rule.by == "customer":
            links.link("customer", f"Open {each.name}", {"id": each.subject}, icon="arrow_forward")


def _since(each: Alert) -> str:
    return f"since {say.day(each.raised_at)}"
