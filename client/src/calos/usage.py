"""Metered usage: counts of the host, gathered by the minute and reported in batches, each counted once."""

from __future__ import annotations

import atexit
import json
import weakref
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from . import forks
from .background import Background
from .clock import Clock, system_clock
from .delivery import Destination, Refusal
from .environment import installation, telemetry_is_off
from .events import new_id
from .outbox import Outbox
from .shield import shielded
from .spool import Bounds, Spool
from .transport import Transport
from .wire import written

RECORDS: Final = "/api/usage/records"
FLUSH_SECONDS: Final = 60.0
# Counts are brought to disk so often: what a kill -9 can cost.
GATHER_SECONDS: Final = 5.0
FOLDER: Final = "usage"
API_CALLS: Final = "api_calls_day"
_MINUTE: Final = timedelta(minutes=1)


class Usage:
    """Reports what the license limits. `add` counts what is used up; `report` tells what there is now.

    It obeys CALOS_TELEMETRY=0 like telemetry: where it is off, nothing is counted, kept or sent. Where the contract
    bills by usage, `contractual` says that it goes on all the same.
    """

    def __init__(
        self,
        install_id: str | None = None,
        secret: str | None = None,
        url: str | None = None,
        *,
        enabled: bool = True,
        contractual: bool = False,
        state_dir: str | Path | None = None,
        flush_seconds: float = FLUSH_SECONDS,
        bounds: Bounds | None = None,
        clock: Clock = system_clock,
        transport: Transport | None = None,
    ) -> None:
        who = installation(install_id, secret, url, state_dir)
        if transport is None and who.url:
            transport = Transport(who.url, ca_file=who.ca_file, allow_http=who.allow_http)
        # This door takes JSON as it is; counts of minutes are small.
        to = Destination(transport, who.install_id, who.secret, RECORDS, "records", packed=False) if transport else None
        spool = Spool(who.folder / FOLDER, bounds or Bounds(max_bytes=2_000_000))
        self.enabled = enabled and (contractual or not telemetry_is_off())
        self._clock = clock
        self._outbox = Outbox(spool, to, name="calos-usage", flush_seconds=flush_seconds)
        self._lock = forks.Lock()
        self._bringing = forks.Lock()
        self._counts: dict[tuple[str, datetime], int] = {}
        # The last one told counts.
        self._levels: dict[str, tuple[int, datetime]] = {}
        self._gatherer = Background("calos-usage-gather", self._gather)
        forks.in_child(self._leave_to_the_parent)
        if self.enabled:
            self._outbox.start()
            atexit.register(_close, weakref.ref(self))
        else:
            spool.clear()

    @property
    def refused(self) -> list[Refusal]:
        """The last hundred records that were not taken, and why."""
        return list(self._outbox.record.refused)

    @property
    def dropped(self) -> int:
        """How many records were lost for want of room since the start, the oldest first."""
        return self._outbox.dropped

    @property
    def problem(self) -> str | None:
        """Why records are not leaving just now, or None."""
        return self._outbox.problem or self._outbox.spool.problem

    def add(self, meter: str, amount: int = 1) -> None:
        """Count what was used: calls, bytes transferred, seconds computed. Never raises, never waits."""
        if self.enabled:
            shielded(lambda: self._add(meter, int(amount)))

    def report(self, meter: str, level: int) -> None:
        """Tell how much there is now: bytes stored, members, projects. Never raises, never waits."""
        if self.enabled:
            shielded(lambda: self._report(meter, int(level)))

    def flush(self, timeout: float = 10.0) -> bool:
        """Send everything now; whether nothing is left."""
        if not self.enabled:
            return True
        self._bring()
        return self._outbox.flush(timeout)

    def close(self, timeout: float = 2.0) -> None:
        """Bring everything to disk, try to send it within `timeout`, and end."""
        if self.enabled:
            self._gatherer.stop(1.0)
            self._bring()
            self._outbox.close(timeout)

    def _add(self, meter: str, amount: int) -> None:
        minute = self._clock().astimezone(timezone.utc).replace(second=0, microsecond=0)
        if amount > 0:
            with self._lock:
                self._counts[meter, minute] = self._counts.get((meter, minute), 0) + amount
            self._gatherer.ensure()

    def _report(self, meter: str, level: int) -> None:
        with self._lock:
            self._levels[meter] = (level, self._clock())
        self._gatherer.ensure()

    def _gather(self) -> float:
        self._bring()
        return GATHER_SECONDS

    def _bring(self) -> None:
        with self._bringing:
            with self._lock:
                counts, self._counts = self._counts, {}
                levels, self._levels = self._levels, {}
            for (meter, minute), amount in counts.items():
                # The end of its minute, or now: a record must not be of a time that is still to come.
                ends = min(minute + _MINUTE - timedelta(milliseconds=1), self._clock())
                self._outbox.put(_record(meter, amount, ends))
            for meter, (level, at) in levels.items():
                self._outbox.put(_record(meter, level, at))

    def _leave_to_the_parent(self) -> None:
        self._counts, self._levels = {}, {}


def _record(meter: str, amount: int, at: datetime) -> bytes:
    return json.dumps({"id": new_id(at), "meter": meter, "amount": amount, "ts": written(at)}).encode()


def _close(usage: weakref.ref[Usage]) -> None:
    left = usage()
    if left is not None:
        left.close(1.0)
