"""The report of installations, the longest silent first, a row each."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, get_args

from core.access.actor import Actor
from core.access.permissions import Permission
from core.errors import InvalidInput
from core.licensing.in_the_field import MOST, Installed, Need, installs
from core.reports.report import Narrowed, Report
from core.reports.tabular import Cell, Column
from db.session import ReadSession

COLUMNS: Final = (
    Column("customer", "Customer", width=28),
    Column("install_id", "Install ID", width=34),
    Column("fingerprint", "Fingerprint", width=34),
    Column("tier_id", "Tier"),
    Column("suspended", "Suspended", "yes_no"),
    Column("version", "Version"),
    Column("behind", "Releases behind", "whole"),
    Column("supported", "Supported", "yes_no"),
    Column("supported_until", "Supported until", "instant"),
    Column("domain", "Domain", width=28),
    Column("activated_at", "Activated", "instant"),
    Column("last_seen_at", "Last seen", "instant"),
)
TAKES: Final = frozenset({"text", "need"})
_STANDING: Final = frozenset({"version", "behind", "supported", "supported_until"})


def _rows(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    need = _need(narrowed.need)
    cursor: str | None = None
    while True:
        page = installs(session, actor, now=now, need=need, text=narrowed.text or "", cursor=cursor, limit=MOST)
        yield from map(_row, page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def _need(said: str | None) -> Need | None:
    for known in get_args(Need):
        if said == known:
            return known  # type: ignore[no-any-return]  # get_args knows no types
    if said is not None:
        raise InvalidInput(f"There is no need “{said[:40]}”. Use one of {', '.join(get_args(Need))}.")
    return None


def _row(each: Installed) -> Mapping[str, Cell]:
    how, release = each.standing, each.standing.release
    plain = {column.name: getattr(each, column.name) for column in COLUMNS if column.name not in _STANDING}
    return {
        **plain,
        "version": how.version,
        "behind": how.behind,
        "supported": how.supported,
        "supported_until": release.supported_until if release else None,
    }


INSTALLS: Final = Report("installs", "Installations", Permission.CUSTOMER_READ, COLUMNS, TAKES, _rows)
