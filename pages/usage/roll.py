"""Every customer against every limit: the three counts, and the table whose cells are shaded by how much is used."""

from typing import Final, cast

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.usage.attention import DEFINITIONS, STATES, State, days_in_words, is_over, pressure
from core.usage.consumption import Consumption
from core.usage.standings import InstallStanding, Sort, StandingCounts, standings
from pages.parts import columns, filters, links, paging, pills
from pages.parts import format as say
from pages.parts.cards import Definition, Drill, Tile, card
from pages.parts.empty import empty
from pages.parts.load import load, minute
from pages.usage import wording

_OPEN: Final = "usage-open"
_PAGE: Final = 40
_ROWS_IN_SIGHT: Final = 16
WORDS: Final[dict[State, str]] = {"over": "Over", "near": "Near", "jumping": "Jumping"}
LABELS: Final[dict[State, str]] = {"over": "Over a limit", "near": "Near a limit", "jumping": "Jumping"}
_COLORS: Final = ["red", "orange", "blue"]
_ORDERS: Final[dict[str, str]] = {
    "share": "Nearest to a limit",
    "days": "Soonest at a limit",
    "change": "Grown most",
}
METERS_SHOWN: Final = ("api_calls_day", "storage_bytes", "bandwidth_bytes_month", "members", "projects")


def tiles(counts: StandingCounts) -> list[Tile]:
    """The three counts."""
    shown = {"over": counts.over, "near": counts.near, "jumping": counts.jumping}
    return [
        Tile(
            state,
            LABELS[state],
            say.integer(shown[state]),
            definition=Definition(DEFINITIONS[state], policy="Only licenses in force count, each customer once."),
            drill=Drill(links.to("usage"), "Show them", controls={"show": WORDS[state]}),
            note=f"of {say.count(counts.customers, 'customer')}",
        )
        for state in STATES
    ]


def show(actor: Actor, text: str) -> None:
    """Draw the table, narrowed by a chip and what is typed; a click on a name opens the customer."""
    place = card("heat", "Share of each limit", "On a busy day, or now where that is more", height="content")
    with place.right:
        picked = filters.at_most_one("Show", list(WORDS.values()), key="show")
        sort = cast(Sort, filters.order(_ORDERS))
    state = next((each for each, word in WORDS.items() if word == picked), None)
    with place.body:
        cursor = paging.cursor("usage", (state, sort, text))
        page = load(standings, actor, now=minute(), state=state, sort=sort, text=text[:200], cursor=cursor, limit=_PAGE)
        if not page.items:
            _nobody(state, text)
            return
        _table(page.items)
        paging.controls("usage", page.next_cursor, noun="installations")


def _nobody(state: State | None, text: str) -> None:
    if text:
        empty("usage", "No customer is called that", "Type a shorter part of a name, or a whole install id.")
        return
    said = {"over": "over a limit", "near": "near a limit", "jumping": "jumping"}[state or "over"]
    empty("usage", f"Nobody is {said}", "Take the chip away to see everybody.", icon="task_alt")


def _table(items: tuple[InstallStanding, ...]) -> None:
    row = columns.opened(_OPEN)
    if row is not None and row < len(items):
        filters.go(links.to("usage"), {"install_id": items[row].install_id})
    meters = [{each.meter: each for each in item.meters} for item in items]
    shares = {meter: [None if meter not in by else pressure(by[meter]) for by in meters] for meter in METERS_SHOWN}
    frame = pd.DataFrame(
        {
            "name": [item.organization for item in items],
            "state": [[WORDS[state] for state in STATES if state in item.states] for item in items],
            **{meter: [None if share is None else round(share, 2) for share in each] for meter, each in shares.items()},
            "reach": [_reach(item.meters) for item in items],
            "change": [_change(item.meters) for item in items],
            "tier": pills.cells("tier", [item.tier_id for item in items]),
        }
    )
    columns.table(
        columns.shaded(frame, METERS_SHOWN),
        {
            "name": columns.opener("Customer", key=_OPEN, width=145),
            "state": st.column_config.MultiselectColumn(
                "State", options=list(WORDS.values()), color=_COLORS, width=125
            ),
            **{meter: columns.percent(wording.SHORT[meter], width=83) for meter in METERS_SHOWN},
            "reach": columns.text("Limit reached in", width=140, help="The soonest of its limits: median, and range."),
            "change": columns.text("28 days", width=65, help="API calls of 28 whole days over the 28 before."),
            "tier": columns.pills("tier", "Tier", width=95),
        },
        key="usage",
        alt="Customers with the share of each limit that they use, when they will reach one, and how use has changed.",
        height="content" if len(items) <= _ROWS_IN_SIGHT else round((_ROWS_IN_SIGHT + 1.5) * columns.ROW_HEIGHT),
    )


def _reach(rows: tuple[Consumption, ...]) -> str | None:
    """When the soonest limit will be reached, and which."""
    over = [row for row in rows if is_over(row)]
    if over:
        return f"over: {wording.SHORT[over[0].meter]}"
    coming = [(row.days_to_limit.p50, row) for row in rows if row.days_to_limit and row.days_to_limit.p50 is not None]
    return days_in_words(min(coming, key=lambda each: each[0])[1]) if coming else None


def _change(rows: tuple[Consumption, ...]) -> str | None:
    calls = next((row for row in rows if row.meter == "api_calls_day"), None)
    return None if calls is None or calls.change is None else wording.growth(calls.change)
