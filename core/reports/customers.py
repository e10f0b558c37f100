"""The report of customers: what the list of customers shows, a row each."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.customers import Customer, CustomerFilter
from core.accounts.reads import MOST, list_customers
from core.reports.report import Narrowed, Report
from core.reports.tabular import Cell, Column
from db.session import ReadSession

COLUMNS: Final = (
    Column("name", "Customer", width=28),
    Column("install_id", "Install ID", width=34),
    Column("status", "Status"),
    Column("tier", "Tier"),
    Column("term", "Term"),
    Column("billing_period", "Billed"),
    Column("licenses", "Licenses", "whole"),
    Column("country", "Country", width=9),
    Column("segment", "Segment"),
    Column("owner", "Owner"),
    Column("mrr", "MRR", "money", finance=True),
    Column("currency", "MRR currency", width=10, finance=True),
    Column("health", "Health", "number"),
    Column("band", "Health band", width=12),
    Column("events_30d", "Events, 30 days", "whole"),
    Column("limit_share", "Highest share of a limit", "share"),
    Column("limit_meter", "Of which limit"),
    Column("archetype", "Archetype"),
    Column("upsells", "Open upsells", "whole"),
    Column("sentence", "In a sentence", width=60),
    Column("issued_at", "Customer since", "instant"),
    Column("expires_at", "License ends", "instant"),
    Column("last_seen_at", "Last seen", "instant"),
)
TAKES: Final = frozenset(CustomerFilter.__dataclass_fields__)


def _rows(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    filters = CustomerFilter(**narrowed.given())  # type: ignore[arg-type]  # checked against TAKES before
    cursor: str | None = None
    while True:
        page = list_customers(session, actor, filters, now=now, cursor=cursor, limit=MOST)
        yield from map(_row, page.customers)
        cursor = page.next_cursor
        if cursor is None:
            return


def _row(each: Customer) -> Mapping[str, Cell]:
    plain = ("name", "install_id", "term", "billing_period", "licenses", "country", "segment", "health", "events_30d")
    more = ("limit_share", "limit_meter", "archetype", "upsells", "sentence", "issued_at", "expires_at", "last_seen_at")
    return {name: getattr(each, name) for name in (*plain, *more)} | {
        "status": each.status.value,
        "tier": each.tier_id,
        "owner": each.owner_email,
        "band": each.band,
        "mrr": each.mrr.major() if each.mrr else None,
        "currency": each.mrr.currency if each.mrr else None,
    }


CUSTOMERS: Final = Report("customers", "Customers", Permission.CUSTOMER_READ, COLUMNS, TAKES, _rows)
