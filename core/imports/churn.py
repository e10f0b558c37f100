"""The definitions of churn that books bring along, held against what their subscriptions say."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from core.imports.gathering import Account
from core.imports.reading import RawSource
from core.money import Money
from core.periods import last_instant


@dataclass(frozen=True)
class Churn:
    """How many customers left, by each definition, on the last day of the books.

    `flagged` by the customer's own flag, `ended` of the subscriptions at `ended_customers`, `events` noted at
    `event_customers`; `lost` is how often a customer's MRR fell to zero (`lost_customers` of them), and `gone` how many
    pay nothing at the end: what the ledger says.
    """

    customers: int
    subscriptions: int
    flagged: int
    flagged_paying: int
    ended: int
    ended_customers: int
    events: int
    event_customers: int
    event_not_flagged: int
    flagged_without_event: int
    lost: int
    lost_customers: int
    gone: int

    def contradict(self) -> bool:
        """Whether two of the definitions in use disagree."""
        told = {number for number, used in ((self.flagged, self.flagged), (self.event_customers, self.events)) if used}
        return bool(told - {self.gone})

    def sentence(self) -> str:
        """Return the disagreement in words."""
        return (
            f"Three definitions of churn contradict each other: {self.flagged:,} of {self.customers:,} customers are "
            f"flagged as churned ({self.flagged_paying:,} of them still pay on the last day); {self.ended:,} of "
            f"{self.subscriptions:,} subscriptions ended, at {self.ended_customers:,} customers, of whom "
            f"{self.gone:,} pay nothing at the end; {self.events:,} churn events name {self.event_customers:,} "
            f"customers, {self.event_not_flagged:,} of them not flagged, while {self.flagged_without_event:,} are "
            f"flagged without one. The ledger follows the subscriptions alone: MRR fell to zero {self.lost:,} times, "
            f"at {self.lost_customers:,} customers."
        )

    def as_json(self) -> dict[str, int]:
        """Return the numbers by name."""
        return asdict(self)


def compare(accounts: Sequence[Account], raw: Mapping[str, RawSource], end: datetime) -> Churn:
    """Return the numbers of each definition, and note the rows that disagree with the subscriptions."""
    flagged = {id(one) for one in accounts if one.customer is not None and one.customer.churned}
    noted = {id(one) for one in accounts if one.churn_events}
    subscriptions = [row for one in accounts for row in one.subscriptions]
    falls = [_falls(one) for one in accounts]
    for one in accounts:
        _note(one, raw, end)
    return Churn(
        customers=len(accounts),
        subscriptions=len(subscriptions),
        flagged=len(flagged),
        flagged_paying=sum(id(one) in flagged and one.mrr_minor(end) > 0 for one in accounts),
        ended=sum(row.ends is not None for row in subscriptions),
        ended_customers=sum(any(row.ends is not None for row in one.subscriptions) for one in accounts),
        events=sum(len(one.churn_events) for one in accounts),
        event_customers=len(noted),
        event_not_flagged=len(noted - flagged),
        flagged_without_event=len(flagged - noted),
        lost=sum(falls),
        lost_customers=sum(number > 0 for number in falls),
        gone=sum(bool(one.subscriptions) and one.mrr_minor(end) == 0 for one in accounts),
    )


def _note(account: Account, raw: Mapping[str, RawSource], end: datetime) -> None:
    customer = account.customer
    if customer is not None and customer.churned and (paid := account.mrr_minor(end)):
        said = f"It is flagged as churned, and pays {_said(account, paid)} a month on {end.date()}."
        raw[customer.origin.source].doubt(customer.origin, "churned_but_paying", said)
    for row in account.churn_events:
        paid = account.mrr_minor(last_instant(row.at.date()))
        if paid:
            said = (
                f"It left on {row.at.date()}, it says; its subscriptions are worth {_said(account, paid)} a month then."
            )
            raw[row.origin.source].doubt(row.origin, "churn_not_in_ledger", said)


def _said(account: Account, minor: int) -> Money:
    return Money(minor, account.subscriptions[0].amount.currency)


def _falls(account: Account) -> int:
    """Return how often the MRR of a customer who paid came to nothing."""
    steps: dict[datetime, int] = {}
    for row in account.subscriptions:
        if row.ends is not None and row.ends <= row.starts:
            continue
        steps[row.starts] = steps.get(row.starts, 0) + row.mrr.minor
        if row.ends is not None:
            steps[row.ends] = steps.get(row.ends, 0) - row.mrr.minor
    balance, falls = 0, 0
    for at in sorted(steps):
        before, balance = balance, balance + steps[at]
        falls += before > 0 and balance == 0
    return falls
