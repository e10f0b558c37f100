"""Cold and second start against the bare parts they are made of, in one run: `python -m tests.bench.start`."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from db.embedded_programs import Account, installation, runnable_programs, server_account
from tests.running import Running, running_calos

Took = dict[str, list[float]]


def _bare_import() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import streamlit"], check=True)
    return time.perf_counter() - began


def _bare_postgres() -> tuple[float, float]:
    """Return the seconds of initdb, and of a start and stop, of the same programs with the settings they come with."""
    with tempfile.TemporaryDirectory(prefix="calos-bench-", dir="/var/tmp") as folder:
        home = Path(folder)
        account = server_account(home)
        programs, data = runnable_programs(home, account) if account else installation() / "bin", home / "data"
        if account:
            os.chown(home, account.uid, account.gid)
        began = time.perf_counter()
        _as(account, str(programs / "initdb"), "-D", str(data), "-U", "bench", "--locale=C", "--auth=trust")
        made = time.perf_counter() - began
        options = f"-c listen_addresses='' -c unix_socket_directories={home}"
        began = time.perf_counter()
        _as(account, str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(home / "log"), "-o", options, "start")
        started = time.perf_counter() - began
        _as(account, str(programs / "pg_ctl"), "-D", str(data), "-w", "-m", "fast", "stop")
        return made, started


def _as(account: Account | None, *command: str) -> None:
    subprocess.run(
        command,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _start(calos: Running) -> tuple[float, float]:
    """Return the seconds until the port answers anything at all, and until Calos is ready."""
    began = time.perf_counter()
    calos.start()
    while not _heard(f"{calos.url}/healthz"):
        time.sleep(0.02)
    answered = time.perf_counter() - began
    calos.wait_until_ready()
    return answered, time.perf_counter() - began


def _heard(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, OSError):
        return False


def _measure(took: Took, *, demo: bool) -> None:
    """Start on an empty home, end it, and start again on what the first start left."""
    world = "with demo" if demo else "without demo"
    with running_calos(CALOS_DEMO="1" if demo else "0") as calos:
        for which in ("cold start", "second start"):
            answered, ready = _start(calos)
            calos.end()
            took.setdefault(f"{which} {world}: the port answers", []).append(answered)
            took.setdefault(f"{which} {world}: ready", []).append(ready)


def main() -> None:
    """Measure every start in turn, as often as asked, so that a slow moment of the machine shows."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--times", type=int, default=3)
    asked.add_argument("--quick", action="store_true", help="once, and without the demo world")
    given = asked.parse_args()
    took: Took = {}
    for _ in range(1 if given.quick else given.times):
        took.setdefault("bare: python -c 'import streamlit'", []).append(_bare_import())
        made, started = _bare_postgres()
        took.setdefault("bare: initdb", []).append(made)
        took.setdefault("bare: start of PostgreSQL", []).append(started)
        _measure(took, demo=False)
        if not given.quick:
            _measure(took, demo=True)
    _print(took)


def _print(took: Took) -> None:
    middle = {name: statistics.median(seconds) for name, seconds in took.items()}
    imported, made, started = [seconds for name, seconds in middle.items() if name.startswith("bare")]
    ceilings = {"cold": imported + made + started, "second": imported + started}
    sys.stdout.write("cold against import + initdb + start of PostgreSQL, second against import + start\n")
    for name, seconds in took.items():
        ceiling = ceilings.get(name.partition(" ")[0])
        ratio = f"  {middle[name] / ceiling:5.1f} of the bare parts" if ceiling else ""
        sys.stdout.write(
            f"{name:42} min {min(seconds):6.2f}  median {middle[name]:6.2f}  max {max(seconds):6.2f} s{ratio}\n"
        )


if __name__ == "__main__":
    main()
