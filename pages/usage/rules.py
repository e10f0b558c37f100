"""Tables of limits: by tier, and agreed with one customer."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.accounts.customers import CustomerFilter
from core.accounts.reads import list_customers
from core.licensing.reads import Tier
from core.usage.limits import WARN_SHARE, Override
from core.usage.meters import METERS
from pages.parts import columns, filters, links
from pages.parts import format as say
from pages.parts.cards import Definition, card, explain
from pages.parts.load import load, minute
from pages.usage import agreed as acts
from pages.usage import wording

_OPEN: Final = "agreed-open"
_DEFINITION: Final = Definition(
    "A limit is the most that a license may use of a meter in its window. 1 GB is 10⁹ bytes; days and months are "
    "those of UTC, and bandwidth and compute begin anew each month.",
    "in force = agreed with the customer, else seats sold on the license, else the tier's",
    f"A customer counts as near from {WARN_SHARE:.0%} of a limit on. Meters without a row are counted and not limited.",
)


def by_tier(tiers: Sequence[Tier]) -> None:
    """Draw a row a meter and a column a tier."""
    limited = [meter for meter in METERS.values() if any(meter.id in tier.limits for tier in tiers)]
    place = card("tiers", "By tier", "In force for every license of the tier", height="content")
    with place.right, st.popover("What a limit is", icon=":material/info:", type="tertiary", key="what-limits"):
        explain("Limits", _DEFINITION)
    with place.body:
        columns.table(
            pd.DataFrame(
                {
                    "meter": [meter.label for meter in limited],
                    **{
                        tier.id: [
                            wording.limit(meter.id, tier.limits[meter.id]) if meter.id in tier.limits else None
                            for meter in limited
                        ]
                        for tier in tiers
                    },
                }
            ),
            {
                "meter": columns.name("Limit of", width=170),
                **{tier.id: columns.text(tier.label, width=110) for tier in tiers},
            },
            key="tiers",
            alt="What each tier allows of each meter.",
            height="content",
        )


def agreed(actor: Actor, found: Sequence[Override], *, ended: bool) -> None:
    """Draw the agreed limits; a click on a name opens the customer's usage, a selected row can be ended."""
    row = columns.opened(_OPEN)
    if row is not None and row < len(found):
        filters.go(links.to("usage"), {"install_id": found[row].install_id, "meter": found[row].meter})
    may = acts.may_agree(actor) and not ended
    picked = columns.table(
        pd.DataFrame(
            {
                "name": [each.organization for each in found],
                "meter": [METERS[each.meter].label for each in found],
                "limit": [wording.limit(each.meter, each.highest) for each in found],
                "until": [each.ends_at for each in found],
                "since": [each.starts_at for each in found],
                "by": [each.by.partition("@")[0].capitalize() for each in found],
                "why": [each.reason for each in found],
            }
        ),
        {
            "name": columns.opener("Customer", key=_OPEN, width=150),
            "meter": columns.text("Limit of", width=130),
            "limit": columns.text("Limit", width=95),
            "until": columns.day("Ended" if ended else "Ends"),
            "since": columns.day("Since"),
            "by": columns.text("By", width=75),
            "why": columns.text("Why", width=390),
        },
        key="agreed",
        alt="Limits agreed with one customer: of what, how high, until and since when, why and by whom.",
        select="one" if may else "none",
        height="content",
    )
    if not may:
        return
    if picked and st.button("End this limit…", icon=":material/event_busy:", key="end"):
        acts.end_dialog(actor, found[picked[0]])
    elif not picked:
        st.caption("Select a row to end its limit before its time.")


def agree_button(actor: Actor) -> None:
    """The primary action: choose a customer, then agree."""
    if acts.may_agree(actor) and st.button("Agree on a limit", type="primary", icon=":material/tune:", key="agree"):
        _dialog(actor)


@st.dialog("Agree on a limit", icon=":material/tune:")
def _dialog(actor: Actor) -> None:
    customers = load(list_customers, actor, CustomerFilter(live=True), now=minute(), limit=200).customers
    by_install = {each.install_id: each for each in customers}
    chosen = st.selectbox(
        "Customer",
        list(by_install),
        index=None,
        format_func=lambda each: say.plain(by_install[each].name),
        placeholder="Choose a customer",
        key="new-customer",
    )
    if chosen is not None:
        acts.add(actor, chosen)
