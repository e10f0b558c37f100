"""What is observed outside of the database: settings, key files, the certificate, packages, the disk."""

import functools
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509

from core.access.passwords import check_new_password
from core.config import Settings
from core.errors import InvalidInput
from core.security.observed import KeyAge, Machine, PasswordRules, Secrets, Transport
from core.signing import ages

ROOT: Final = Path(__file__).parents[2]
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_HERE: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})


def transport(settings: Settings, *, now: datetime) -> Transport:
    """Return how people reach Calos by its settings, and how long its own certificate is still good."""
    left = _certificate_days(Path(settings.tls_cert), now) if settings.tls_cert else None
    return Transport(
        origin=settings.origin,
        https=settings.https,
        by_proxy=settings.https_proxy and not settings.tls_cert,
        certificate_days=left,
        only_here=settings.loopback and (urlsplit(settings.public_url).hostname or "") in _HERE,
    )


def secrets(settings: Settings, environment_file: Path) -> Secrets:
    """Return how guessable the secret is, and whether other accounts of the machine can read it or the keys."""
    folder = settings.home / "keys"
    # Locks hold nothing, and a half-written draft is gone in a moment.
    held = [one for one in (folder, *folder.rglob("*")) if one.suffix not in {".lock", ".draft"} and one.exists()]
    return Secrets(
        length=len(settings.jwt_secret),
        different=len(set(settings.jwt_secret)),
        key_files=len(held),
        open_files=tuple(one.relative_to(settings.home).as_posix() for one in held if one.stat().st_mode & _OTHERS),
        environment_file=environment_file.exists(),
        environment_file_open=environment_file.exists() and bool(environment_file.stat().st_mode & _OTHERS),
    )


def keys(settings: Settings, *, now: datetime) -> tuple[KeyAge, ...]:
    """Return how old the signing keys in use are."""
    return tuple(KeyAge(use, max(age, timedelta(0)).days) for use, age in ages(settings.home, now=now).items())


def machine(home: Path, root: Path = ROOT) -> Machine:
    """Return packages against their tested versions, and the room on the home's disk."""
    locked, others = _packages(root / "requirements.lock")
    disk = shutil.disk_usage(next(one for one in (home, *home.parents) if one.exists()))
    return Machine(locked, others, disk.free, disk.total)


@functools.cache
def password_rules() -> PasswordRules:
    """Put three passwords to the rules in force and return what became of them."""
    return PasswordRules(
        refuses_short=not _accepted("Xy7-Qm2-Lp9"),
        refuses_common=not _accepted("passwordpassword"),
        accepts_plain_words=_accepted("seven quiet otters drift"),
        expires=False,
    )


def _accepted(password: str) -> bool:
    try:
        check_new_password(password)
    except InvalidInput:
        return False
    return True


def _certificate_days(path: Path, now: datetime) -> int | None:
    try:
        return (x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc - now).days
    except (OSError, ValueError):
        return None


@functools.cache
def _packages(path: Path) -> tuple[int, tuple[str, ...]]:
    """Return how many installed packages the list pins, and those that have another version, once a process."""
    if not path.exists():
        return 0, ()
    installed = [(name, pinned, found) for name, pinned in _pins(path) if (found := _version(name)) is not None]
    return len(installed), tuple(f"{name} {found} ({pinned})" for name, pinned, found in installed if found != pinned)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _pins(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text().splitlines():
        name, _, version = line.partition("#")[0].strip().partition("==")
        if version:
            yield name.lower(), version
