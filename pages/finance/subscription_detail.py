"""One subscription: how it stands, what happens next, what it has been, and the acts that are possible."""

from uuid import UUID

import pandas as pd
import streamlit as st

from core import clock
from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.agreement_list import Agreement, agreement
from core.billing.reads import Subscription, chain_of
from core.money import Money
from pages.finance import subscription_acts
from pages.parts import columns, terms
from pages.parts import format as say
from pages.parts.load import fresh, told


@st.dialog("Subscription", width="large", icon=":material/autorenew:")
def open_dialog(actor: Actor, subscription_id: UUID) -> None:
    """Open the dialog."""
    body(actor, subscription_id)


def body(actor: Actor, subscription_id: UUID) -> None:
    """What the dialog shows."""
    with told("the subscription"):
        found = fresh(agreement, actor, subscription_id)
        _stands(found)
        if actor.may(Permission.LICENSE_UPDATE_TIER):
            subscription_acts.show(actor, found)
        _been(fresh(chain_of, actor, subscription_id))


def _stands(found: Agreement) -> None:
    held, now = found.subscription, clock.now()
    st.markdown(
        f"**{say.plain(found.customer)}** · {say.plain(held.tier_id.capitalize())} · "
        f"{say.plain(_terms(held))} · MRR **{say.plain(say.amount(held.mrr))}** · {found.state(now).capitalize()}"
    )
    for one in found.waiting:
        why = f" ({say.plain(one.reason)})" if one.reason else ""
        st.caption(f":material/event: {say.day(one.due_at)}: {subscription_acts.WILL[one.act]}{why}")


def _been(chain: tuple[Subscription, ...]) -> None:
    newest = chain[::-1]
    columns.table(
        pd.DataFrame(
            {
                "since": [one.started_at for one in newest],
                "terms": [_terms(one) for one in newest],
                "tier": [one.tier_id.capitalize() for one in newest],
                "phase": [one.phase.capitalize() for one in newest],
                "mrr": [say.amount(one.mrr) for one in newest],
            }
        ),
        {
            "since": columns.day("Since"),
            "terms": columns.text("Terms", width=240),
            "tier": columns.text("Tier", width=100),
            "phase": columns.text("Phase", width=80),
            "mrr": columns.text("MRR", width=100),
        },
        key=f"chain-{chain[0].id}",
        alt="What the subscription has been, the newest first: terms, tier, phase and MRR.",
        height="content" if len(newest) < 8 else 320,
    )


def _terms(one: Subscription) -> str:
    times = f"{one.quantity:,} × " if one.quantity > 1 else ""
    off = f" − {one.percent_off.normalize():f} %" if one.percent_off else ""
    off += f" − {say.amount(Money(one.minor_off, one.amount.currency))}" if one.minor_off else ""
    return f"{times}{say.amount(one.amount)} {terms.PER[one.billing_period]}{off}"
