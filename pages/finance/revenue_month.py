"""The month that the Revenue screens look at: the running one, or any past one that the address names."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pandas as pd

from core.access.actor import Actor
from core.finance.views import month_sums
from core.periods import INSTANT, Period, add_months, month_of, months_until
from pages.parts import filters, links
from pages.parts import format as say
from pages.parts.cards import Drill
from pages.parts.empty import empty
from pages.parts.load import load, minute

# As far back as a month can be picked; the charts reach as far again.
REACH: Final = 36
# What the month is called in the address of each screen. Streamlit drops the value of a control that another screen
# has under the same name, so that a link from one to the other would lose it.
_KEYS: Final = {"revenue": "month", "retention": "until", "movements": "to", "subscriptions": "at"}


@dataclass(frozen=True)
class Chosen:
    """A month as it is looked at `now`."""

    month: Period
    now: datetime

    @property
    def running(self) -> bool:
        """Whether the month is not over; at its last instant, at which imported books are looked at, it is."""
        return self.now < self.month.end - INSTANT

    @property
    def at(self) -> datetime:
        """The instant its levels are read at: its last one, or now while it runs."""
        return min(self.now, self.month.end - INSTANT)

    @property
    def judged(self) -> Period:
        """The last month that is over: the rates of one that still runs would compare unequal lengths of time."""
        return month_of(add_months(self.month.start, -1)) if self.running else self.month

    @property
    def name(self) -> str:
        """As a sentence says it: November 2026."""
        return f"{self.month.start:%B %Y}"

    def back(self, count: int) -> tuple[Period, ...]:
        """The `count` months that end with it, oldest first."""
        return tuple(months_until(self.month.start, count))


def address(screen: str, month: Period, **also: str) -> dict[str, str]:
    """The query by which a screen looks at a month."""
    return {_KEYS[screen]: say.month(month.start), **also}


def running() -> Chosen:
    """The month that runs."""
    now = minute()
    return Chosen(month_of(now), now)


def picker(actor: Actor, current: Chosen, screen: str) -> Chosen:
    """A box of the months that the books cover; the running one while none is picked."""
    known = begun(actor, current)
    months = {say.month(each.start): each for each in reversed(current.back(len(known)))}
    picked = filters.pick(
        "Month",
        list(months),
        key=_KEYS[screen],
        placeholder=f"{say.month(current.month.start)}{', so far' if current.running else ''}",
        width=190,
    )
    return current if picked is None else Chosen(months[picked], current.now)


def begun(actor: Actor, current: Chosen) -> pd.DataFrame:
    """The ledger's sums of every month that can be picked; empty before the first movement."""
    return load(month_sums, actor, current.back(REACH), as_of=current.now)


def nothing(key: str, title: str = "No revenue yet", icon: str = "payments") -> None:
    """The empty state of books without a movement."""
    empty(
        key,
        title,
        "MRR appears here with the first paid license, and every change of it as a movement. Issue one on Licenses, or "
        "import your books in Settings.",
        icon=icon,
        link=Drill(links.to("licenses"), "Licenses"),
    )
