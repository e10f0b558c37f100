"""Checks of resilience: what survives a crash, a lost owner, a full disk, a lost machine."""

from typing import Final

from core.security.check import CRITICAL, HIGH, LOW, MEDIUM, Category, Check, Judged, counted, not_assessed, part
from core.security.observed import Observed

ENOUGH_BYTES: Final = 5_000_000_000


def _durability(seen: Observed) -> Judged:
    settings = seen.storage.durable
    if not settings:
        return not_assessed("The database was not asked.", "It is asked at every look at the score.")
    on = [name for name, held in settings if held]
    off = [name for name, held in settings if not held]
    return Judged(
        part(len(on), len(settings)),
        "What was acknowledged survives a crash." if not off else f"A crash may lose data: {', '.join(off)} is off.",
        f"Settings of the server: {', '.join(on) or 'none'} on.",
        f"Set {', '.join(off) or 'them'} to on in postgresql.conf.",
    )


def _checksums(seen: Observed) -> Judged:
    return Judged(
        1.0 if seen.storage.checksums else 0.0,
        "Pages of the database carry checksums."
        if seen.storage.checksums
        else "A disk that corrupts pages would not be noticed.",
        f"data_checksums is {'on' if seen.storage.checksums else 'off'}.",
        "With the server stopped run: pg_checksums --enable",
    )


def _owners(seen: Observed) -> Judged:
    people = seen.people
    return Judged(
        min(1.0, people.owners / 2),
        f"{counted(people.owners, 'owner')} can sign in."
        + (" If they lose their way in, nobody can let them back." if people.owners < 2 else ""),
        f"{counted(people.owners, 'owner')} among {counted(people.staff, 'person', 'people')} of the house.",
        "Make a second person an owner in People.",
    )


def _disk(seen: Observed) -> Judged:
    machine = seen.machine
    if not machine.total_bytes:
        return not_assessed("The home's disk could not be looked at.", "Let this account read CALOS_HOME.")
    return Judged(
        min(1.0, machine.free_bytes / ENOUGH_BYTES),
        f"The disk of the home has {machine.free_bytes / 1e9:.0f} GB left.",
        f"{machine.free_bytes / 1e9:.1f} of {machine.total_bytes / 1e9:.0f} GB; 5 GB are plenty.",
        "Free room, or move CALOS_HOME.",
    )


def _backup(_: Observed) -> Judged:
    return not_assessed(
        "Calos makes no backups itself and has seen none: how old the last one is, nobody here knows.",
        "Back up database, keys and checkpoints by your own means (docs/operating.md); it is assessed once Calos "
        "records backups.",
    )


def _restore(_: Observed) -> Judged:
    return not_assessed(
        "No trial restore is on record.", "Restore a backup into a spare home; assessed once Calos records that."
    )


CHECKS: Final = (
    Check("durability", Category.RESILIENCE, "Nothing acknowledged is lost in a crash", HIGH, _durability),
    Check("two_owners", Category.RESILIENCE, "A second owner can let the first back in", MEDIUM, _owners),
    Check("checksums", Category.RESILIENCE, "Damaged pages are noticed", LOW, _checksums),
    Check("disk", Category.RESILIENCE, "There is room on the disk", LOW, _disk),
    Check("backup", Category.RESILIENCE, "Backups are recent", CRITICAL, _backup),
    Check("restore", Category.RESILIENCE, "A backup was restored on trial", HIGH, _restore),
)
