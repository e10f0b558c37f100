"""What the operator's commands about telemetry do and say, line by line."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from core.access.actor import Actor
from core.config import Settings
from core.databases import Databases
from core.telemetry.carrying import take_bundle
from core.telemetry.retention import classes, forget, leaving, unfinished
from db.session import SYSTEM


def import_bundle(
    databases: Databases, actor: Actor, file: Path, settings: Settings, *, now: datetime
) -> Iterator[str]:
    """Take the bundle in a file and yield what became of it."""
    days = settings.telemetry_retention_days
    with file.open("rb") as packed:
        size = file.stat().st_size
        made = take_bundle(databases, actor, packed, size=size, retention_days=days, now=now)
    yield (
        f"Bundle {made.bundle_id} of {made.install_id}: {made.events:,} events, {made.accepted:,} accepted, "
        f"{made.duplicates:,} known before, {made.refused:,} refused."
    )
    for each in made.refusals:
        yield f"  event {each.index}: {each.detail} ({each.code})"


def run_retention(databases: Databases, settings: Settings, *, now: datetime, dry_run: bool = False) -> Iterator[str]:
    """Let go of what is past its time, table by table until nothing is, or only say what would go."""
    days = settings.telemetry_retention_days
    labels = {each.id: each.label for each in classes(days)}
    more = True
    while more:
        with databases.control.write(SYSTEM) as control, databases.telemetry.write(SYSTEM) as telemetry:
            run = leaving if dry_run else forget
            gone = run(control, telemetry, retention_days=days, now=now)
        more = unfinished(gone) and not dry_run
        yield from (f"{labels[each.id]}: {each.count:,} {each.unit} {_verb(dry_run)}." for each in gone)


def _verb(dry_run: bool) -> str:
    return "to go" if dry_run else "gone"
