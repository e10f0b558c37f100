"""The forecast of MRR as the books allow it: the ledger's whole months, their forecast, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from core.access.actor import Actor
from core.errors import InvalidInput
from core.finance.forecast import COMPONENTS, RevenueForecast, forecast
from core.finance.ledger import ledger_money, may_see_all
from core.periods import INSTANT, Period, add_months, month_start, months_until
from db.session import ReadSession

# Prices, products and markets change: what is older than four years says little of the next one.
REACH: Final = 48


@dataclass(frozen=True)
class KnownAndAhead:
    """The whole months with their closing MRR in minor units of REPORTING, and what comes; `why` where nothing can be.

    `ahead` are the coming months, the one that runs first; as many as the forecast has steps.
    """

    months: tuple[Period, ...]
    closing: tuple[int, ...]
    ahead: tuple[Period, ...]
    forecast: RevenueForecast | None
    why: str


def revenue_forecast(session: ReadSession, actor: Actor, *, as_of: datetime) -> KnownAndAhead:
    """Return the forecast of MRR from the whole months before `as_of`; needs `finance:read`."""
    may_see_all(actor)
    last = month_start(as_of + INSTANT)
    months = months_until(last - INSTANT, REACH)
    sums = ledger_money(session, months, (), as_of=as_of).measures
    paid = np.asarray(sums["opening"][0] > 0)
    # The month of the first sale is no whole one: it says nothing of how much a month brings.
    first = int(np.argmax(paid)) if paid.any() else len(months)
    closing = sums["closing"][0][first:]
    known = tuple(months[first:])
    try:
        made = forecast(
            int(sums["opening"][0][first]) if len(known) else 0,
            {name: sums[name][0][first:].astype(np.float64) for name in COMPONENTS},
            closing.astype(np.float64),
        )
    except InvalidInput as refused:
        return KnownAndAhead(known, _whole(closing), (), None, refused.message)
    ahead = tuple(Period(add_months(last, step), add_months(last, step + 1)) for step in range(len(made.mrr.expected)))
    return KnownAndAhead(known, _whole(closing), ahead, made, "")


def _whole(values: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(each) for each in values)
