"""What customers owe in one currency: how old it is, and what of it is late."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.access.actor import Actor
from core.billing.invoices.ageing import BUCKETS, Aged, ageing
from core.billing.invoices.worklist import OVERDUE, Wanted, counts
from core.finance.exchange import REPORTING, Rates
from core.finance.flows import exchange_rates
from core.money import Money, total
from db.session import ReadSession


@dataclass(frozen=True)
class Receivables:
    """What is owed, by age in the order of BUCKETS; `oldest` is the day the longest unpaid one was due.

    Amounts are in the one currency that is owed in, else in the reporting currency at the day's rates; `converted` says
    so. `late`, `open` and `drafts` count invoices.
    """

    buckets: tuple[Money, ...]
    drafted: Money
    late: int
    open: int
    drafts: int
    oldest: date | None
    converted: bool
    rows: tuple[Aged, ...]

    @property
    def overdue(self) -> Money:
        """What should have been paid by now."""
        return total(self.buckets[1:], self.buckets[0].currency)


def receivables(session: ReadSession, actor: Actor, *, day: date) -> Receivables:
    """Return what is owed as of `day`; needs `finance:read`. InvalidInput where a currency has no exchange rate."""
    rows = ageing(session, actor, day=day)
    numbers = counts(session, actor, Wanted(), day=day)
    count = {name: sum(one.count for one in numbers if one.standing == name) for name in (OVERDUE, "open", "draft")}
    drafts = [one.due for one in numbers if one.standing == "draft"]
    currencies = {one.total.currency for one in rows} | {one.currency for one in drafts}
    converted = len(currencies) > 1
    rates = exchange_rates(session) if converted else Rates({})
    only = next(iter(currencies), REPORTING)

    def worth(amounts: Sequence[Money]) -> Money:
        return rates.report(amounts, day) if converted else total(amounts, only)

    late = [one for one in rows if any(one.amounts[1:])]
    return Receivables(
        tuple(worth([one.amounts[place] for one in rows]) for place in range(len(BUCKETS))),
        worth(drafts),
        count[OVERDUE],
        count["open"],
        count["draft"],
        min((one.oldest for one in late), default=None),
        converted,
        rows,
    )
