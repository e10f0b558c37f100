"""The client from a shell, for whoever operates an installation: `python -m calos verify`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .client import LicenseClient
from .errors import ClientError
from .telemetry import Telemetry
from .verdict import Verdict
from .wire import written


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, or 1 where the license is not valid or something failed."""
    told = _parser().parse_args(words)
    try:
        return int(told.run(told))
    except (ClientError, OSError) as wrong:
        print(f"Error: {wrong}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="calos-client",
        description="Reads CALOS_INSTALL_ID, CALOS_INSTALL_SECRET, CALOS_URL and CALOS_STATE_DIR as the software does.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "verify", _verify, "ask whether this installation may run")
    _command(commands, "request", _request, "write an activation request, to be carried to the vendor")
    _command(commands, "install", _install, "install a license file that was carried here").add_argument("file")
    _command(commands, "fetch", _fetch, "fetch a license file for times without a connection")
    _command(commands, "bundle", _bundle, "write waiting telemetry into a file").add_argument("file")
    _command(commands, "manifest", _manifest, "show what telemetry sends, and its last payload")
    _command(commands, "telemetry-off", _off, "send no telemetry from now on, and delete what waits")
    _command(commands, "telemetry-on", _on, "take that back, from the next start on")
    return parser


def _command(commands: Any, name: str, run: Any, does: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=does, description=does)
    made.set_defaults(run=run)
    return made


def _verify(_: argparse.Namespace) -> int:
    with LicenseClient() as client:
        return _tell(client.state)


def _request(_: argparse.Namespace) -> int:
    print(LicenseClient().request_activation(), end="")
    return 0


def _install(told: argparse.Namespace) -> int:
    return _tell(LicenseClient().install_file(Path(told.file).read_text(encoding="utf-8")))


def _fetch(_: argparse.Namespace) -> int:
    return _tell(LicenseClient().fetch_file())


def _bundle(told: argparse.Namespace) -> int:
    made = Telemetry(offline=True).export_bundle(told.file)
    print(f"{made.events} events in {made.path}" + ("; more wait: run it again with another name" if made.more else ""))
    return 0


def _manifest(_: argparse.Namespace) -> int:
    print(json.dumps(Telemetry(offline=True).manifest().as_json(), indent=2, ensure_ascii=False))
    return 0


def _off(_: argparse.Namespace) -> int:
    Telemetry(offline=True).disable()
    print("Telemetry is off.")
    return 0


def _on(_: argparse.Namespace) -> int:
    Telemetry(offline=True).enable()
    print("Telemetry is on from the next start, unless the environment or the software says otherwise.")
    return 0


def _tell(verdict: Verdict) -> int:
    print(f"{verdict.code}: {verdict.detail}")
    if verdict.entitlements:
        print("grants: " + ", ".join(sorted(verdict.entitlements)))
    if verdict.grace_ends_at is not None:
        print(f"valid without another answer until {written(verdict.grace_ends_at)}")
    if verdict.problem:
        print(f"last problem: {verdict.problem}")
    return 0 if verdict.valid else 1


if __name__ == "__main__":
    sys.exit(main())
