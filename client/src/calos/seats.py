"""Floating seats: leased for as long as somebody works, kept by heartbeats, given back at the end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from . import forks
from .background import Background
from .door import post_json
from .errors import Unreachable
from .transport import Transport
from .wire import instant

LEASE: Final = "/api/licenses/seats"
RELEASE: Final = "/api/licenses/seats/release"
TIMEOUT_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 15.0
LONGEST_SLEEP_SECONDS: Final = 3_600.0
LONGEST_HOLDER: Final = 200
UNCONFIRMED: Final = "UNCONFIRMED"

log = logging.getLogger("calos")


@dataclass(frozen=True)
class Lease:
    """What was last said of a seat. `confirmed`: by the vendor; else nobody could be asked, and it is let pass."""

    granted: bool
    code: str
    detail: str
    confirmed: bool
    expires_at: datetime | None = None
    heartbeat_seconds: float = RETRY_SECONDS
    seats_in_use: int | None = None
    max_seats: int | None = None


class Seat:
    """A seat for one holder, from `with` to its end. The host looks at `granted` and decides; nothing is raised."""

    def __init__(self, seats: Seats, holder: str) -> None:
        self._seats = seats
        self.holder = holder
        self.lease = Lease(False, "NOT_TAKEN", "This seat has not been taken yet.", False)

    @property
    def granted(self) -> bool:
        """Whether the holder may work: the lease was granted, or the vendor could not be asked."""
        return self.lease.granted

    def take(self) -> Lease:
        """Take or extend the lease now, and keep it by heartbeats from now on; returns what was said."""
        return self._seats.take(self)

    def release(self) -> None:
        """Give the seat back at once; if that fails, the lease ends by itself."""
        self._seats.release(self)

    def __enter__(self) -> Seat:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Seats:
    """All seats of a client, with one heartbeat thread for them, begun with the first."""

    def __init__(
        self,
        transport: Transport | None,
        install_id: str,
        secret: str | None,
        fingerprint: str | None,
        now: Callable[[], datetime],
    ) -> None:
        self._transport = transport
        self._install_id = install_id
        self._fingerprint = fingerprint
        self._secret = secret
        self._now = now
        self._lock = forks.Lock()
        # By holder, with everybody of this process who holds it: the same person in two windows takes one seat.
        self._held: dict[str, list[Seat]] = {}
        self._due: dict[str, float] = {}
        self._background = Background("calos-seats", self._beat)
        forks.in_child(self._forget)

    def seat(self, holder: str) -> Seat:
        """Return a seat that is not taken yet."""
        return Seat(self, holder[:LONGEST_HOLDER])

    def take(self, seat: Seat) -> Lease:
        """Take or extend the seat's lease."""
        lease = self._asked(seat.holder, seat.lease)
        with self._lock:
            held = self._held.setdefault(seat.holder, [])
            if seat not in held:
                held.append(seat)
        self._note(seat.holder, lease)
        if self._transport is not None:
            self._background.ensure()
            self._background.wake()
        return lease

    def release(self, seat: Seat, timeout: float = TIMEOUT_SECONDS) -> None:
        """Give the seat back once nobody of this process holds it any more."""
        with self._lock:
            held = self._held.get(seat.holder, [])
            if seat not in held:
                return
            held.remove(seat)
            was = seat.lease
            seat.lease = replace(was, granted=False, code="RELEASED", detail="This seat was given back.")
            if held:
                return
            del self._held[seat.holder], self._due[seat.holder]
        if was.granted:
            self._give_back(seat.holder, timeout)

    def close(self, timeout: float) -> None:
        """End the heartbeats and give every seat back, within about the seconds given."""
        self._background.stop(0.0)
        ends = time.monotonic() + timeout
        with self._lock:
            left = [seat for held in self._held.values() for seat in held]
        for seat in left:
            self.release(seat, max(ends - time.monotonic(), 0.01))

    def _beat(self) -> float:
        now = time.monotonic()
        with self._lock:
            due = [held[0] for holder, held in self._held.items() if self._due[holder] <= now]
        for seat in due:
            if not self._note(seat.holder, self._asked(seat.holder, seat.lease)):
                # Given back while it was being extended.
                self._give_back(seat.holder, TIMEOUT_SECONDS)
        with self._lock:
            return min(self._due.values(), default=now + LONGEST_SLEEP_SECONDS) - time.monotonic()

    def _note(self, holder: str, lease: Lease) -> bool:
        """Tell everybody who holds it; whether anybody does. A refused seat is asked for again by whoever wants it."""
        with self._lock:
            held = self._held.get(holder, [])
            for one in held:
                one.lease = lease
            if held:
                wait = lease.heartbeat_seconds if lease.granted else LONGEST_SLEEP_SECONDS
                self._due[holder] = time.monotonic() + wait
            return bool(held)

    def _asked(self, holder: str, before: Lease) -> Lease:
        if self._transport is None:
            return Lease(True, UNCONFIRMED, "Seats are not counted without a connection.", False)
        body = {"installId": self._install_id, "holder": holder}
        if self._fingerprint is not None:
            body["fingerprint"] = self._fingerprint
        try:
            return _lease(post_json(self._transport, LEASE, body, self._secret, timeout=TIMEOUT_SECONDS))
        except Unreachable as wrong:
            return _unconfirmed(before, wrong, self._now())

    def _give_back(self, holder: str, timeout: float) -> None:
        if self._transport is None:
            return
        body = {"installId": self._install_id, "holder": holder}
        try:
            post_json(self._transport, RELEASE, body, self._secret, timeout=timeout)
        except Unreachable as wrong:
            log.info("A seat could not be given back and will end by itself: %s", wrong)

    def _forget(self) -> None:
        """A forked child holds no seat: its parent does."""
        self._held, self._due = {}, {}


def _unconfirmed(before: Lease, wrong: Unreachable, now: datetime) -> Lease:
    """Return the lease while nobody can be asked: what was granted holds until its end, then it is let pass."""
    wait = max(RETRY_SECONDS, wrong.retry_after or 0.0)
    if before.granted and before.confirmed and before.expires_at is not None and now < before.expires_at:
        return replace(before, heartbeat_seconds=wait)
    return Lease(True, UNCONFIRMED, f"Let pass, since nobody could be asked: {wrong}", False, heartbeat_seconds=wait)


def _lease(said: dict[str, Any]) -> Lease:
    return Lease(
        granted=said.get("granted") is True,
        code=str(said.get("code", "")),
        detail=str(said.get("detail", "")),
        confirmed=True,
        expires_at=_instant_or_none(said.get("expiresAt")),
        heartbeat_seconds=max(float(_count(said.get("heartbeatSeconds")) or RETRY_SECONDS), 1.0),
        seats_in_use=_count(said.get("seatsInUse")),
        max_seats=_count(said.get("maxSeats")),
    )


def _count(value: Any) -> int | None:
    return value if type(value) is int else None


def _instant_or_none(value: Any) -> datetime | None:
    try:
        return instant(value)
    except ValueError:
        return None
