"""Import of RavenStack against a bare COPY of the same rows, in one run: `python -m tests.bench.imports`."""

import argparse
import csv
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psycopg

from core import clock
from core.config import Settings
from core.databases import Databases, migrate_all, open_databases, owner_urls
from core.imports.console import begin, look, order_from
from core.imports.reads import Order
from core.imports.running import run, settle
from db import embedded
from db.session import SYSTEM
from tests.running import ROOT

MAPPING = ROOT / "docs" / "imports" / "ravenstack.yaml"
TARGET_SECONDS = 60


@dataclass(frozen=True)
class Round:
    """One import into an empty installation, and a COPY of its files into tables without any key, in seconds."""

    rows: int
    checked: float
    imported: float
    again: float
    profiles: float
    copied: float

    @property
    def whole(self) -> float:
        """From nothing to every row in: checked and imported."""
        return self.checked + self.imported


@contextmanager
def _installation() -> Iterator[tuple[Databases, str]]:
    """Yield an empty installation with ordinary durability, and its owner's address."""
    with tempfile.TemporaryDirectory(prefix="calos-bench-", dir="/var/tmp") as folder:
        home = Path(folder)
        settings = Settings(_env_file=None, CALOS_HOME=home, CALOS_DEMO=False, DATABASE_URL="", TELEMETRY_URL="")
        try:
            migrate_all(settings)
            databases = open_databases(settings)
            yield databases, owner_urls(settings)[0]
            databases.close()
        finally:
            embedded.stop(home)


def _copy(url: str, order: Order) -> float:
    """Return the seconds of a COPY of every file into a table of texts, each committed."""
    began = time.perf_counter()
    with psycopg.connect(url) as connection:
        for number, file in enumerate(order.files.values()):
            rows = list(csv.reader(io.StringIO(file.content.decode())))
            columns = ", ".join(f"c{place} text" for place in range(len(rows[0])))
            connection.execute(f"CREATE TABLE bare_{number} ({columns})")
            with connection.cursor().copy(f"COPY bare_{number} FROM STDIN") as copy:
                for row in rows[1:]:
                    copy.write_row(row)
            connection.commit()
    return time.perf_counter() - began


def measure(folder: Path) -> Round:
    """Import into an installation of its own, then once more, and copy the same files beside it."""
    with _installation() as (databases, url):
        order = order_from(MAPPING, folder)
        laps = [time.perf_counter()]
        with databases.control.read(SYSTEM) as session:
            checked = look(session, order, into_demo=False, now=clock.now())
        laps.append(time.perf_counter())
        with databases.control.write(SYSTEM) as session:
            run_id = begin(session, order, checked, now=clock.now())
        run(databases, run_id, clock=clock.now, report=_quiet, checked=checked)
        laps.append(time.perf_counter())
        with databases.control.read(SYSTEM) as session:
            assert look(session, order, into_demo=False, now=clock.now()).new_rows == 0
        laps.append(time.perf_counter())
        settle(databases, run_id, now=clock.now(), report=_quiet)
        laps.append(time.perf_counter())
        checking, importing, again, profiles = (after - before for before, after in pairwise(laps))
        rows = sum(count.read for count in checked.counts)
        return Round(rows, checking, importing, again, profiles, _copy(url, order))


def _quiet(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


def main() -> None:
    """Print each round and the median."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--folder", type=Path, default=ROOT.parent / "shared" / "data" / "ravenstack")
    given = asked.parse_args()
    say = sys.stdout.write
    if not given.folder.is_dir():
        say("RavenStack lies outside the repository and is absent here; name its folder with --folder.\n")
        return
    say("| rows | check s | import s | together | COPY s | times COPY | rows/s | again s | profiles s |\n")
    say("|---|---|---|---|---|---|---|---|---|\n")
    rounds = []
    for _ in range(given.rounds):
        one = measure(given.folder)
        rounds.append(one)
        say(
            f"| {one.rows:,} | {one.checked:.1f} | {one.imported:.1f} | {one.whole:.1f} | {one.copied:.2f} "
            f"| {one.whole / one.copied:.0f} | {one.rows / one.whole:,.0f} | {one.again:.1f} | {one.profiles:.1f} |\n"
        )
        sys.stdout.flush()
    middle = statistics.median(one.whole for one in rounds)
    ratio = statistics.median(one.whole / one.copied for one in rounds)
    verdict = "met" if middle < TARGET_SECONDS else "MISSED"
    say(f"\nmedian {middle:.1f} s, {ratio:.0f} times a bare COPY; target {TARGET_SECONDS} s: {verdict}\n")


if __name__ == "__main__":
    main()
