"""The cluster of the embedded PostgreSQL: its creation, its settings, its password."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from db.embedded_layout import Layout, write_private
from db.embedded_programs import Account, EmbeddedServerError

MAJOR_VERSION = "18"
OWNER = "calos_owner"
REMOVAL_ATTEMPTS = 100
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # their paths are limited to 107 bytes, a home's is not
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "huge_pages": "off",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "password_encryption": "scram-sha-256",
    "log_min_duration_statement": "500",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
FAST_UNSAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def ensure_cluster(
    layout: Layout, programs: Path, account: Account | None, superuser: str, *, fast_unsafe: bool
) -> None:
    """Create the cluster, or check that the one there is whole, ours to run and its password known."""
    _remove_unfinished(layout)
    if not layout.data_dir.exists() or not any(layout.data_dir.iterdir()):
        _create(layout, programs, account, superuser, fast_unsafe=fast_unsafe)
        return
    version = layout.data_dir / "PG_VERSION"
    if not version.exists() or not (layout.data_dir / "global" / "pg_control").exists():
        raise EmbeddedServerError(
            f"{layout.data_dir} is not a whole PostgreSQL data folder: restore it from a backup, or move it away to "
            "start with an empty database."
        )
    if (found := version.read_text().strip()) != MAJOR_VERSION:
        raise EmbeddedServerError(
            f"{layout.data_dir} was written by PostgreSQL {found}, and this is PostgreSQL {MAJOR_VERSION}: dump it "
            f"with the programs of version {found}, move it away, start again and restore the dump."
        )
    if not layout.password_file.exists():
        _set_new_password(layout, programs, account, superuser)


def _remove_unfinished(layout: Layout) -> None:
    """Clear away what a killed start left; its initdb may still write there until it misses its files."""
    for _ in range(REMOVAL_ATTEMPTS):
        remains = list(layout.home.glob("postgres.init-*"))
        if not remains:
            return
        for unfinished in remains:
            shutil.rmtree(unfinished, ignore_errors=True)
        time.sleep(0.02)


def _create(layout: Layout, programs: Path, account: Account | None, superuser: str, *, fast_unsafe: bool) -> None:
    """Initialize beside the final place and rename, so that a data folder is whole or absent."""
    if not layout.password_file.exists():
        write_private(layout, layout.password_file, secrets.token_urlsafe(32))
    unfinished = Path(tempfile.mkdtemp(prefix="postgres.init-", dir=layout.home))
    password = unfinished / "password"
    shutil.copyfile(layout.password_file, password)
    if account is not None:
        for path in (password, unfinished):
            os.chown(path, account.uid, account.gid)
    options = (
        f"--pgdata={unfinished / 'data'}",
        f"--username={superuser}",
        f"--pwfile={password}",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth=scram-sha-256",
        "--data-checksums",
        "--no-instructions",
        *(["--no-sync"] if fast_unsafe else []),
    )
    _run([str(programs / "initdb"), *options], account)
    (unfinished / "data").rename(layout.data_dir)
    _sync_folder(layout.home)
    shutil.rmtree(unfinished)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _set_new_password(layout: Layout, programs: Path, account: Account | None, superuser: str) -> None:
    """Keys are no part of a backup: a restored data folder gets a new password from the single-user mode."""
    password = secrets.token_urlsafe(32)
    command = [str(programs / "postgres"), "--single", "-D", str(layout.data_dir), "-j", "postgres"]
    quoted = superuser.replace('"', '""')
    _run(command, account, f"ALTER ROLE \"{quoted}\" PASSWORD '{password}';\n\n")
    write_private(layout, layout.password_file, password)


def _run(command: list[str], account: Account | None, said: str = "") -> None:
    try:
        subprocess.run(  # noqa: S603 our own program and arguments
            command,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            input=said,
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            cwd="/",
            umask=0o077,
            check=True,
        )
    except subprocess.CalledProcessError as failed:
        raise EmbeddedServerError(
            f"{Path(command[0]).name} failed; correct what it says and start again: {failed.stderr.strip()}"
        ) from failed
    except PermissionError as refused:
        raise EmbeddedServerError(
            "PostgreSQL refuses to run as root, and this root may not run a program as another user: run Calos as "
            "another user than root, or set DATABASE_URL to a PostgreSQL server of yours."
        ) from refused


def server_command(layout: Layout, programs: Path, port: int, *, fast_unsafe: bool) -> list[str]:
    """The command line of the server; its settings are written anew, so an old home gets today's.

    An operator tunes with ALTER SYSTEM, which lies in the data folder and wins. The two files lie outside it because
    root must never write where the unprivileged account could have laid a link.
    """
    settings = SETTINGS | (FAST_UNSAFE if fast_unsafe else {})
    config, access = layout.run / "postgresql.conf", layout.run / "pg_hba.conf"
    write_private(layout, config, "".join(f"{name} = '{value}'\n" for name, value in settings.items()), mode=0o644)
    write_private(layout, access, "host all all 127.0.0.1/32 scram-sha-256\n", mode=0o644)
    chosen = (f"config_file={config}", f"hba_file={access}", f"port={port}")
    return [str(programs / "postgres"), "-D", str(layout.data_dir), *(word for one in chosen for word in ("-c", one))]
