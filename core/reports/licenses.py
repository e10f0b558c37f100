"""The report of licenses, newest first, a row each."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.licensing.attention import NEEDS
from core.licensing.reads import MOST, License, search
from core.licensing.status import Status
from core.reports.report import Narrowed, Report
from core.reports.tabular import Cell, Column
from db.session import ReadSession

COLUMNS: Final = (
    Column("install_id", "Install ID", width=34),
    Column("organization_name", "Customer", width=28),
    Column("status", "Status"),
    Column("tier_id", "Tier"),
    Column("term", "Term"),
    Column("billing_period", "Billed"),
    Column("issued_at", "Issued", "instant"),
    Column("expires_at", "Ends", "instant"),
    Column("suspended_at", "Suspended", "instant"),
    Column("revoked_at", "Revoked", "instant"),
    Column("revoke_reason", "Why revoked", width=40),
    Column("max_installs", "Most installations", "whole"),
    Column("max_seats", "Seats", "whole"),
    Column("domains", "Domains", width=40),
    Column("entitlements", "Entitlements", width=30),
    Column("versions", "Versions"),
    Column("check_in_days", "Check-in, days", "whole"),
    Column("first_verified_at", "First verified", "instant"),
    Column("last_check_in_at", "Last check-in", "instant"),
)
TAKES: Final = frozenset({"text", "status", "tier", "need"})


def _rows(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    wanted = _wanted(narrowed)
    cursor: str | None = None
    while True:
        page = search(session, actor, now=now, cursor=cursor, limit=MOST, **wanted)
        yield from map(_row, page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _wanted(narrowed: Narrowed) -> dict[str, Any]:
    if narrowed.status is not None and narrowed.status not in set(Status):
        raise InvalidInput(f"There is no status “{narrowed.status[:40]}”. Use one of {', '.join(Status)}.")
    if narrowed.need is not None and narrowed.need not in {*NEEDS, "any"}:
        raise InvalidInput(f"There is no need “{narrowed.need[:40]}”. Use one of any, {', '.join(NEEDS)}.")
    status = Status(narrowed.status) if narrowed.status else None
    return {"text": narrowed.text or "", "status": status, "tier_id": narrowed.tier, "need": narrowed.need}


def _row(each: License) -> Mapping[str, Cell]:
    listed = {"domains": " ".join(each.domains), "entitlements": " ".join(each.entitlements)}
    plain = {column.name: getattr(each, column.name) for column in COLUMNS if column.name not in listed}
    return {**plain, **listed, "status": each.status.value}


LICENSES: Final = Report("licenses", "Licenses", Permission.CUSTOMER_READ, COLUMNS, TAKES, _rows)
