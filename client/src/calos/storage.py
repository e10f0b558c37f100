"""The client's folder: small files replaced whole, readable by their owner alone; a full disk is no disaster."""

from __future__ import annotations

import logging
import os
import secrets
import sys
from pathlib import Path

from . import forks

log = logging.getLogger("calos")


class StateFolder:
    """Reads and writes files by name. What cannot be written stays in memory, so that the process goes on as before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: str | None = None
        self._kept: dict[str, bytes] = {}
        self._lock = forks.Lock()

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, or what could not be written to it, or None."""
        with self._lock:
            if name in self._kept:
                return self._kept[name]
        try:
            return (self.path / name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, raw: bytes) -> bool:
        """Replace a file whole and durably; whether it lies on disk."""
        try:
            replace_file(self.path / name, raw)
        except OSError as wrong:
            self._note(f"{self.path} cannot be written ({wrong.strerror or wrong}); what is kept lasts until the end.")
            with self._lock:
                self._kept[name] = raw
            return False
        with self._lock:
            self._kept.pop(name, None)
        self.problem = None
        return True

    def create(self, name: str, raw: bytes) -> bytes:
        """Return what a file holds, writing `raw` if it is not there: the same for every process. OSError."""
        path = self.path / name
        try:
            return path.read_bytes()
        except FileNotFoundError:
            draft = _draft(path, raw)
        try:
            # Unlike a rename, a link never replaces what another process was first to make.
            os.link(draft, path)
        except FileExistsError:
            return path.read_bytes()
        except OSError:
            draft.replace(path)  # a file system without links
            return path.read_bytes()
        finally:
            draft.unlink(missing_ok=True)
        return raw

    def remove(self, *names: str) -> None:
        """Delete files, if they are there."""
        for name in names:
            with self._lock:
                self._kept.pop(name, None)
            try:
                (self.path / name).unlink()
            except OSError:
                continue

    def _note(self, problem: str) -> None:
        if self.problem != problem:
            self.problem = problem
            log.warning("%s", problem)


def default_folder(install_id: str, environment: dict[str, str]) -> Path:
    """Return where the client of an installation keeps its files, unless told otherwise."""
    if sys.platform == "win32":
        above = Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        above = Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return above / "calos" / install_id


def make_folder(path: Path) -> None:
    """Make a folder and those above it, this one for its owner alone. OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)


def replace_file(path: Path, raw: bytes) -> None:
    """Write a file so that it is there whole or not at all, whatever happens meanwhile. OSError."""
    draft = _draft(path, raw)
    try:
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make names in a folder durable, where the system has a way."""
    if sys.platform == "win32":
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _draft(path: Path, raw: bytes) -> Path:
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    fd = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft
