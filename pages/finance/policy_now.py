"""What is in force: the version, how far it is from the standard, and the figures that it makes."""

from decimal import Decimal

import streamlit as st

from core.finance.policy import SWITCHES
from core.finance.policy_figures import Compared, Figures
from core.money import Money
from pages.parts import format as say
from pages.parts.cards import Definition, Tile, tiles


def show(found: Compared) -> None:
    """Draw the sentence and the tiles."""
    chosen = found.version.policy.settings()
    other = sum(chosen[each.id] != each.choices[0].id for each in SWITCHES)
    stands = "the standard" if not other else f"the standard but for {say.count(other, 'choice')}"
    st.markdown(f"Version {found.version.number} is in force: **{stands}**.")
    now = found.now
    tiles(
        [
            Tile("policy-mrr", "MRR", money(now.mrr), definition=_meaning("All running subscriptions a month, today.")),
            Tile(
                "policy-churned",
                "Churned in 12 months",
                money(now.churned),
                definition=_meaning("MRR of who left in the twelve whole months before today."),
            ),
            Tile(
                "policy-churn",
                "Logo churn, last month",
                share(now.churn),
                definition=_meaning("Customers lost in the last whole month, of whom the policy says."),
            ),
            Tile(
                "policy-nrr",
                "NRR, 12 months",
                share(now.nrr),
                definition=_meaning("What those who paid a year before the last whole month's end paid at that end."),
            ),
        ]
    )


def changes(now: Figures, other: Figures) -> str:
    """Say what another choice would make of the figures, before → after; only what would differ."""
    pairs = (
        ("MRR", money(now.mrr), money(other.mrr)),
        ("Churned", money(now.churned), money(other.churned)),
        ("Churn", share(now.churn), share(other.churn)),
        ("NRR", share(now.nrr), share(other.nrr)),
        ("LTV", money(now.ltv), money(other.ltv)),
    )
    return " · ".join(f"{name} {before} → {after}" for name, before, after in pairs if before != after)


def money(amount: Money | None) -> str:
    """Say an amount to the cent, or —."""
    return say.amount(amount)


def share(value: Decimal | None) -> str:
    """Say a fraction as a percentage, or —."""
    return say.percent(value)


def _meaning(sentence: str) -> Definition:
    return Definition(sentence, policy="Under the version in force.")
