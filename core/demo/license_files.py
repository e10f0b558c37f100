"""The license files of Apex Clinics, whose installation has no connection: last year's, and the one that holds now."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from core.access.actor import Actor
from core.demo.people import acting
from core.licensing.file_making import make_file
from core.licensing.file_register import files_of
from core.licensing.file_terms import Terms
from core.signing import open_ring
from db.session import WriteSession

HOLDER: Final = "Apex Clinics"
FINGERPRINT: Final = "apex-clinics-1"
HALF_A_YEAR: Final = timedelta(days=182)
MADE_DAYS_AGO: Final = (202, 20)


def give_files(session: WriteSession, actor: Actor, home: Path, install_id: str, *, now: datetime) -> None:
    """Let Sam have made both once, each for half a year; where there is any, nothing is done."""
    if files_of(session, actor, install_id, now=now):
        return
    sam = acting(session, actor, "sales", now=now)
    ring = open_ring(home, "files", now=now)
    for days in MADE_DAYS_AGO:
        made_at = now - timedelta(days=days)
        make_file(session, sam, ring, install_id, Terms(HALF_A_YEAR, 14), fingerprint=FINGERPRINT, now=made_at)
