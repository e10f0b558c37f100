"""Reports of the house itself: the audit trail, and the releases there are."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from core.access.actor import Actor
from core.access.audit_reads import MOST, AuditEntry, Place, Search, search
from core.access.permissions import Permission
from core.licensing.releases import releases
from core.organizations.reads import names
from core.reports.report import Narrowed, Report
from core.reports.spans import period_of
from core.reports.tabular import Cell, Column
from db.session import ReadSession

_INSTANT: Final = timedelta(microseconds=1)


def _audit(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    period, of = period_of(narrowed, now), names(session, actor)
    wanted = Search(
        who=narrowed.owner or "",
        action=narrowed.kind or "",
        text=narrowed.text or "",
        since=period.start,
        until=period.end - _INSTANT,
    )
    after: Place | None = None
    while True:
        page = search(session, actor, None, wanted, after=after, limit=MOST)
        yield from (_entry(each) | {"whose": of.get(each.organization_id)} for each in page.entries)
        after = page.next
        if after is None:
            return


def _entry(each: AuditEntry) -> dict[str, Cell]:
    plain = ("at", "actor_label", "actor_kind", "action", "target_kind", "target_id", "reason", "address", "sequence")
    said = {"before": each.before, "after": each.after}
    return {name: getattr(each, name) for name in plain} | {
        **{name: json.dumps(value, ensure_ascii=False, default=str) if value else None for name, value in said.items()},
        "hash": each.hash.hex() if each.hash else None,
    }


def _releases(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    for each in releases(session):
        plain = ("product", "version", "released_at", "supported_until", "notes")
        yield {name: getattr(each, name) for name in plain}


_AUDIT: Final = (
    Column("at", "When", "instant"),
    Column("actor_label", "Who", width=28),
    Column("actor_kind", "Kind", width=10),
    Column("action", "Did", width=26),
    Column("whose", "Whose", width=24),
    Column("target_kind", "What", width=16),
    Column("target_id", "Which", width=38, paper=False),
    Column("reason", "Reason", width=36),
    Column("before", "Before", width=40, paper=False),
    Column("after", "After", width=40, paper=False),
    Column("address", "From", width=16),
    Column("sequence", "Place in the chain", "whole"),
    Column("hash", "Hash", width=40, paper=False),
)
_RELEASES: Final = (
    Column("product", "Product"),
    Column("version", "Version"),
    Column("released_at", "Released", "instant"),
    Column("supported_until", "Supported until", "instant"),
    Column("notes", "Notes", width=60),
)

HOUSE: Final[tuple[Report, ...]] = (
    Report(
        "audit",
        "Audit trail",
        Permission.AUDIT_READ,
        _AUDIT,
        frozenset({"text", "owner", "kind", "since", "until"}),
        _audit,
        Permission.AUDIT_EXPORT,
    ),
    Report("releases", "Releases", Permission.CUSTOMER_READ, _RELEASES, frozenset(), _releases),
)
