"""Moving in from ChartMogul as it is run and told on the console."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from core.access.actor import Actor
from core.databases import Databases
from core.errors import InvalidInput
from core.finance.flows import exchange_rates
from core.imports import console
from core.imports.applying import Report
from core.imports.chartmogul.checking import Moving, check
from core.imports.chartmogul.export import files_in
from core.imports.chartmogul.mapping import read_chartmogul_mapping
from core.imports.chartmogul.writes import AT_ONCE, keep_movements, take_bills
from core.imports.findings import Finding
from core.imports.reads import Order, customer_names, known_rows, tier_ids
from core.imports.running import require_no_demo, run, settle, vendor_actor
from core.imports.writes import tell_progress
from db.session import SYSTEM, ReadSession, WriteSession

MAPPING: Final = "chartmogul.yaml"


def order_from(mapping: Path | None, folder: Path) -> Order:
    """Return what lies on disk; without a mapping the folder's own `chartmogul.yaml` is taken."""
    path = mapping or folder / MAPPING
    if not path.is_file():
        raise InvalidInput(f"Say which tier each plan is: --mapping FILE, or {MAPPING} in the folder.", field="mapping")
    return Order(path.read_text(encoding="utf-8-sig"), path.name, files_in(folder))


def look(session: ReadSession, order: Order, *, into_demo: bool, now: datetime) -> Moving:
    """Check an order; Conflict where the demo world lives and nobody said that the books belong there."""
    if not into_demo:
        require_no_demo(session)
    mapping = read_chartmogul_mapping(order.mapping, order.mapping_name, tier_ids(session))
    return check(
        mapping,
        order.files,
        known=known_rows(session, mapping.books),
        rates=exchange_rates(session),
        names_taken=customer_names(session),
        now=now,
    )


def take(databases: Databases, run_id: UUID, moving: Moving, *, clock: Callable[[], datetime], report: Report) -> None:
    """Take everything over: customers with subscriptions and ledger, then invoices, then what theirs is compared by."""

    def then(actor: Actor) -> Sequence[Finding]:
        return _take_rest(databases, actor, run_id, moving, now=clock(), report=report)

    run(databases, run_id, clock=clock, report=report, checked=moving.checked, then=then)
    settle(databases, run_id, now=clock(), report=report)


def keep(session: WriteSession, order: Order, *, now: datetime) -> None:
    """Keep what an export says of MRR, and nothing else of it: what a parallel run compares with."""
    moving = look(session, order, into_demo=True, now=now)
    if not moving.movements:
        raise InvalidInput("The export holds no activities (activities.json or mrr_movements.csv).", field="folder")
    keep_movements(session, operator_of(session, now=now), moving, now=now)


def operator_of(session: WriteSession, *, now: datetime) -> Actor:
    """Return whom the operator's commands act as."""
    return vendor_actor(session, "manage.py", now=now)


told = console.told
report = console.report
begin = console.begin


def _take_rest(
    databases: Databases, actor: Actor, run_id: UUID, moving: Moving, *, now: datetime, report: Report
) -> list[Finding]:
    refused: list[Finding] = []
    for start in range(0, len(moving.bills), AT_ONCE):
        batch = moving.bills[start : start + AT_ONCE]
        with databases.control.write(SYSTEM) as session:
            refused += take_bills(session, actor, run_id, moving, batch, now=now)
            tell_progress(session, run_id, "invoices", start + len(batch), len(moving.bills))
        report("invoices", start + len(batch), len(moving.bills))
    with databases.control.write(SYSTEM) as session:
        keep_movements(session, actor, moving, now=now)
    return refused
