"""What the surroundings say: the settings of whoever operates the installation, and the time zone it runs in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import Misconfigured
from .storage import default_folder

OFF = frozenset({"0", "false", "no", "off", "disabled"})


@dataclass(frozen=True)
class Installation:
    """Who we are towards the vendor, and where our files lie."""

    install_id: str
    secret: str | None
    url: str | None
    folder: Path
    ca_file: str | None
    allow_http: bool


def installation(
    install_id: str | None,
    secret: str | None,
    url: str | None,
    state_dir: str | Path | None,
    environment: Mapping[str, str] | None = None,
) -> Installation:
    """Return what was given, completed from the environment. Misconfigured without an install id."""
    told = dict(os.environ if environment is None else environment)
    found = install_id or told.get("CALOS_INSTALL_ID")
    if not found:
        raise Misconfigured("Set CALOS_INSTALL_ID to the install id that came with the license, or pass install_id.")
    if not all(character.isascii() and (character.isalnum() or character in "._-") for character in found):
        raise Misconfigured(f"“{found}” is no install id: it holds letters, digits, dots, dashes and underscores.")
    folder = state_dir or told.get("CALOS_STATE_DIR")
    return Installation(
        install_id=found,
        secret=secret or told.get("CALOS_INSTALL_SECRET") or None,
        url=url or told.get("CALOS_URL") or None,
        folder=Path(folder) if folder else default_folder(found, told),
        ca_file=told.get("CALOS_CA_FILE") or None,
        allow_http=told.get("CALOS_ALLOW_HTTP", "").lower() in {"1", "true", "yes", "on"},
    )


def telemetry_is_off(environment: Mapping[str, str] | None = None) -> bool:
    """Whether who operates the installation has opted out: CALOS_TELEMETRY=0, or DO_NOT_TRACK=1 as elsewhere."""
    told = os.environ if environment is None else environment
    refused = told.get("DO_NOT_TRACK", "").strip().lower()
    return told.get("CALOS_TELEMETRY", "").strip().lower() in OFF or refused not in {"", *OFF}


def time_zone() -> str | None:
    """Return the IANA name of the local time zone, such as Europe/Lisbon, or None where the system does not tell."""
    named = os.environ.get("TZ", "").lstrip(":")
    if "/" in named and not named.startswith("/"):
        return named[:64]
    try:
        linked = str(Path("/etc/localtime").readlink())
    except OSError:
        return None
    _, found, zone = linked.partition("zoneinfo/")
    return zone[:64] if found else None
