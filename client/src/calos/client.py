"""The license as the host sees it: asks the vendor, remembers what was signed, and always has a verdict at hand."""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from . import activation, answers, forks, license_files
from .answers import Question, SignedAnswer
from .background import Background
from .clock import TOLERANCE, Clock, ClockGuard, system_clock
from .door import FILE as FILE_PATH
from .door import ask, post_json
from .environment import installation
from .errors import ClientError, InvalidFile, Misconfigured, Unreachable
from .fingerprint import fingerprint as deployment
from .keys import FILES, KeyRing, KeySource, pinned_keys
from .license_files import LicenseFile
from .pacing import Pacing
from .seats import Seat, Seats
from .shield import shielded
from .storage import StateFolder
from .transport import Transport
from .verdict import Verdict

# However long the vendor takes to answer, the host starts within two seconds.
START_SECONDS: Final = 2.0
# What of them is kept for everything that is not waiting.
MARGIN_SECONDS: Final = 0.5
TIMEOUT_SECONDS: Final = 10.0
GRACE: Final = timedelta(days=14)
LICENSE_FILE: Final = "license.calos"

log = logging.getLogger("calos")


class LicenseClient:
    """Knows whether the host may run. Thread-safe; starts anew in forked workers; nothing in it stops the host."""

    def __init__(
        self,
        install_id: str | None = None,
        secret: str | None = None,
        url: str | None = None,
        *,
        domain: str | None = None,
        version: str | None = None,
        entitlements: Iterable[str] = (),
        seats_in_use: Callable[[], int] | None = None,
        fingerprint: str | None = None,
        keys: KeySource = None,
        state_dir: str | Path | None = None,
        grace: timedelta = GRACE,
        clock: Clock = system_clock,
        clock_tolerance: timedelta = TOLERANCE,
        monotonic: Callable[[], float] = time.monotonic,
        transport: Transport | None = None,
    ) -> None:
        who = installation(install_id, secret, url, state_dir)
        self.install_id = who.install_id
        self._secret = who.secret
        self._folder = StateFolder(who.folder)
        self._transport = transport
        if transport is None and who.url:
            self._transport = Transport(who.url, ca_file=who.ca_file, allow_http=who.allow_http)
        self.fingerprint = fingerprint or deployment(self._folder)
        self._asked = Question(who.install_id, self.fingerprint, domain, version, None, tuple(entitlements))
        self._seats_in_use = seats_in_use
        self._grace = grace
        self._tolerance = clock_tolerance
        self._keys = KeyRing(self._transport, self._folder, pinned_keys(keys), monotonic)
        self._clock = ClockGuard(self._folder, clock=clock, monotonic=monotonic, tolerance=clock_tolerance)
        self._lock = forks.Lock()
        self._count = 0
        self._accepted = 0
        self._source = "kept"
        self._problem: str | None = None
        self._answer = answers.kept(self._folder, self._asked, self._keys)
        self._file = self._kept_file()
        for one in (self._answer, self._file):
            if one is not None:
                self._clock.at_least(one.issued_at)
        self._pacing = Pacing(monotonic)
        self._started = False
        self._first = threading.Event()
        self._background = Background("calos-license", self._refresh)
        self._seats = Seats(self._transport, self.install_id, self._secret, self.fingerprint, self._now)
        atexit.register(_close, weakref.ref(self))

    def start(self, timeout: float = START_SECONDS) -> Verdict:
        """Ask in the background from now on, and return the verdict: the first answer's, if it comes in time.

        Returns within `timeout` seconds, and never later than after two, whatever the network does.
        """
        if self._transport is not None:
            self._started = True
            self._background.ensure()
            self._first.wait(max(min(timeout, START_SECONDS) - MARGIN_SECONDS, 0.0))
        return self.state

    def verify(self, timeout: float = TIMEOUT_SECONDS) -> Verdict:
        """Ask the vendor now and return the verdict; without an answer, what is left of the last one."""
        if self._transport is None:
            return self.state
        with self._lock:
            self._count += 1
            number = self._count
        asked = self._asked.anew(shielded(self._seats_in_use) if self._seats_in_use is not None else None)
        try:
            answer = ask(self._transport, self._keys, asked, self._secret, timeout=timeout)
        except ClientError as wrong:
            self._missed(wrong)
        else:
            self._accept(number, answer)
        return self.state

    @property
    def state(self) -> Verdict:
        """The verdict at this moment, from what is known; nothing is asked, nothing waits."""
        if self._started:
            # A worker forked since has no thread yet.
            self._background.ensure()
        with self._lock:
            answer, file, source, problem = self._answer, self._file, self._source, self._problem
        reading = self._clock.read()
        if file is not None and (answer is None or file.issued_at > answer.issued_at):
            return license_files.worth(
                file,
                install_id=self.install_id,
                fingerprint=self.fingerprint,
                reading=reading,
                tolerance=self._tolerance,
                problem=problem,
            )
        return answers.judge(answer, reading, grace=self._grace, source=source, problem=problem)

    def entitled(self, feature: str) -> bool:
        """Whether the license is valid now and grants the feature."""
        state = self.state
        return state.valid and feature in state.entitlements

    @property
    def limits(self) -> Mapping[str, int | None]:
        """What the license limits, by meter; None is unlimited, and what is not named is not limited by it."""
        return self.state.limits

    def seat(self, holder: str) -> Seat:
        """Return a seat for somebody, to be used as a context manager: leased, kept by heartbeats, released."""
        return self._seats.seat(holder)

    def install_file(self, text: str) -> Verdict:
        """Keep a license file that was brought here, and return the verdict. Untrusted, InvalidFile."""
        find = self._keys.finder(FILES, timeout=TIMEOUT_SECONDS)
        opened = license_files.open_license_file(text, find, activation.private_key(self._folder))
        said = license_files.worth(
            opened,
            install_id=self.install_id,
            fingerprint=self.fingerprint,
            reading=self._clock.read(),
            tolerance=self._tolerance,
        )
        if said.code in {"INSTALL_MISMATCH", "FINGERPRINT_MISMATCH"}:
            raise InvalidFile(said.detail)
        if opened.nonce is not None and opened.nonce not in activation.sent_nonces(self._folder):
            raise InvalidFile("This license file answers another request than those made here.")
        self._folder.write(LICENSE_FILE, text.encode())
        with self._lock:
            self._file = opened
        self._clock.at_least(opened.issued_at)
        return self.state

    def fetch_file(self, **terms: int) -> Verdict:
        """Fetch a license file for times without a connection and keep it. Unreachable, Untrusted, InvalidFile.

        `terms` are `ttlDays`, `ttlHours` and `graceDays` as the protocol has them; 30 days without any.
        """
        if self._transport is None or self._secret is None:
            raise Misconfigured("A file is fetched with CALOS_URL and the install secret; else request an activation.")
        body: dict[str, object] = {"installId": self.install_id, **terms}
        if self.fingerprint is not None:
            body["fingerprint"] = self.fingerprint
        said = post_json(self._transport, FILE_PATH, body, self._secret, timeout=TIMEOUT_SECONDS)
        return self.install_file(str(said.get("file", "")))

    def request_activation(self) -> str:
        """Return the text of an activation request for a person to carry to the vendor. Misconfigured, InvalidFile."""
        if self._secret is None or self.fingerprint is None:
            raise Misconfigured("An activation request needs the install secret, and a folder that can be written.")
        return activation.request_activation(
            self._folder,
            self.install_id,
            self._secret,
            fingerprint=self.fingerprint,
            domain=self._asked.domain,
            host_version=self._asked.version,
            now=self._now(),
        )

    def close(self, timeout: float = 2.0) -> None:
        """End what runs in the background and give seats back; the verdict can still be read."""
        self._seats.close(timeout)
        self._background.stop(0.0)
        if self._transport is not None:
            self._transport.abort()
        self._background.stop(timeout)
        self._clock.persist()

    def __enter__(self) -> LicenseClient:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _now(self) -> datetime:
        return self._clock.read().at

    def _refresh(self) -> float:
        if self._pacing.is_due(self._now()):
            self.verify()
            self._first.set()
            if self._file is None:
                # A file whose key was not known at the start may have proved itself by now.
                self._file = self._kept_file()
        self._clock.persist()
        return self._pacing.seconds_left()

    def _accept(self, number: int, answer: SignedAnswer) -> None:
        self._clock.confirm(answer.issued_at)
        with self._lock:
            # Of two answers under way at once, the one to the later question counts.
            if number < self._accepted:
                return
            self._accepted = number
            self._answer, self._source, self._problem = answer, "online", None
            self._pacing.answered(answer.check_again_at - answer.issued_at, answer.issued_at)
        self._folder.write(answers.FILE, answer.raw)

    def _missed(self, wrong: ClientError) -> None:
        told = wrong.retry_after if isinstance(wrong, Unreachable) else None
        with self._lock:
            self._problem = str(wrong)
            self._pacing.missed(told, self._now())
        log.warning("The license could not be verified now: %s", wrong)

    def _kept_file(self) -> LicenseFile | None:
        raw = self._folder.read(LICENSE_FILE)
        if raw is None:
            return None
        try:
            text = raw.decode("utf-8", "replace")
            private = activation.private_key(self._folder)
            return license_files.open_license_file(text, self._keys.known_only(FILES), private)
        except ClientError as wrong:
            log.warning("The license file in %s counts for nothing: %s", self._folder.path, wrong)
            return None


def _close(client: weakref.ref[LicenseClient]) -> None:
    """At exit: end what would otherwise be cut off."""
    left = client()
    if left is not None:
        left.close(0.5)
