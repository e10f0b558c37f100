"""The figures of telemetry: one verdict, six shares, how it arrived day by day, and why events were refused."""

from typing import Final, Literal

import pandas as pd
import streamlit as st

from core.telemetry.delivery import Delivery
from pages.parts import charts, columns, links
from pages.parts import format as say
from pages.parts.cards import Definition, Drill, Tile, difference, growth
from pages.parts.theme import SCREEN
from pages.usage import telemetry_words as words

_AGAINST: Final = "7 days before"
_SERIES: Final = {"in_time": "In time", "late": "Late", "duplicates": "Sent twice", "refused": "Refused"}
_COLORS: Final = {
    "In time": SCREEN.role("accent"),
    "Late": SCREEN.role("warning"),
    "Sent twice": SCREEN.role("neutral"),
    "Refused": SCREEN.role("bad"),
}


def verdict(found: Delivery) -> None:
    """Whether to trust it, in one sentence with its figures."""
    late, refused = found.week.share("late"), found.week.share("refused")
    figures = (
        f"{say.count(found.week.accepted, 'event')} from {say.count(found.sending, 'install')} in 7 days, "
        f"{say.percent(None if late is None else 1 - late)} within the hour, {say.percent(refused)} refused."
    )
    wrong = found.doubts()
    if wrong:
        pill = f":orange-badge[:material/error: {'Mostly trustworthy' if len(wrong) == 1 else 'Doubtful'}]"
        sentence = f"{figures} Keep in mind: {words.doubts(wrong)}."
    else:
        pill = ":green-badge[:material/check_circle: Trustworthy]"
        sentence = f"{figures} What we know is what happened."
    with st.container(key="card-verdict", border=True):
        st.markdown(f"{pill} {say.plain(sentence)}")


def tiles(found: Delivery) -> list[Tile]:
    """What was received, and the five ways in which it may be wrong."""
    received = Tile(
        "accepted",
        "Received in 7 days",
        say.compact(found.week.accepted),
        change=growth(found.week.accepted, found.before.accepted, against=_AGAINST, growth_is_good=None),
        trend=list(found.by_day["accepted"]),
        definition=Definition(words.MEANINGS["accepted"]),
        note=f"{say.integer(found.today.accepted)} today",
    )
    return [
        received,
        _share(found, "late", "Late"),
        _share(found, "refused", "Refused"),
        _share(found, "duplicates", "Sent twice"),
        _share(found, "ahead", "Clock ahead"),
        _silent(found),
    ]


def _share(found: Delivery, of: Literal["late", "refused", "ahead", "duplicates"], label: str) -> Tile:
    now, before = found.week.share(of), found.before.share(of)
    return Tile(
        of,
        label,
        say.percent(now),
        change=difference(now, before, against=_AGAINST, show=say.percent, growth_is_good=False),
        trend=list(found.by_day[of]),
        definition=Definition(words.MEANINGS[of], policy=words.policy(of)),
        drill=Drill(links.to("telemetry"), "Show where", controls={"show": words.SHOW[of]}),
    )


def _silent(found: Delivery) -> Tile:
    return Tile(
        "silent",
        "Silent installs",
        say.integer(found.silent),
        definition=Definition(words.MEANINGS["silent"], policy=words.policy("silent")),
        drill=Drill(links.to("telemetry"), "Show them", controls={"show": words.SHOW["silent"]}),
        note=f"of {say.count(found.sending + found.silent, 'install')} · {found.too_much} send too much",
    )


def chart(found: Delivery) -> charts.Chart:
    """Events by the day on which they arrived, and how."""
    days = found.by_day.assign(in_time=found.by_day["accepted"] - found.by_day["late"])
    frame = pd.DataFrame(
        [
            {"day": say.day(row["day"], year=False), "how": said, "events": row[name]}
            for _, row in days.iterrows()
            for name, said in _SERIES.items()
        ]
    )
    return charts.bar(
        frame,
        label="day",
        value="events",
        series="how",
        title="How events arrived",
        unit=charts.units.count("events"),
        colors=_COLORS,
    )


def reasons(found: Delivery) -> None:
    """Each reason with its events; or that there was none."""
    if not found.reasons:
        st.caption(":material/task_alt: Nothing was refused.")
        return
    whole = sum(events for _, events in found.reasons)
    columns.table(
        pd.DataFrame(
            {
                "reason": [words.reason(code) for code, _ in found.reasons],
                "share": [round(events / whole, 2) for _, events in found.reasons],
                "events": [events for _, events in found.reasons],
                "code": [code for code, _ in found.reasons],
            }
        ),
        {
            "reason": columns.name("Reason", width=180),
            "share": columns.share("Share"),
            "events": columns.count("Events"),
        },
        key="reason-rows",
        alt="Reasons for refusing events, with their share and number.",
        height="content" if len(found.reasons) <= 7 else 8 * columns.ROW_HEIGHT,
    )
