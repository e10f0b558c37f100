"""A checked import taken over: some customers at a time, each batch committed with the markers of its rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.billing.reads import Subscription
from core.billing.writes import record_past_subscriptions
from core.databases import Databases
from core.errors import Conflict
from core.finance.steps import steps_of
from core.finance.writes import append_history
from core.ids import new_id
from core.imports.checking import Checked
from core.imports.findings import Finding
from core.imports.gathering import Account
from core.imports.reads import installs_of, tier_ids
from core.imports.rows import ChurnRow, CustomerRow, Key, Row, SubscriptionRow, TicketRow, UseRow
from core.imports.standing import license_of
from core.imports.writes import Marker, lock_books, mark_rows, marked, tell_progress
from core.licensing.past_licenses import add_past_licenses, note_signs_of_life, set_tier_features
from core.organizations.past_customers import PastCustomer, add_past_customers
from core.periods import midnight
from core.support.tickets import ChurnEvent, Ticket
from core.support.writes import record_churn_events, record_past_tickets
from core.telemetry.daily_use import DailyUse, record_daily_use
from db.session import SYSTEM, WriteSession

AT_ONCE: Final = 20

Report = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Taking:
    """What every batch of a run needs to know."""

    databases: Databases
    actor: Actor
    run_id: UUID
    checked: Checked
    doubtful: frozenset[tuple[str, str]]
    now: datetime
    refused: list[Finding] = field(default_factory=list)

    @property
    def books(self) -> str:
        """The name of the books."""
        return self.checked.books.books

    def marker(self, row: Row, organization_id: UUID) -> Marker:
        """Return the marker of a row."""
        odd = (row.origin.file, row.origin.id) in self.doubtful
        return Marker(row.origin.key, row.origin.digest, organization_id, odd)


def apply(
    databases: Databases, actor: Actor, run_id: UUID, checked: Checked, *, now: datetime, report: Report
) -> list[Finding]:
    """Take over every new row and return what was refused on the way; after a crash it goes on from where it was."""
    doubtful = frozenset((one.file, one.id) for one in checked.findings if one.verdict == "doubtful")
    taking = Taking(databases, actor, run_id, checked, doubtful, now)
    _set_features(taking)
    pending = [one for one in checked.accounts if one.new]
    done = 0
    for batch in _batches(pending):
        _take(taking, batch)
        done += len(batch)
        with databases.control.write(SYSTEM) as session:
            tell_progress(session, run_id, "customers", done, len(pending))
        report("customers", done, len(pending))
    return taking.refused


def _batches(accounts: Sequence[Account]) -> Iterator[Sequence[Account]]:
    for begin in range(0, len(accounts), AT_ONCE):
        yield accounts[begin : begin + AT_ONCE]


def _set_features(taking: Taking) -> None:
    """Give each tier what the mapping says that it includes."""
    wanted = taking.checked.books.features
    used = {use.feature for one in taking.checked.accounts for use in one.uses}
    with taking.databases.control.write(SYSTEM) as session:
        for tier_id, features in wanted.items():
            set_tier_features(session, taking.actor, tier_id, used if features == "used" else features, now=taking.now)


def _take(taking: Taking, batch: Sequence[Account]) -> None:
    """Take a batch over; where one customer's ledger has gone on meanwhile, the others still come in."""
    try:
        with taking.databases.control.write(SYSTEM) as session:
            owners = _customers(session, taking, batch)
            installs = installs_of(session, list(owners.values()))
    except Conflict as refused:
        if len(batch) > 1:
            for one in batch:
                _take(taking, [one])
            return
        taking.refused.extend(_refusals(batch[0], refused))
        return
    _uses(taking, batch, owners, installs)


def _customers(session: WriteSession, taking: Taking, batch: Sequence[Account]) -> dict[int, UUID]:
    """Take over what the control plane holds of a batch, with its markers, and return whose each account is."""
    lock_books(session, taking.books)
    wanted = [row.origin.key for one in batch for row in one.rows() if row.origin.key in one.new]
    before = marked(session, taking.books, wanted)
    owners = {index: _owner(one, before) for index, one in enumerate(batch)}
    rows: dict[int, list[Row]] = {
        index: [
            row
            for row in one.rows()
            if row.origin.key in one.new and row.origin.key not in before and not isinstance(row, UseRow)
        ]
        for index, one in enumerate(batch)
    }
    _add_customers(session, taking, batch, owners, rows)
    _add_subscriptions(session, taking, owners, rows)
    _add_support(session, taking, owners, rows)
    mark_rows(
        session,
        taking.books,
        taking.run_id,
        (taking.marker(row, owners[index]) for index, found in rows.items() for row in found),
    )
    return owners


