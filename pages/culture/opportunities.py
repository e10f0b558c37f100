"""What could be offered to a customer and why, what is not offered and why not, and what can't be said at all."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.profile import Profile
from core.culture.sentences import Unsaid
from core.culture.upsell_findings import Evidence, NotListed
from core.culture.upsells import Opportunity
from pages.culture.figures import layer
from pages.parts import columns, links, pills
from pages.parts import format as say
from pages.parts.cards import card

_DEFINITIONS = {
    "Opportunity": "Found by rules with a version; each fact under it carries its n and window.",
    "Expected value": "Chance to win × what it adds a month × 12 × chance to stay a year. Before 20 outcomes of a rule "
    "the chance is mostly a prior of one in ten, and says so.",
}


def show(actor: Actor, name: str, found: Profile) -> None:
    """Draw the opportunities as cards, and what is not on the list."""
    place = card("opportunities", "Opportunities", _covers(found.upsells), height="content")
    with place.right:
        links.link("upsells", "Work them on the list", {"q": name}, icon="trending_up")
    layer(place.right, "judged", "opportunities", _DEFINITIONS)
    with place.body:
        if not found.upsells:
            st.caption("Rules look at limits, seats, refused features, domains, trials and unused features each day.")
        with st.grid(2, min_column_width=320):
            for each in found.upsells:
                _opportunity(actor, each)
        if found.not_listed:
            with st.expander(f"Not on the list, and why ({say.integer(len(found.not_listed))})"):
                _held(found.not_listed)


def _covers(upsells: Sequence[Opportunity]) -> str:
    if not upsells:
        return "nothing to offer right now"
    first = upsells[0]
    return f"{say.count(len(upsells), 'opportunity', 'opportunities')}; first: {first.offer_label}"


def _opportunity(actor: Actor, each: Opportunity) -> None:
    with st.container(key=f"offer-{each.kind}-{each.subject}", border=True, height="stretch", gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{say.plain(each.offer_label)}**", width="content")
            st.markdown(pills.inline("priority", each.priority), width="content")
        st.markdown(say.plain(each.sentence))
        facts = [f"{say.plain(fact.label)}: **{say.plain(fact.value)}** {_stands_on(fact)}" for fact in each.evidence]
        st.markdown("\n".join(f"- {fact}" for fact in facts))
        if each.days_left is not None:
            st.caption(f"{say.count(each.days_left, 'day')} left")
        if actor.may(Permission.FINANCE_READ):
            _value(each)


def _stands_on(fact: Evidence) -> str:
    return f":gray[{say.plain(f'n {say.integer(fact.n)}, {fact.window}')}]"


def _value(each: Opportunity) -> None:
    if each.expected_value_minor is None or each.currency is None:
        st.caption(say.plain(each.expected_value_basis))
        return
    worth = say.money(each.expected_value_minor, each.currency, whole=True)
    st.caption(f"Expected value **{say.plain(worth)}** in a year: {say.plain(each.expected_value_basis)}")


def _held(held: Sequence[NotListed]) -> None:
    columns.table(
        pd.DataFrame(
            {
                "rule": [say.phrase(each.rule) for each in held],
                "subject": [say.phrase(each.subject) for each in held],
                "why": [each.reason for each in held],
            }
        ),
        {
            "rule": columns.name("Rule", width=160),
            "subject": columns.text("About", width=150),
            "why": columns.text("Why not", width="large"),
        },
        key="not-listed",
        alt="Rules that came near, and why they found nothing to offer.",
        height="content",
    )


def unsaid(rows: Sequence[Unsaid]) -> None:
    """Draw what can't be said, and why."""
    with card("unsaid", "What we can't say, and why", "A number appears as soon as its evidence suffices.").body:
        if not rows:
            st.caption("Every reading has the evidence it needs.")
            return
        columns.table(
            pd.DataFrame(
                {
                    "subject": [each.subject for each in rows],
                    "reason": [each.reason for each in rows],
                    "n": [each.n for each in rows],
                }
            ),
            {
                "subject": columns.name("Subject", width=180),
                "reason": columns.text("Why", width="large"),
                "n": columns.count("n", help="How much there is."),
            },
            key="unsaid",
            alt="Readings that abstain, with the reason and n.",
            height="content",
        )
