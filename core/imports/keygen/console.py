"""Moving in from Keygen as it is run and told on the console."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from core.errors import InvalidInput
from core.imports.keygen.export import FILES, read_export
from core.imports.keygen.plan import Plan, make_plan, read_keygen_mapping
from core.imports.keygen.reconcile import Account, reconcile
from core.imports.keygen.writes import take_over, trust, what_is_new
from core.imports.reads import tier_ids
from core.imports.running import require_no_demo, vendor_actor
from core.licensing.foreign_keys import read_public_key
from core.reports.tabular import harmless
from db.session import ReadSession, WriteSession


def plan_of(session: ReadSession, mapping: Path, folder: Path) -> Plan:
    """Return what the files in a folder would become."""
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder: name the one with licenses.json and policies.json.", field="files")
    files = {name: (folder / name).read_bytes() for name in FILES if (folder / name).is_file()}
    chosen = read_keygen_mapping(mapping.read_text(encoding="utf-8"), mapping.name)
    return make_plan(read_export(files), chosen, tiers=tier_ids(session))


def told(plan: Plan) -> Iterator[str]:
    """Yield what was read and what of it is refused or changes, by reason."""
    read = ", ".join(f"{number:,} {kind}" for kind, number in plan.read.items())
    yield f"Read {read}."
    counted = Counter((one.verdict, one.kind, one.sentence) for one in plan.differences)
    for (verdict, kind, sentence), number in counted.most_common():
        yield f"{verdict:<9}{number:>8,}  {kind}: {sentence}"


def take(session: WriteSession, plan: Plan, keys: dict[str, str], *, into_demo: bool, now: datetime) -> Iterator[str]:
    """Take over what is new and yield the account; `keys` are public keys by their label."""
    trusted = {label: read_public_key(text) for label, text in keys.items()}
    if not into_demo:
        require_no_demo(session)
    actor = vendor_actor(session, "manage.py", now=now)
    for label, key in trusted.items():
        since = "from now on" if trust(session, actor, key, label, now=now) else "already"
        yield f"Keys signed by {label} ({key.fingerprint[:16]}) verify {since}."
    new = what_is_new(session, plan)
    take_over(session, actor, new, now=now)
    yield f"{len(new.licenses):,} licenses are new; {len(plan.licenses) - len(new.licenses):,} were here or clash."
    yield from _told_account(reconcile(session, plan, now=now))


def report(plan: Plan) -> str:
    """Return every difference as CSV."""
    made = io.StringIO()
    writing = csv.writer(made)
    writing.writerow(["verdict", "resource", "id", "reason"])
    writing.writerows([one.verdict, one.kind, harmless(one.id), harmless(one.sentence)] for one in plan.differences)
    return made.getvalue()


def _told_account(account: Account) -> Iterator[str]:
    yield f"{'':<22}{'exported':>10}{'refused':>10}{'here':>10}"
    for line in account.lines:
        mark = "" if line.agrees else "  differs"
        yield f"{line.what:<22}{line.exported:>10,}{line.refused:>10,}{line.here:>10,}{mark}"
    for one in account.other_status:
        yield f"{one.kind} {one.id}: {one.sentence}"
    yield "Everything that was not refused is here." if account.agrees else "The counts differ: see the lines above."
