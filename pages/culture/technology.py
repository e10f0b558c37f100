"""What a customer runs, and how well it runs: clients, systems, versions and domains; errors and latency."""

import pandas as pd
import streamlit as st

from core.culture.profile import Profile
from core.culture.stack import Part, Stack
from pages.culture import reliability
from pages.culture.figures import Line, bounds, counted, layer, line, lines, rounded
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card

_KINDS = {
    "browser": "Browser",
    "api_client": "API client",
    "bot": "Bot",
    "unknown": "Unknown client",
    "system": "System",
    "version": "Our version",
    "domain": "Domain",
}

# More rows than this scroll.
_MOST_ROWS = 14


def show(found: Profile) -> None:
    """Draw the stack beside its reliability."""
    left, right = st.columns([3, 2])
    with left:
        _stack(found.stack)
    with right:
        reliability.show(found.reliability)


def _stack(stack: Stack) -> None:
    place = card("stack", "Tech stack", stack.sentence)
    rows = _stack_lines(stack)
    shares = {"Share": "Of the events that name one, with Wilson's 95% interval; below 5% nothing is claimed."}
    layer(place.right, "inferred", "stack", shares | {row.label: row.definition for row in rows})
    parts = [*stack.clients, *stack.systems, *stack.versions, *stack.domains]
    with place.body:
        if parts:
            columns.table(
                _parts(parts),
                {
                    "name": columns.name("What", width=160),
                    "kind": columns.text("Kind", width=110),
                    "share": columns.share("Share", help=shares["Share"]),
                    "interval": columns.text("95% interval", width=110),
                    "events": columns.count("Events"),
                },
                key="stack",
                alt="Clients, systems, versions and domains with their share, its interval and the events.",
                height="content" if len(parts) <= _MOST_ROWS else columns.ROW_HEIGHT * _MOST_ROWS,
            )
        lines(rows, alt="Main version, production domains and bots.")


def _parts(parts: list[Part]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": [each.name for each in parts],
            "kind": [_KINDS.get(each.kind, say.phrase(each.kind)) for each in parts],
            "share": [rounded(each.share) for each in parts],
            "interval": [bounds(each.share) for each in parts],
            "events": [each.events for each in parts],
        }
    )


def _stack_lines(stack: Stack) -> list[Line]:
    domains = say.listing(list(stack.production_domains), most=4) if stack.production_domains else "no event names one"
    return [
        counted("Main version", stack.main_version or say.DASH, "most events of the newest day", "What runs now."),
        counted(
            "Production domains",
            say.integer(len(stack.production_domains)),
            domains,
            "Domains seen that are no localhost, address or staging host.",
        ),
        line("Bots", stack.bots_share, say.percent, "Known to either of two crawler lists."),
    ]
