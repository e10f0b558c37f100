"""Every bench, one after the other, as Markdown: `python -m tests.bench`, or with `--quick` for a look."""

import argparse
import os
import platform
import subprocess
import sys
import time

# What a figure needs to be steady, and what is enough to see that a bench works.
BENCHES = {
    "start": (["--times", "3"], ["--quick"]),
    "pages": (["--times", "10", "--seconds", "15"], ["--quick"]),
    "browser_pages": (["--times", "5"], ["--quick"]),
    "licenses": (["--times", "20"], ["--licenses", "10000", "--times", "5"]),
    "verify": (["--seconds", "5"], ["--seconds", "1", "--rounds", "1"]),
    "ingest": (["--events", "20000"], ["--events", "2000"]),
    "kills": (["--kills", "50"], ["--kills", "2", "--events", "2000", "--seconds", "5"]),
    "imports": (["--rounds", "3"], ["--rounds", "1"]),
    "invoices": (["--invoices", "1000"], ["--invoices", "100"]),
    "culture": (["--events", "100000", "1000000", "10000000"], ["--events", "100000"]),
    "ask": (["--execute"], ["--rounds", "3"]),
    "ledger": (["--times", "21"], ["--subscriptions", "2000", "20000", "--times", "11"]),
    "realtime": (["--sockets", "100", "5000"], ["--sockets", "100", "--events", "50", "--idle", "0"]),
}


def main() -> None:
    """Run what is asked for; a bench that fails is shown with what it said, and the others still run."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="minutes instead of half an hour; figures are rough")
    asked.add_argument("--only", nargs="+", choices=BENCHES, default=list(BENCHES))
    given = asked.parse_args()
    say = sys.stdout.write
    say(f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, ")
    say(f"load before the first bench {os.getloadavg()[0]:.1f}\n")
    failed = []
    for name in given.only:
        usual, quick = BENCHES[name]
        words = ["-m", f"tests.bench.{name}", *(quick if given.quick else usual)]
        began = time.monotonic()
        done = subprocess.run([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        failed += [name] if done.returncode else []
        say(f"\n## {name}\n\n`python {' '.join(words)}`, {time.monotonic() - began:.0f} s, ")
        say(f"load after it {os.getloadavg()[0]:.1f}\n\n```\n{done.stdout.strip()}\n```\n")
        sys.stdout.flush()
    if failed:
        sys.exit(f"These benches failed: {', '.join(failed)}.")


if __name__ == "__main__":
    main()
