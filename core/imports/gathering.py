"""Rows of all sources put together by customer, their references looked up and held against each other."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from core.imports import entities
from core.imports.entities import Terms
from core.imports.findings import Refused
from core.imports.mapping import ORDER, Entity
from core.imports.reading import RawSource
from core.imports.rows import ChurnRow, CustomerRow, Key, Origin, Row, SubscriptionRow, TicketRow, UseRow
from core.periods import midnight

_READ: Mapping[Entity, Callable[[RawSource, Terms], Sequence[Row]]] = {
    "customer": entities.customers,
    "subscription": entities.subscriptions,
    "feature_usage": entities.uses,
    "ticket": entities.tickets,
    "churn_event": entities.churn_events,
}
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """A row that was taken over before: what it was like, and whose it became."""

    digest: bytes
    organization_id: UUID


@dataclass
class Account:
    """Everything of one customer: `new` is what is to be taken over, the rest was before.

    `customer` is None where only the database knows it, `organization_id` where it is new.
    """

    customer: CustomerRow | None
    organization_id: UUID | None
    subscriptions: list[SubscriptionRow] = field(default_factory=list)
    uses: list[UseRow] = field(default_factory=list)
    tickets: list[TicketRow] = field(default_factory=list)
    churn_events: list[ChurnRow] = field(default_factory=list)
    new: set[Key] = field(default_factory=set)

    def rows(self) -> Iterator[Row]:
        """Yield every row of the customer."""
        if self.customer is not None:
            yield self.customer
        yield from self.subscriptions
        yield from self.uses
        yield from self.tickets
        yield from self.churn_events

    def mrr_minor(self, at: datetime) -> int:
        """Return the MRR at an instant, in minor units of the books' currency."""
        return sum(one.mrr.minor for one in self.subscriptions if one.lives(at))


class Gathering:
    """Accounts by what identifies them: the row of a customer, or the organization that it became before."""

    def __init__(self, raw: Mapping[str, RawSource], terms: Terms, known: Mapping[Key, Known]) -> None:
        self.raw, self.terms, self.known = raw, terms, known
        self.accounts: dict[Key, Account] = {}
        self.taken_before: dict[str, int] = defaultdict(int)
        self._ids = {(name, row.origin.id) for name, source in raw.items() for row in source.rows}
        self._subscriptions: dict[Key, tuple[SubscriptionRow, Account]] = {}
        self._by_organization: dict[UUID, Account] = {}

    def gather(self) -> list[Account]:
        """Return the accounts in the order in which they are first met."""
        for entity in ORDER:
            for name in self.terms.books.of(entity):
                for row in _READ[entity](self.raw[name], self.terms):
                    self._place(row)
        return list({id(one): one for one in (*self.accounts.values(), *self._by_organization.values())}.values())

    def _place(self, row: Row) -> None:
        source = self.raw[row.origin.source]
        try:
            is_new = self._is_new(row.origin)
            account = self._account(row)
        except Refused as why:
            source.refuse(row.origin, why)
            return
        if is_new:
            account.new.add(row.origin.key)
        if isinstance(row, SubscriptionRow):
            account.subscriptions.append(row)
            self._subscriptions[row.origin.key] = (row, account)
        elif isinstance(row, UseRow):
            account.uses.append(row)
        elif isinstance(row, TicketRow):
            account.tickets.append(row)
        elif isinstance(row, ChurnRow):
            account.churn_events.append(row)
        self._compare(row, account)

    def _is_new(self, origin: Origin) -> bool:
        before = self.known.get(origin.key)
        if before is None:
            return True
        if before.digest != origin.digest:
            raise Refused("changed_since", "It was imported before with other content; what was imported stays.")
        self.taken_before[origin.source] += 1
        return False

    def _account(self, row: Row) -> Account:
        if isinstance(row, CustomerRow):
            before = self.known.get(row.origin.key)
            made = Account(row, before.organization_id if before else None)
            self.accounts[row.origin.key] = made
            if before is not None:
                self._by_organization[before.organization_id] = made
            return made
        key = row.owner if isinstance(row, UseRow) else row.customer
        if key in self._subscriptions:
            return self._subscriptions[key][1]
        if key in self.accounts:
            return self.accounts[key]
        if key in self.known and key not in self._ids:
            return self._known_account(self.known[key].organization_id)
        if key in self._ids:
            raise Refused("refused_reference", f"It belongs to {key[1]} of {key[0]}, which was refused.")
        raise Refused("unknown_reference", f"It belongs to {key[1]}, which {key[0]} does not hold.")

    def _known_account(self, organization_id: UUID) -> Account:
        return self._by_organization.setdefault(organization_id, Account(None, organization_id))

    def _compare(self, row: Row, account: Account) -> None:
        """Note what does not fit with other rows; it is taken over all the same."""
        for code, sentence in _misfits(row, account, self._subscriptions):
            self.raw[row.origin.source].doubt(row.origin, code, sentence)


def _misfits(
    row: Row, account: Account, subscriptions: Mapping[Key, tuple[SubscriptionRow, Account]]
) -> Iterable[tuple[str, str]]:
    signed_up = account.customer.signed_up if account.customer else None
    if isinstance(row, UseRow) and row.owner in subscriptions:
        under = subscriptions[row.owner][0]
        if row.day < under.starts.date():
            yield "before_start", f"{row.day} is before {under.origin.id} starts, on {under.starts.date()}."
        elif under.ends is not None and midnight(row.day) > under.ends:
            yield "after_end", f"{row.day} is after {under.origin.id} ended, on {under.ends.date()}."
    elif signed_up is not None and (at := _dated(row)) is not None and at < signed_up.replace(hour=0, minute=0):
        yield "before_signup", f"{at.date()} is before the customer signed up, on {signed_up.date()}."
    if isinstance(row, SubscriptionRow) and row.churned is not None and row.churned != (row.ends is not None):
        ended = f"it ended on {row.ends.date()}" if row.ends else "it has no end"
        yield "flag_without_end", f"Its churn flag says {'yes' if row.churned else 'no'}, and {ended}."


def _dated(row: Row) -> datetime | None:
    if isinstance(row, SubscriptionRow):
        return row.starts
    if isinstance(row, UseRow):
        return midnight(row.day)
    if isinstance(row, TicketRow):
        return row.submitted
    return row.at if isinstance(row, ChurnRow) else None
