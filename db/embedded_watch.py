"""The process that runs one embedded PostgreSQL and ends it once nobody holds it: a script of its own, stdlib only."""

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.25
READY_POLL_SECONDS = 0.01
FAST_SHUTDOWN_SECONDS = 60.0
LOG_LIMIT_BYTES = 10_000_000
READY = b"ready"
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Watch:
    """What the watching process is told: the command, its account and the files it shares with the holders."""

    command: list[str]
    data_dir: str
    holders_lock: str
    log: str
    ready_fd: int
    uid: int | None
    gid: int | None


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says; the process may be long dead and its pid another's."""

    pid: int
    port: int
    ready: bool


def postmaster(data_dir: Path) -> Postmaster | None:
    """The contents of `postmaster.pid`, or None without a legible one (its 8 lines appear one after the other)."""
    try:
        lines = (data_dir / "postmaster.pid").read_text(errors="replace").splitlines()
        port = int(lines[3]) if len(lines) > 3 else 0
        return Postmaster(int(lines[0]), port, len(lines) > 7 and lines[7].strip() == "ready")
    except (FileNotFoundError, ValueError, IndexError):
        return None


def cluster_mark(data_dir: Path) -> str:
    """The `cluster_name` by which every process serving this very folder (device and inode) is recognized."""
    found = data_dir.stat()
    return f"calos-{found.st_dev:x}-{found.st_ino:x}"


def server_processes(mark: str) -> set[int]:
    """Pids of the living processes of the cluster so marked; command lines are legible whoever owns the process."""
    return {
        pid
        for pid, command in _command_lines()
        if command.startswith(f"postgres: {mark}:")
        or ("/postgres -D " in command and f"cluster_name={mark}" in command)
    }


def _command_lines() -> Iterable[tuple[int, str]]:
    if sys.platform != "linux":
        listed = subprocess.run(["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
        for line in listed.stdout.splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command.strip()
        return
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                yield (
                    int(process.name),
                    (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"),
                )


def end_server(data_dir: Path, mark: str) -> None:
    """Fast shutdown of what runs on this folder; processes without a postmaster, or past their time, are killed."""
    chief = postmaster(data_dir)
    deadline = time.monotonic()
    if chief is not None and chief.pid in server_processes(mark):
        _signal({chief.pid}, signal.SIGINT)
        deadline += FAST_SHUTDOWN_SECONDS
    while living := server_processes(mark):
        if time.monotonic() >= deadline:
            _signal(living, signal.SIGKILL)
        time.sleep(READY_POLL_SECONDS)


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def watch(job: Watch) -> None:
    """Run the server until it ends or the last holder is gone, however it went: the kernel drops a dead one's lock."""
    data_dir, mark = Path(job.data_dir), cluster_mark(Path(job.data_dir))
    holders = os.open(job.holders_lock, os.O_RDWR)
    child_ended = _wake_on_child()
    server = subprocess.Popen(  # noqa: S603 the command comes from the process that started us
        [*job.command, "-c", f"cluster_name={mark}"],
        user=job.uid,
        group=job.gid,
        extra_groups=None if job.uid is None else [],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        preexec_fn=_end_with_the_watch,  # safe: this process has one thread
    )
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the holders decide when the server ends
    said_ready = False
    while server.poll() is None and not _nobody_holds(holders):
        if not said_ready and (chief := postmaster(data_dir)) and chief.ready and chief.pid == server.pid:
            said_ready = True
            with contextlib.suppress(BrokenPipeError):
                os.write(job.ready_fd, READY)
        if select.select([child_ended], [], [], POLL_SECONDS if said_ready else READY_POLL_SECONDS)[0]:
            os.read(child_ended, 64)
        _limit_log(Path(job.log))
    end_server(data_dir, mark)
    server.wait()


def _wake_on_child() -> int:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer)
    return reader


def _end_with_the_watch() -> None:
    """Linux ends the server (fast) even when this process is killed; elsewhere the next start does."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGINT))


def _nobody_holds(holders: int) -> bool:
    try:
        fcntl.flock(holders, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _limit_log(log: Path) -> None:
    """Keep one older log: the server appends to the descriptor it got, so the file is emptied in place."""
    written = sys.stderr.fileno()
    if os.fstat(written).st_size > LOG_LIMIT_BYTES:
        with contextlib.suppress(OSError):  # a full disk must not end the server
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
        os.ftruncate(written, 0)


def main() -> None:
    """Leave the starter's family, so that it has no child to reap, then watch."""
    job = Watch(**json.loads(sys.argv[1]))
    os.umask(0o077)
    if os.fork() == 0:
        watch(job)


if __name__ == "__main__":
    main()
