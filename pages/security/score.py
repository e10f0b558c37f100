"""Security score: how safe this installation is seen to be, what holds it down, and what to mend next."""

import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.security.reads import score, score_history
from core.security.scoring import TARGET, Assessment
from pages.parts import format as say
from pages.parts import session
from pages.parts.cards import header
from pages.parts.empty import empty
from pages.parts.load import load, present
from pages.security import checks, glance, past, review


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.SECURITY_READ)
    now = present()
    found = load(score, actor, now=now)
    with header("Security score", "Judged from what is seen of this installation right now, by published weights."):
        _how(found)
        review.button(actor, found)
    if found.score is None:
        empty("score", "Nothing to judge by yet", "Sign in people and connect the database first.", icon="shield")
        return
    glance.gates(found)
    days = load(score_history, actor, now=now, since_days=90)
    left, right = st.columns([3, 2])
    with left:
        glance.chart(found)
        past.line(days)
    with right:
        glance.to_gain(found)
    past.causes(days)
    checks.show(found)
    _elsewhere(actor)


def _how(found: Assessment) -> None:
    with st.popover("How it is counted", icon=":material/info:", type="tertiary"):
        st.markdown("**Security score**")
        st.markdown(
            "Each check earns a share of its weight: 10 critical, 7.5 high, 5 medium, 2.5 low. Checks without data "
            "count on neither side, and are never a pass."
        )
        st.code("100 × Σ(weight × share) ÷ Σ(weight of checks with data)", language=None, wrap_lines=True)
        assessed = sum(one.share is not None for one in found.checks)
        st.caption(
            f"A critical failure holds the score at 69 until it is mended. The target is {TARGET}. "
            f"{assessed} of {len(found.checks)} checks had data, {say.moment(found.at)}."
        )


def _elsewhere(actor: Actor) -> None:
    if actor.may(Permission.AUDIT_READ):
        st.caption("Who did what is in Audit; who may do what is in People. The method is in docs/security.md.")
