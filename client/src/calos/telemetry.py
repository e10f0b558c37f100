"""Telemetry: events of the host, kept at once, sent in batches, never in the way; where it is off, nothing at all."""

from __future__ import annotations

import atexit
import json
import logging
import weakref
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from . import bundles
from .bundles import Bundle
from .clock import Clock, system_clock
from .delivery import Destination, Refusal
from .environment import installation, telemetry_is_off, time_zone
from .errors import Misconfigured
from .events import NotSendable, event, new_id
from .manifest import Manifest
from .outbox import Outbox
from .pseudonyms import FILE as SALT
from .pseudonyms import Pseudonyms
from .shield import shielded
from .spool import Bounds, Spool
from .storage import StateFolder
from .transport import Transport

EVENTS: Final = "/api/telemetry/events"
FLUSH_SECONDS: Final = 30.0
FOLDER: Final = "telemetry"
SWITCHED_OFF: Final = "telemetry.off"
LAST: Final = "last-payload.json"

log = logging.getLogger("calos")


class Telemetry:
    """Takes events with `track`. Thread-safe; starts anew in forked workers; several processes may share a folder.

    `offline`: events are kept for bundles and never sent, whatever the address. `enabled` False switches it off.
    """

    def __init__(
        self,
        install_id: str | None = None,
        secret: str | None = None,
        url: str | None = None,
        *,
        enabled: bool = True,
        offline: bool = False,
        domain: str | None = None,
        version: str | None = None,
        tz: str | None = None,
        state_dir: str | Path | None = None,
        flush_seconds: float = FLUSH_SECONDS,
        bounds: Bounds | None = None,
        clock: Clock = system_clock,
        transport: Transport | None = None,
    ) -> None:
        who = installation(install_id, secret, url, state_dir)
        self.install_id = who.install_id
        self._secret = who.secret
        self._clock = clock
        self._state = StateFolder(who.folder)
        self._folder = StateFolder(who.folder / FOLDER)
        self._flush_seconds = flush_seconds
        self._always = {"domain": domain, "version": version, "tz": tz or time_zone()}
        if transport is None and who.url:
            transport = Transport(who.url, ca_file=who.ca_file, allow_http=who.allow_http)
        self._to = Destination(transport, who.install_id, who.secret, EVENTS, "events") if transport else None
        self._pseudonyms: Pseudonyms | None = None
        spool = Spool(self._folder.path, bounds or Bounds())
        sends_to = None if offline else self._to
        self._outbox = Outbox(spool, sends_to, name="calos-telemetry", flush_seconds=flush_seconds)
        # Whoever operates the installation has the last word, then whoever switched it off here, then the software.
        self.enabled = enabled and not telemetry_is_off() and self._state.read(SWITCHED_OFF) is None
        if self.enabled:
            self._outbox.on_sent(self._keep_last)
            self._outbox.only_while(self._is_on)
            self._outbox.start()
            atexit.register(_close, weakref.ref(self))
        else:
            self._forget()

    def track(
        self,
        type: str,
        *,
        feature: str | None = None,
        user: str | None = None,
        session: str | None = None,
        status: int | None = None,
        ms: float | None = None,
        ua: str | None = None,
        domain: str | None = None,
        version: str | None = None,
        tz: str | None = None,
        props: Mapping[str, Any] | None = None,
        at: datetime | None = None,
    ) -> None:
        """Take an event. Returns at once, whatever the disk and the network do, and never raises.

        `user` and `session` leave only as keyed hashes. What the vendor would refuse is noted in `refused`.
        """
        if not self.enabled:
            return
        said: dict[str, Any] = {
            "type": type,
            "feature": feature,
            "user": user,
            "session": session,
            "status": status,
            "ms": ms,
        }
        said.update({"ua": ua, "domain": domain, "version": version, "tz": tz, "props": props})
        shielded(lambda: self._take(said, at or self._clock()))

    @property
    def refused(self) -> list[Refusal]:
        """The last hundred events that were not taken, and why; they are not sent again."""
        return list(self._outbox.record.refused)

    @property
    def dropped(self) -> int:
        """How many events were lost for want of room since the start, the oldest first."""
        return self._outbox.dropped

    @property
    def problem(self) -> str | None:
        """Why events are not leaving just now, or None."""
        return self._outbox.problem or self._outbox.spool.problem

    def pending(self) -> int:
        """Return how many events wait, those of other processes of the installation included."""
        return self._outbox.pending() if self.enabled else 0

    def flush(self, timeout: float = 10.0) -> bool:
        """Send what waits now; whether nothing is left. For tests and short-lived programs."""
        return self._outbox.flush(timeout) if self.enabled else True

    def sync(self) -> None:
        """Bring what was tracked to disk, durably, before going on."""
        if self.enabled:
            self._outbox.sync()

    def manifest(self) -> Manifest:
        """Return what is sent, where, when and why, with the exact last payload: what a settings page should show."""
        last, at = self._outbox.record.last_payload, self._outbox.record.last_sent_at
        if last is None and self.enabled:
            last, at = self._kept_last()
        when = f"every {self._flush_seconds:g} s, or sooner when 500 events wait; never when there are none"
        url = f"{self._to.transport.url}{EVENTS}" if self._to and self.enabled else None
        return Manifest(self.enabled, url, when, last, at, self.pending())

    def disable(self) -> None:
        """Switch it off for good (until `enable`): ends at once, deletes what waits and the salt, sends nothing."""
        self.enabled = False
        self._state.write(SWITCHED_OFF, b"switched off by the host\n")
        self._outbox.clear()
        self._forget()

    def enable(self) -> None:
        """Take back `disable`, from the next start on; who operates the installation still has the last word."""
        self._state.remove(SWITCHED_OFF)

    def export_bundle(self, path: str | Path) -> Bundle:
        """Move what waits into a file for a person to carry to the vendor. Misconfigured, OSError.

        Events leave the spool once the file is durably written. If more wait than a bundle may hold, `more` is true and
        one exports again.
        """
        if not self.enabled or self._secret is None:
            raise Misconfigured("A bundle needs telemetry switched on, and CALOS_INSTALL_SECRET to prove whose it is.")
        self._outbox.sync()
        return bundles.export(self._outbox.spool, Path(path), self.install_id, self._secret, self._clock())

    def close(self, timeout: float = 2.0) -> None:
        """Bring everything to disk, try to send it within `timeout`, and end; what is left goes with the next start."""
        if self.enabled:
            self._outbox.close(timeout)

    def _take(self, said: dict[str, Any], at: datetime) -> None:
        event_id = new_id(at)
        if self._pseudonyms is None:
            self._pseudonyms = Pseudonyms(self._folder)
        for kind in ("user", "session"):
            if said[kind] is not None:
                said[kind] = self._pseudonyms.of(kind, str(said[kind]))
        for name, value in self._always.items():
            said[name] = said[name] if said[name] is not None else value
        try:
            line = event(event_id, at, said)
        except NotSendable as wrong:
            self._outbox.record.refused.append(Refusal(event_id, wrong.code, str(wrong)))
            return
        self._outbox.put(line)

    def _is_on(self) -> bool:
        """Whether it is still on: another process may have switched it off, or the customer at the vendor's."""
        if self.enabled and (self._outbox.record.unwanted or self._state.read(SWITCHED_OFF) is not None):
            self.enabled = False
            self._forget()
        return self.enabled

    def _keep_last(self) -> None:
        record = self._outbox.record
        if record.last_payload is not None:
            kept = {"sentAt": record.last_sent_at, "payload": record.last_payload.decode("utf-8")}
            self._folder.write(LAST, json.dumps(kept).encode())

    def _kept_last(self) -> tuple[bytes | None, str | None]:
        raw = self._folder.read(LAST)
        try:
            kept = json.loads(raw) if raw else {}
            return kept["payload"].encode(), str(kept["sentAt"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None, None

    def _forget(self) -> None:
        """Delete what was kept for telemetry: what waited, the salt, the last payload."""
        self._outbox.record.last_payload = None
        self._pseudonyms = None
        if self._folder.path.exists():
            self._outbox.spool.clear()
            self._folder.remove(SALT, LAST)
            shielded(self._remove_folder)

    def _remove_folder(self) -> None:
        try:
            self._folder.path.rmdir()
        except OSError as wrong:
            log.info("%s stays: %s", self._folder.path, wrong)


def _close(telemetry: weakref.ref[Telemetry]) -> None:
    left = telemetry()
    if left is not None:
        left.close(1.0)
