"""Who is behind the use: how many they are, how often they come and how long they stay."""

import streamlit as st

from core.culture.engagement import Engagement, Sessions
from core.culture.profile import Profile
from core.culture.team import Team
from pages.culture.figures import Line, counted, known, layer, line, lines, stands_on, whole_percent
from pages.parts import format as say
from pages.parts.cards import card


def show(found: Profile) -> None:
    """Draw team, sessions and presence side by side."""
    with st.grid(3, min_column_width=300):
        _team(found.team)
        _sessions(found.sessions)
        _presence(found)


def _team(team: Team) -> None:
    size = known(team.size, say.integer)
    least = max(team.seen, team.peak_concurrency)
    if team.at_least:
        size = f"at least {say.integer(least)}"
    rows = [
        Line(
            "Team size",
            size,
            stands_on(team.size),
            "By the best evidence there is: seats reported, else people seen with Chao's estimate of those not seen, "
            "else sessions at once.",
        ),
        counted("People seen", say.integer(team.seen), "28 days, observed", "Distinct people named by events."),
        line("Coverage", team.coverage, whole_percent, "The chance that the next sighting is of somebody known."),
        counted(
            "At once", say.integer(team.peak_concurrency), "most sessions in one minute, observed", "Peak concurrency."
        ),
    ]
    place = card("team", "Team", team.sentence)
    layer(place.right, "inferred", "team", rows)
    with place.body:
        lines(rows, alt="Team size with its interval, people seen, coverage and concurrency.")


def _sessions(sessions: Sessions) -> None:
    rows = [
        counted(
            "Sessions",
            say.integer(sessions.count),
            f"{say.integer(sessions.single)} of a single moment, observed",
            f"Runs of one person's events without a gap of {sessions.gap_minutes} minutes. Those of a single moment "
            "have no length and are not in the median.",
        ),
        line("Median", sessions.median_minutes, say.integer, "Half of the lasting sessions are longer.", unit="min"),
        line("Longest tenth", sessions.p90_minutes, say.integer, "A tenth of them are longer (p90).", unit="min"),
        *_sensitivity(sessions),
    ]
    sampled = "" if sessions.sampled >= 1 else f", from {whole_percent(sessions.sampled)} of the people"
    place = card("sessions", "Sessions", f"cut after {sessions.gap_minutes} minutes of silence{sampled}")
    layer(place.right, "inferred", "sessions", rows)
    with place.body:
        lines(rows, alt="Sessions, their length, and what another cut would change.")


def _sensitivity(sessions: Sessions) -> list[Line]:
    others = [each for each in sessions.sensitivity if each.gap_minutes != sessions.gap_minutes]
    return [
        counted(
            f"Cut at {each.gap_minutes} min",
            say.integer(each.count),
            f"sessions, median {_minutes(each.median_minutes)}",
            "How many sessions there would be were another silence to end them.",
        )
        for each in others
    ]


def _minutes(value: float | None) -> str:
    return say.DASH if value is None else f"{say.decimal(value, digits=0)} min"


def _presence(found: Profile) -> None:
    engagement = found.engagement
    rows = [
        line(
            "Stickiness",
            engagement.stickiness,
            whole_percent,
            "Mean people a day over people in 28 days, with its interval between people.",
        ),
        counted("Active weekdays", say.integer(engagement.active_weekdays), "of 20, observed", "Mondays to Fridays."),
        counted(
            "Active days", say.integer(engagement.active_days), f"of {found.window.days}, observed", "Any day with use."
        ),
        counted("Last event", _ago(engagement), "observed", "Since the newest event arrived."),
    ]
    place = card("presence", "Presence", "how often they come")
    layer(place.right, "inferred", "presence", rows)
    with place.body:
        lines(rows, alt="Stickiness, active days and the last event.")


def _ago(engagement: Engagement) -> str:
    silent = engagement.days_since_last
    return say.DASH if silent is None else f"{say.duration(silent * 86_400)} ago"