def _owner(account: Account, before: dict[Key, UUID]) -> UUID:
    if account.organization_id is not None:
        return account.organization_id
    taken = before.get(account.customer.origin.key) if account.customer else None
    return taken or new_id()


def _add_customers(
    session: WriteSession,
    taking: Taking,
    batch: Sequence[Account],
    owners: dict[int, UUID],
    rows: dict[int, list[Row]],
) -> None:
    new = [(index, row) for index, found in rows.items() for row in found if isinstance(row, CustomerRow)]
    made = [
        PastCustomer(owners[index], row.name, row.signed_up, row.country, row.segment, row.email) for index, row in new
    ]
    add_past_customers(session, taking.actor, made, taking.books, now=taking.now)
    lowest, days = tier_ids(session)[0], taking.checked.books.trial_days
    licenses = [license_of(batch[index], row, owners[index], lowest_tier=lowest, trial_days=days) for index, row in new]
    add_past_licenses(session, taking.actor, licenses, now=taking.now)


def _add_subscriptions(
    session: WriteSession, taking: Taking, owners: dict[int, UUID], rows: dict[int, list[Row]]
) -> None:
    """Add the subscriptions of each customer and the movements that they amount to: both, or neither."""
    past = {
        owners[index]: [_past(row, owners[index]) for row in found if isinstance(row, SubscriptionRow)]
        for index, found in rows.items()
    }
    record_past_subscriptions(session, taking.actor, [one for each in past.values() for one in each], now=taking.now)
    for organization_id, each in past.items():
        append_history(session, taking.actor, organization_id, steps_of(each), now=taking.now)


def _add_support(session: WriteSession, taking: Taking, owners: dict[int, UUID], rows: dict[int, list[Row]]) -> None:
    found = [(owners[index], row) for index, each in rows.items() for row in each]
    tickets = [_ticket(owner, row) for owner, row in found if isinstance(row, TicketRow)]
    record_past_tickets(session, taking.actor, tickets, now=taking.now)
    events = [
        ChurnEvent(owner, row.at, row.reason, row.refund, row.reactivation, row.feedback)
        for owner, row in found
        if isinstance(row, ChurnRow)
    ]
    record_churn_events(session, taking.actor, events, now=taking.now)


def _uses(taking: Taking, batch: Sequence[Account], owners: dict[int, UUID], installs: dict[UUID, str]) -> None:
    """Count a batch's use on the telemetry plane, then mark its rows; done again after a crash, it counts it once."""
    found = [
        (owners[index], row)
        for index, one in enumerate(batch)
        for row in one.uses
        if row.origin.key in one.new and owners[index] in installs
    ]
    if not found:
        return
    with taking.databases.telemetry.write(SYSTEM) as session:
        record_daily_use(session, (_daily(taking, installs[owner], row) for owner, row in found), now=taking.now)
    with taking.databases.control.write(SYSTEM) as session:
        note_signs_of_life(session, _last_used(found, installs, taking.checked.end))
        mark_rows(session, taking.books, taking.run_id, (taking.marker(row, owner) for owner, row in found))


def _last_used(
    found: Sequence[tuple[UUID, UseRow]], installs: Mapping[UUID, str], end: datetime
) -> dict[str, datetime]:
    """Return the last day of each install's use that the books cover."""
    last: dict[str, datetime] = {}
    for owner, row in found:
        at = midnight(row.day)
        if row.uses and at <= end:
            last[installs[owner]] = max(last.get(installs[owner], at), at)
    return last


def _refusals(account: Account, why: Conflict) -> Iterator[Finding]:
    for row in account.rows():
        if row.origin.key in account.new:
            origin = row.origin
            yield Finding(origin.file, origin.line, origin.id, "ledger_goes_on", why.message)


def _past(row: SubscriptionRow, organization_id: UUID) -> Subscription:
    # Of no license: one license stands for all of a customer's subscriptions, and is paid for by each of them.
    return Subscription(
        new_id(),
        organization_id,
        None,
        row.tier,
        row.billing,
        row.amount,
        row.quantity,
        row.starts,
        row.ends,
    )


def _daily(taking: Taking, install: str, row: UseRow) -> DailyUse:
    # Two books may give one install the same id: each counts its own.
    record_id = f"{taking.books}:{row.origin.source}:{row.origin.id}"
    return DailyUse(install, record_id, row.day, row.feature, row.uses, row.errors, row.seconds)


def _ticket(organization_id: UUID, row: TicketRow) -> Ticket:
    return Ticket(
        organization_id,
        row.origin.id,
        row.priority,
        row.submitted,
        row.closed,
        row.response_minutes,
        row.satisfaction,
        row.escalated,
        row.subject,
    )
