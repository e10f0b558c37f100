"""The tiles of Cash: runway with its range, what is in the bank, burn, and what growth costs."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from core.access.actor import Actor
from core.finance.cash import cash_facts
from core.finance.cash_statement import CashPicture
from core.finance.economics import economics_facts
from core.finance.runway import Outlook
from core.metrics.answered import Figure
from core.metrics.catalog import metric
from core.metrics.metric import Sums
from core.metrics.query import Span
from core.metrics.sums import sums_of
from core.periods import months_until
from pages.parts import format as say
from pages.parts import measures
from pages.parts.cards import Tile
from pages.parts.load import load

_TREND: Final = 13


def tiles(actor: Actor, picture: CashPicture, now: datetime) -> list[Tile]:
    """The tiles, left to right; each with a year of month ends."""
    months = tuple(months_until(now, _TREND))
    cash = [sums_of(row) for row in load(cash_facts, actor, months, as_of=now).to_dict("records")]
    growth = [sums_of(row) for row in load(economics_facts, actor, months, as_of=now).to_dict("records")]
    return [
        _tile("runway", cash, now, note=between(picture.outlook)),
        _tile("cash", cash, now, note=f"as of {say.day(now)}"),
        _tile("burn", cash, now, note="a month, over three months"),
        _tile("burn_multiple", growth, now, note="over six whole months"),
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


def _tile(metric_id: str, months: list[Sums], now: datetime, *, note: str) -> Tile:
    one = metric(metric_id)
    values = tuple(one.of(sums) for sums in months)
    span = Span(start=now.date(), end=now.date(), label="now")
    made = measures.tile(Figure(one, values[-1], None, span, None, values))
    # Why a figure does not exist is worth more than over what it would be.
    return made if made.note else replace(made, note=note)
