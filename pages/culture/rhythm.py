"""When a customer works: the hours of the week, and what is read from them."""

import pandas as pd
import streamlit as st

from core.culture.rhythm import Rhythm, WorkingHours, spoken_days
from core.culture.zone import Zone
from pages.culture.figures import Line, counted, layer, line, lines, whole_percent
from pages.parts import charts
from pages.parts import format as say
from pages.parts.cards import card

_BASIS = {
    "reported": "The time zone is the one that the installation reports.",
    "inferred": "No time zone is reported; an offset is told of, and hours stay in UTC.",
    "utc": "No time zone is known, so hours are in UTC.",
}
_WITHHELD = (
    ":material/visibility_off: **Hours are not shown here.** Fewer than five people were seen, so that hours would be "
    "those of persons. Working days and the weekend's share are told beside."
)


def show(rhythm: Rhythm) -> None:
    """Draw the heat map beside what is inferred from it."""
    left, right = st.columns([3, 2])
    with left:
        place = card("heat", f"When they work: {rhythm.label}")
        layer(place.right, "observed", "heat", {"Hours": _BASIS[rhythm.zone.basis]})
        with place.body:
            if rhythm.withheld:
                st.markdown(_WITHHELD)
            else:
                charts.show(_heat(rhythm), "heat")
            st.caption(say.plain(rhythm.zone.sentence))
    with right:
        rows = _lines(rhythm)
        place = card("rhythm", "Rhythm", f"from {say.count(rhythm.weeks, 'whole week')}")
        layer(place.right, "inferred", "rhythm", rows)
        with place.body:
            lines(rows, alt="Working hours and days, weekend, busiest hour and time zone with what they stand on.")


def _heat(rhythm: Rhythm) -> charts.Chart:
    cells = [(day, hour, events) for day, hours in enumerate(rhythm.heat) for hour, events in enumerate(hours)]
    return charts.heatmap_week(
        pd.DataFrame(cells, columns=["weekday", "hour", "events"]),
        weekday="weekday",
        hour="hour",
        value="events",
        title="Events by hour of the week",
        unit=charts.units.count("events"),
        zone=rhythm.zone.name,
    )


def _lines(rhythm: Rhythm) -> list[Line]:
    return [
        _hours(rhythm),
        counted(
            "Working days",
            spoken_days(rhythm.days) if rhythm.days else say.DASH,
            "days with 40% of a busy day's events or more",
            "Days that carry at least 40% of the median of the five busiest.",
        ),
        line("At weekends", rhythm.weekend_share, whole_percent, "Share of all events on Saturdays and Sundays."),
        line("Busiest hour", rhythm.peak_hour, _clock, "The hour of the day with most events."),
        line(
            "Concentration",
            rhythm.concentration,
            lambda value: say.decimal(value, digits=2),
            "Length R of the mean vector on the clock: 0 is even round the clock, 1 a single hour.",
        ),
        _zone(rhythm.zone),
    ]


def _zone(zone: Zone) -> Line:
    meaning = "As reported; else the UTC offset at which the week looks most like an office's, where evidence suffices."
    if zone.basis == "reported":
        return counted("Time zone", zone.name, "as the installation reports it", meaning)
    return line("UTC offset", zone.offset, lambda hours: say.decimal(hours, digits=0, sign=True), meaning, unit="h")


def _hours(rhythm: Rhythm) -> Line:
    hours, meaning = rhythm.hours, "The shortest run of hours that holds 80% of the working days' events."
    if not isinstance(hours, WorkingHours):
        return counted("Working hours", say.DASH, hours.reason, meaning)
    ends = f"start {hours.start_low}–{hours.start_high} h, end {hours.end_low or 24}–{hours.end_high or 24} h"
    told = f"{_clock(hours.start)}–{_clock(hours.end or 24)}"
    return counted("Working hours", told, f"{ends} · n {say.integer(hours.n)} · {hours.method}", meaning)


def _clock(hour: float | None) -> str:
    return say.DASH if hour is None else f"{int(hour):02d}:00"
