"""An import as it is run and told on the console."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from uuid import UUID

from core.databases import Databases
from core.errors import InvalidInput
from core.imports.checking import Checked
from core.imports.files import from_folder
from core.imports.findings import REASONS, as_csv
from core.imports.mapping import read_mapping
from core.imports.reads import Order
from core.imports.running import check_order, require_no_demo, run, settle, vendor_actor
from core.imports.writes import record_check, start
from db.session import ReadSession, WriteSession


def order_from(mapping: Path, folder: Path) -> Order:
    """Return what lies on disk as an order; InvalidInput for what is not there or can't be read."""
    try:
        text = mapping.read_text(encoding="utf-8")
    except UnicodeDecodeError as wrong:
        raise InvalidInput(f"{mapping.name} is not UTF-8 text: save it as UTF-8.", field="mapping") from wrong
    return Order(text, mapping.name, from_folder(folder, read_mapping(text, mapping.name)))


def look(session: ReadSession, order: Order, *, into_demo: bool, now: datetime) -> Checked:
    """Check an order; Conflict where the demo world lives and nobody said that the books belong there."""
    if not into_demo:
        require_no_demo(session)
    return check_order(session, order, now=now)


def told(checked: Checked) -> Iterator[str]:
    """Yield the report in lines: rows by source, reasons with their number, what is wrong as a whole, and the MRR."""
    yield f"{checked.books.books}, as of {checked.end.date()}"
    yield ""
    yield f"{'source':<16}{'read':>9}{'new':>9}{'known':>9}{'refused':>9}{'doubtful':>10}"
    for count in checked.counts:
        numbers = f"{count.read:>9,}{count.new:>9,}{count.known:>9,}{count.refused:>9,}{count.doubtful:>10,}"
        yield f"{count.source[:16]:<16}{numbers}"
    yield ""
    for code, number in checked.reasons.items():
        yield f"{REASONS[code].verdict:<9}{number:>8,}  {REASONS[code].label} ({code})"
    for note in checked.notes:
        yield f"note      {note}"
    yield f"MRR of these subscriptions on {checked.end.date()}: {checked.mrr}"


def report(checked: Checked) -> str:
    """Return every finding as CSV."""
    return as_csv(checked.findings)


def begin(session: WriteSession, order: Order, checked: Checked, *, now: datetime) -> UUID:
    """Keep the check and start its run, and return the run's id."""
    actor = vendor_actor(session, "manage.py", now=now)
    run_id = record_check(session, actor, order, checked, now=now)
    start(session, actor, run_id, queued=False, now=now)
    return run_id


def take(
    databases: Databases, run_id: UUID, checked: Checked, *, clock: Callable[[], datetime], say: Callable[[str], object]
) -> None:
    """Take the books over with a line of progress now and then, then bring profiles and cards up to date."""
    progress = Progress(say)
    run(databases, run_id, clock=clock, report=progress, checked=checked)
    say("Everything is in. Profiles and cards follow; the import is complete without them.")
    settle(databases, run_id, now=clock(), report=progress)
    say("ready")


class Progress:
    """Says how far it is each time a tenth more is done."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._told: dict[str, int] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Say how many of a stage are done, if that is a tenth more."""
        tenth = 10 * done // max(total, 1)
        if tenth > self._told.get(stage, -1):
            self._told[stage] = tenth
            self._say(f"{stage}: {done:,} of {total:,}")
