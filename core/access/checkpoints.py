"""Signed checkpoints of the audit chains, kept outside the database, where its owner can't take them back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import rfc8785
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from core.config import key_file

ENTRIES = 100
INTERVAL = timedelta(minutes=1)
# Longer than any line; the last one is looked for in so many bytes from the end.
TAIL_BYTES = 4096


@dataclass(frozen=True)
class Head:
    """The newest sealed entry of an organization: its place, counted from 1, and its hash."""

    organization_id: UUID
    sequence: int
    hash: bytes


@dataclass(frozen=True)
class Checkpoint:
    """A line of a checkpoint file: the head as it stood at an instant; `genuine` tells whether we signed it."""

    sequence: int
    hash: bytes
    at: datetime
    genuine: bool


def audit_key(home: Path) -> SigningKey:
    """Return the key that signs checkpoints, kept in `home/keys/audit` and made on first use.

    It never changes: a checkpoint must be checkable as long as the entries below it are kept.
    """
    return SigningKey(key_file(home, "audit"))


def folder_of(home: Path) -> Path:
    """Return the folder of the checkpoint files, one an organization."""
    return home / "checkpoints"


@dataclass
class Checkpoints:
    """Writes a checkpoint when a chain has grown by `entries`, or by any number an `interval` after the last one."""

    folder: Path
    key: SigningKey
    entries: int = ENTRIES
    interval: timedelta = INTERVAL
    caught_up: bool = False
    _written: dict[UUID, tuple[int, datetime]] = field(default_factory=dict)
    _waiting: dict[UUID, Head] = field(default_factory=dict)

    def note(self, head: Head) -> None:
        """Remember a head that was committed."""
        self._waiting[head.organization_id] = head

    def write_due(self, now: datetime) -> int:
        """Append those that are due, and return how many."""
        due = [head for head in list(self._waiting.values()) if self._is_due(head, now)]
        for head in due:
            retired = _retired(self.folder, head.organization_id).exists()
            if not retired and head.sequence > self._last(head.organization_id)[0]:
                self._append(head, now)
            self._waiting.pop(head.organization_id, None)
        return len(due)

    def _is_due(self, head: Head, now: datetime) -> bool:
        sequence, at = self._last(head.organization_id)
        return head.sequence - sequence >= self.entries or now - at >= self.interval

    def _last(self, organization_id: UUID) -> tuple[int, datetime]:
        if organization_id not in self._written:
            kept = last_checkpoint(self.folder, organization_id, self.key.verify_key)
            self._written[organization_id] = (
                (kept.sequence, kept.at) if kept else (0, datetime.fromtimestamp(0, tz=UTC))
            )
        return self._written[organization_id]

    def _append(self, head: Head, now: datetime) -> None:
        document: dict[str, str | int] = {
            "organization": str(head.organization_id),
            "sequence": head.sequence,
            "hash": head.hash.hex(),
            "at": now.astimezone(UTC).isoformat(),
        }
        signature = self.key.sign(_signed(document)).signature.hex()
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One write in append mode, so that two processes never mix their lines.
        with file_of(self.folder, head.organization_id).open("ab", buffering=0) as file:
            file.write(json.dumps({**document, "signature": signature}).encode() + b"\n")
        self._written[head.organization_id] = (head.sequence, now)


def file_of(folder: Path, organization_id: UUID) -> Path:
    """Return the file of an organization's checkpoints."""
    return folder / f"{organization_id}.jsonl"


def retire(folder: Path, organization_id: UUID) -> None:
    """Set an organization's checkpoints aside, when its chain was removed on purpose and by right."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept, retired = file_of(folder, organization_id), _retired(folder, organization_id)
    if kept.exists():
        kept.replace(retired)
    else:
        # Another process may still owe the first one; this keeps it from writing it.
        retired.touch()


def _retired(folder: Path, organization_id: UUID) -> Path:
    return folder / f"{organization_id}.retired"


def read_checkpoints(folder: Path, organization_id: UUID, key: VerifyKey) -> Iterator[Checkpoint]:
    """Yield an organization's checkpoints in the order of their file, one line in memory at a time."""
    try:
        with file_of(folder, organization_id).open("rb") as file:
            for line in file:
                yield _parsed(line, organization_id, key)
    except FileNotFoundError:
        return


def last_checkpoint(folder: Path, organization_id: UUID, key: VerifyKey) -> Checkpoint | None:
    """Return the newest checkpoint, read from the end of the file, or None without any."""
    try:
        with file_of(folder, organization_id).open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - TAIL_BYTES))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return None
    return _parsed(lines[-1], organization_id, key) if lines else None


def organizations_with_checkpoints(folder: Path) -> Iterator[UUID]:
    """Yield each organization that has a checkpoint file."""
    for path in sorted(folder.glob("*.jsonl")):
        yield UUID(path.stem)


def _signed(document: dict[str, Any]) -> bytes:
    return rfc8785.dumps(document)


def _parsed(line: bytes, organization_id: UUID, key: VerifyKey) -> Checkpoint:
    """Return a line as a checkpoint; what we can't read or didn't sign for this organization isn't genuine."""
    try:
        document: dict[str, Any] = json.loads(line)
        signature = bytes.fromhex(document.pop("signature"))
        key.verify(_signed(document), signature)
        genuine = document["organization"] == str(organization_id)
        at = datetime.fromisoformat(document["at"])
        return Checkpoint(int(document["sequence"]), bytes.fromhex(document["hash"]), at, genuine)
    except (BadSignatureError, ValueError, KeyError, TypeError, AttributeError):
        return Checkpoint(0, b"", datetime.fromtimestamp(0, tz=UTC), genuine=False)
