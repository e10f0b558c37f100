"""The tiles of Cash: runway with its range, what is in the bank, burn, and what growth costs."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from core.access.actor import Actor
from core.finance.cash_statement import CashPicture
from core.finance.runway import Outlook
from core.metrics.answering import figure
from pages.parts import format as say
from pages.parts import measures
from pages.parts.cards import Tile
from pages.parts.load import load_both

_TREND: Final = 13


def tiles(actor: Actor, picture: CashPicture, now: datetime) -> list[Tile]:
    """The tiles, left to right."""
    return [
        _tile(actor, "runway", now, note=between(picture.outlook)),
        _tile(actor, "cash", now, note=f"as of {say.day(now)}"),
        _tile(actor, "burn", now, note="a month, over three months"),
        _tile(actor, "burn_multiple", now, note="over six whole months"),
    ]


def between(known: Outlook) -> str:
    """The range of the runway in words."""
    if known.worst is None or known.best is None or known.worst.months is None:
        return ""
    if known.best.months is None:
        return f"{say.decimal(known.worst.months)} months at the highest burn of the year"
    if known.worst.months == known.best.months:
        return "at the burn of the last three whole months"
    return f"{say.decimal(known.worst.months)} to {say.decimal(known.best.months)} by the year's quarters"


def _tile(actor: Actor, metric_id: str, now: datetime, *, note: str) -> Tile:
    found = load_both(figure, actor, metric_id, now=now, months=_TREND)
    made = measures.tile(found, note=note)
    # Why a figure does not exist is worth more than how it would have been made.
    undefined = measures.tile(found).note if made.value == say.DASH else ""
    return replace(made, note=undefined or note)
