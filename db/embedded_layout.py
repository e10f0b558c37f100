"""Where the files of one embedded server lie under its home, who may enter, and what is remembered between starts."""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from db.embedded_programs import Account, EmbeddedServerError, closed_folder


@dataclass(frozen=True)
class Layout:
    """Where everything of one embedded server lies."""

    home: Path
    data_dir: Path
    run: Path
    password_file: Path
    log: Path


def layout_of(home: Path) -> Layout:
    """The layout under `home`, whose symlinks are followed; nothing is created."""
    home = home.expanduser().resolve()
    return Layout(home, home / "postgres", home / "run", home / "keys" / "postgres", home / "logs" / "postgres.log")


def prepare_folders(layout: Layout) -> None:
    """Create what is missing, closed to other users."""
    for folder in (layout.home, layout.run, layout.password_file.parent, layout.log.parent):
        try:
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=True)
                give_to_home(folder, layout)
        except OSError as refused:
            raise EmbeddedServerError(
                f"{folder} can't be created ({refused.strerror}): set CALOS_HOME to a folder you may write to."
            ) from refused


def is_in_use(layout: Layout) -> bool:
    """Whether a server was ever started in this home."""
    try:
        return layout.run.is_dir()
    except PermissionError as refused:
        raise EmbeddedServerError(
            f"{layout.home} belongs to another user: run this as the user who started Calos, or set DATABASE_URL."
        ) from refused


def open_to(account: Account, layout: Layout) -> None:
    """Let the account pass through the home and its run folder (it can list neither); parents are never changed."""
    for folder in (layout.home, layout.run):
        if closed_folder(folder, account) == folder:
            folder.chmod(folder.stat().st_mode | 0o011)
    closed = closed_folder(layout.run, account)
    if closed is not None:
        raise EmbeddedServerError(
            f"PostgreSQL refuses to run as root, and the user {account.name} may not enter {closed}: set CALOS_HOME to "
            "a folder every user can pass through, such as /var/lib/calos, run Calos as another user than root, or "
            "set DATABASE_URL to a PostgreSQL server of yours."
        )


def read_state(layout: Layout) -> dict[str, str]:
    """What the last start remembered: `port` and `superuser`; empty before the first."""
    try:
        state = json.loads((layout.run / "server.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return {str(key): str(value) for key, value in state.items()} if isinstance(state, dict) else {}


def write_state(layout: Layout, port: int, superuser: str) -> None:
    """Remember what the next start and the attaching processes need."""
    write_private(layout, layout.run / "server.json", json.dumps({"port": str(port), "superuser": superuser}))


def write_private(layout: Layout, path: Path, text: str, mode: int = 0o600) -> None:
    """Write at once or not at all; the file belongs to the owner of the home."""
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(descriptor, mode)
        give_to_home(descriptor, layout)
        file.flush()
        os.fsync(descriptor)
    Path(unfinished).replace(path)


def give_to_home(created: Path | int, layout: Layout) -> None:
    """Root working in someone's home leaves nothing there (a folder, or a file by descriptor) its owner can't use."""
    if os.geteuid() == 0:
        owner = layout.home.stat()
        os.chown(created, owner.st_uid, owner.st_gid)
