"""One file of the spool: lines appended by the process that holds its lock, read by whoever holds it then."""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from pathlib import Path

from .locks import try_lock
from .storage import make_folder, sync_folder

SUFFIX = ".ndjson"
_BINARY = getattr(os, "O_BINARY", 0)


class Segment:
    """A file that is being written. Its lock dies with its process, so that the next one finds it and sends it."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        # Sorted by name, files are in the order of their making.
        self.path = folder / f"{time.time_ns() // 1_000_000:014d}-{secrets.token_hex(4)}{SUFFIX}"
        self._fd = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | _BINARY, 0o600)
        try_lock(self._fd)
        self.size = 0
        self.lines = 0
        self._dirty = False
        sync_folder(folder)

    def append(self, lines: list[bytes]) -> None:
        """Write lines, all of them or none. OSError."""
        raw = b"".join(line + b"\n" for line in lines)
        written = 0
        try:
            while written < len(raw):
                written += os.write(self._fd, raw[written:])
        except OSError:
            # The rest of the disk may have taken a part; a torn line is skipped when it is read, if this fails too.
            os.ftruncate(self._fd, self.size)
            raise
        self.size += len(raw)
        self.lines += len(lines)
        self._dirty = True

    def sync(self) -> None:
        """Make what was written survive a power cut. OSError."""
        if self._dirty:
            os.fsync(self._fd)
            self._dirty = False

    def close(self) -> None:
        """Leave the file to whoever sends it."""
        os.close(self._fd)


class Taken:
    """A file that nobody writes any more, locked while its lines are being sent."""

    def __init__(self, path: Path, fd: int, lines: list[bytes], torn: int) -> None:
        self.path = path
        self.lines = lines
        self.torn = torn
        self._fd = fd

    def delete(self) -> None:
        """Delete it: its lines are where they should be. OSError."""
        if sys.platform == "win32":
            self.leave()  # what is open can't be deleted there
            self.path.unlink(missing_ok=True)
            return
        try:
            self.path.unlink(missing_ok=True)
        finally:
            self.leave()

    def leave(self) -> None:
        """Leave it as it is."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def take(path: Path) -> Taken | None:
    """Lock and read a file; None if another process has it, or has deleted it meanwhile."""
    try:
        fd = os.open(path, os.O_RDWR | _BINARY)
    except OSError:
        return None
    try:
        raw = _read(fd) if try_lock(fd) and os.fstat(fd).st_nlink else None
    except OSError:
        raw = None
    if raw is None:
        os.close(fd)
        return None
    found = [line for line in raw.split(b"\n") if line]
    whole = [line for line in found if _is_whole(line)]
    return Taken(path, fd, whole, len(found) - len(whole))


def listed(folder: Path) -> list[Path]:
    """Return the files of a spool, oldest first."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
    except OSError:
        return []


def _read(fd: int) -> bytes:
    parts = []
    while part := os.read(fd, 1_000_000):
        parts.append(part)
    return b"".join(parts)


def _is_whole(line: bytes) -> bool:
    """Whether a line is an object with an id: what a crash tore, or somebody edited, is not."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and isinstance(said.get("id"), str)
