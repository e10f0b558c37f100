"""A customer's culture in brief: health with its parts, the strongest facts, and the way to the whole profile."""

from datetime import datetime

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.health import Health
from core.culture.profile import Profile
from core.culture.reads import profile
from pages.parts import charts, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.load import load_both

_BANDS = (0.5, 0.7)


def show(actor: Actor, install_id: str, now: datetime, *, facts: DeltaGenerator, score: DeltaGenerator) -> None:
    """Draw culture and health in their two places, for who may see them."""
    if not actor.may(Permission.CULTURE_READ):
        return
    found = load_both(profile, actor, install_id, now)
    with facts:
        _facts(found, install_id)
    with score:
        _health(found.health)


def _health(health: Health) -> None:
    with card("health", height="content").body:
        held = [(cap.reason, -cap.points) for cap in health.caps if cap.points]
        charts.show(
            charts.score(
                [charts.Part(each.label, each.points, each.weight) for each in health.components],
                title="Health and its parts",
                bands=_BANDS,
                held=held[0] if held else None,
            ),
            "health",
        )
        if health.score is None:
            st.caption(say.plain(health.reason or "Too little is observed for a score."))
        elif health.change is not None:
            st.caption(say.plain(health.change.sentence))


def _facts(found: Profile, install_id: str) -> None:
    place = card("culture", "Culture in brief", height="content")
    with place.right:
        links.link("culture", "Whole profile", {"install_id": install_id}, icon="arrow_forward")
    with place.body:
        if found.counts.events == 0:
            _silence(found, install_id)
        # The first sentence stands at the head of the page already.
        facts = found.sentences[1:4] or found.sentences[:1]
        st.markdown("\n".join(f"- {say.plain(each.text)}" for each in facts))
        for offer in found.upsells[:1]:
            st.markdown(f":green-badge[{say.plain(offer.offer_label)}] {say.plain(offer.sentence)}")


def _silence(found: Profile, install_id: str) -> None:
    if found.counts.first_event_at is not None:
        st.caption("No telemetry in 28 days: what follows is from before.")
        return
    st.caption(
        "No telemetry yet, so there is no culture to describe. It begins with the first events that the install "
        "sends; to try it out, run:"
    )
    st.code(f"python manage.py telemetry sample {install_id}", language=None, wrap_lines=True)
