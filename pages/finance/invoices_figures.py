"""The first glance at invoices: how much is overdue and since when, what is not due yet, what is still a draft."""

from datetime import date
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.billing.invoices.ageing import BUCKETS
from core.billing.invoices.gaps import series
from core.finance.receivables import Receivables
from pages.parts import charts
from pages.parts import format as say
from pages.parts.cards import Definition, Drill, Tile, card
from pages.parts.load import load

WORDS: Final = ("Not due", "1–30 days", "31–60 days", "61–90 days", "Over 90 days")
_HEIGHT: Final = 330
_ROLES: Final = ("neutral", "warning", "warning", "bad", "bad")
assert len(WORDS) == len(BUCKETS)  # noqa: S101 - a column is named here or nowhere


def tiles(actor: Actor, found: Receivables, day: date) -> list[Tile]:
    """Overdue, not due yet, drafts, and whether the numbers run without a gap."""
    return [_overdue(found, day), _open(found), _drafts(found), _numbers(actor)]


def ages(found: Receivables) -> None:
    """Bars of what is owed by how long it has been due."""
    frame = pd.DataFrame({"age": WORDS, "owed": [one.minor for one in found.buckets], "role": _ROLES})
    with card("ages").body:
        charts.show(
            charts.bar(
                frame,
                label="age",
                value="owed",
                title="What is owed, by age",
                unit=charts.units.money(found.buckets[0].currency),
                role="role",
                horizontal=True,
                height=_HEIGHT,
                room=0.35,
            ),
            key="ages",
        )


def _overdue(found: Receivables, day: date) -> Tile:
    if found.oldest is None:
        note = "nothing is late"
    else:
        note = f"{say.count(found.late, 'invoice')}, the oldest {say.count((day - found.oldest).days, 'day')}"
    return Tile(
        "overdue",
        "Overdue",
        say.amount(found.overdue, whole=True),
        note=note,
        definition=Definition(
            "What issued invoices leave to pay past their due day. Drafts, void and given-up ones count nothing.",
            "total − paid − credited, where due before today",
            policy=_converted(found),
        ),
        drill=Drill("", "See them", controls={"state": "overdue"}),
    )


def _open(found: Receivables) -> Tile:
    return Tile(
        "open",
        "Not due yet",
        say.amount(found.buckets[0], whole=True),
        note=f"{say.count(found.open, 'invoice')} out, in time",
        definition=Definition("What issued invoices leave to pay whose day has not passed.", policy=_converted(found)),
        drill=Drill("", "See them", controls={"state": "open"}),
    )


def _drafts(found: Receivables) -> Tile:
    return Tile(
        "drafts",
        "Drafts",
        say.amount(found.drafted, whole=True),
        note=f"{say.count(found.drafts, 'draft')} to look at and issue" if found.drafts else "none waits",
        definition=Definition(
            "What is drafted and not issued: it has no number, nobody was asked for it, and it can still change.",
            policy=_converted(found),
        ),
        drill=Drill("", "See them", controls={"state": "draft"}),
    )


def _numbers(actor: Actor) -> Tile:
    found = load(series, actor)
    lacking = sum(one.lacking for one in found)
    return Tile(
        "numbers",
        "Numbering gaps",
        say.integer(lacking) if found else say.DASH,
        note="no number is missing" if found and not lacking else "see below" if lacking else "nothing is issued yet",
        definition=Definition(
            "Numbers that were given and stand on no invoice or credit note. A number is taken in the same transaction "
            "that issues the invoice, and a void invoice keeps its number, so this is none."
        ),
    )


def _converted(found: Receivables) -> str:
    return f"Several currencies, added up in {found.buckets[0].currency} at today's rates." if found.converted else ""
