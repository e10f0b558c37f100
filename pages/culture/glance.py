"""The first glance at a customer: the sentence of their culture, what it stands on, their health, and four counts."""

from collections.abc import Sequence

import streamlit as st

from core.culture.profile import Profile
from core.culture.sentences import Fact, Sentence
from pages.culture import health
from pages.culture.figures import layer
from pages.parts import format as say
from pages.parts import pills
from pages.parts.cards import Definition, Tile, card, tiles

_STRONGEST = 3


def show(found: Profile) -> None:
    """Draw the sentence beside the health."""
    left, right = st.columns([3, 2])
    with left:
        _sentence(found)
    with right:
        health.show(found.health)


def _sentence(found: Profile) -> None:
    archetype = found.archetype
    place = card("culture", archetype.label, archetype.reason)
    layer(
        place.right,
        "judged",
        "culture",
        {
            "Archetype": f"The first of nine named rules that holds, version {archetype.version}.",
            "Sentences": "Each is written by a rule from the facts under it; what is not known is not said.",
        },
    )
    with place.body:
        st.header(say.plain(found.headline), anchor=False)
        st.caption(_facts(found.sentences[0].facts))
        for each in found.sentences[1 : 1 + _STRONGEST]:
            _fact(each)
        if found.upsells:
            best = found.upsells[0]
            st.markdown(
                f"{pills.inline('priority', best.priority)} **{say.plain(best.offer_label)}** is what to offer."
            )


def _fact(each: Sentence) -> None:
    with st.container(gap=None, key=f"fact-{each.topic}"):
        st.markdown(f"**{say.plain(each.text)}**")
        st.caption(_facts(each.facts))


def _facts(facts: Sequence[Fact]) -> str:
    said = [f"{fact.label} {fact.value} (n {say.integer(fact.n)}, {fact.window})" for fact in facts]
    return say.plain(" · ".join(said))


def counts(found: Profile) -> None:
    """Draw what was counted."""
    seen, window = found.counts, f"{found.window.days} days"
    late = f"{say.count(seen.late, 'event')} arrived on a later day, {say.integer(seen.duplicates)} were sent twice."
    once = Definition(f"Observed: events of {window}, each id once.", policy=late)
    hashed = Definition(f"Observed: people whom events of {window} name, by a hash that only the customer can undo.")
    days = Definition("Observed: UTC days with one event or more.")
    failed = Definition("Observed: events of type error and answers of 500 and above.")
    of = f"of {say.count(seen.events, 'event')}"
    tiles(
        [
            Tile("events", "Events", say.integer(seen.events), definition=once, note=f"{_rate(found)} a day"),
            Tile("people", "People seen", say.integer(seen.actors), definition=hashed, note=f"in {window}"),
            Tile("days", "Active days", say.integer(seen.active_days), definition=days, note=f"of {window}"),
            Tile("failed", "Failed", say.integer(seen.errors), definition=failed, note=of),
        ]
    )


def _rate(found: Profile) -> str:
    return say.decimal(found.counts.events_per_day, digits=0 if found.counts.events_per_day >= 10 else 1)
