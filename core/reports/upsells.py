"""The report of upsells: the list that sales work, the most valuable first, a row each."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from core.access.actor import Actor
from core.access.permissions import Permission
from core.culture.upsell_reads import Upsell, every_upsell
from core.money import Money
from core.reports.report import Narrowed, Report
from core.reports.tabular import Cell, Column
from db.session import ReadSession

COLUMNS: Final = (
    Column("organization", "Customer", width=28),
    Column("priority", "Priority", width=10),
    Column("offer_label", "Offer", width=26),
    Column("sentence", "Why", width=70),
    Column("value", "Expected in a year", "money", finance=True),
    Column("currency", "Currency", width=9, finance=True),
    Column("expected_value_basis", "How it is made", width=60, finance=True),
    Column("days_p10", "Days left, 10 in 100", "whole"),
    Column("days_left", "Days left, median", "whole"),
    Column("days_p90", "Days left, 90 in 100", "whole"),
    Column("confidence", "Confidence", width=11),
    Column("rule", "Rule", width=20),
    Column("rule_version", "Version", "whole", width=8),
    Column("rules", "All rules", width=34),
    Column("evidence", "Evidence", width=70),
    Column("assigned_to", "Who has it"),
    Column("contacted_at", "Called", "instant"),
    Column("snoozed_until", "Snoozed until", "instant"),
    Column("note", "Note", width=50),
    Column("found_at", "Found", "instant"),
    Column("install_id", "Install ID", width=34),
)
TAKES: Final = frozenset({"text", "priority", "rule", "assigned_to", "snoozed"})


def _rows(session: ReadSession, actor: Actor, narrowed: Narrowed, now: datetime) -> Iterator[Mapping[str, Cell]]:
    wanted: dict[str, Any] = narrowed.given()
    return map(_row, every_upsell(session, actor, now=now, **wanted))


def _row(each: Upsell) -> Mapping[str, Cell]:
    known = each.expected_value_minor is not None and each.currency is not None
    told = {
        "rules": " ".join(each.rules),
        "evidence": "; ".join(
            f"{one['label']}: {one['value']} (n {one['n']}, {one['window']})" for one in each.evidence
        ),
        "value": Money(each.expected_value_minor or 0, each.currency or "").major() if known else None,
    }
    return {**{column.name: getattr(each, column.name) for column in COLUMNS if column.name not in told}, **told}


UPSELLS: Final = Report("upsells", "Upsells", Permission.CULTURE_READ, COLUMNS, TAKES, _rows)
