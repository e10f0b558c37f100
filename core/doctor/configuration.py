"""What the doctor finds of settings, secrets, keys and certificates."""

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from core import clock
from core.access.credentials_file import read_credentials
from core.config import SHORTEST_SECRET, Settings, check, unread_names
from core.doctor.finding import Finding, bad, good
from core.errors import InvalidInput

FEWEST_DIFFERENT_CHARACTERS = 10
RENEW_WITHIN = timedelta(days=14)
MAKE_ONE = """Set it to the output of: python3 -c "import secrets; print(secrets.token_urlsafe(48))\""""


def findings(settings: Settings, root: Path) -> Iterator[Finding]:
    """Yield what is found of the settings and of the files they name."""
    yield from values(settings)
    yield environment_file(root / ".env", production=settings.production)
    yield keys(settings.home / "keys")
    yield credentials(settings.credentials_file)
    if settings.tls_cert:
        yield certificate(Path(settings.tls_cert), Path(settings.tls_key), now=clock.now())


def values(settings: Settings) -> Iterator[Finding]:
    """Say whether Calos would start with these settings, and what in them has no effect."""
    try:
        check(settings)
    except InvalidInput as refused:
        yield bad("Settings", refused.message, "Set it in the environment or in .env; docs/operating.md lists all.")
    else:
        yield good("Settings", f"{settings.env}, served at {settings.origin}")
    yield secret(settings.jwt_secret)
    if settings.redis_url:
        yield good(
            "REDIS_URL", "set, but not needed: PostgreSQL carries jobs and events", "Unset it; nothing reads it."
        )
    unread = unread_names()
    if unread:
        yield good(
            "Settings unread",
            f"{', '.join(unread)} mean nothing to Calos",
            "Look for a misspelled name, or unset them.",
        )


def secret(value: str) -> Finding:
    """Say whether the secret could be guessed."""
    if not value:
        return good("JWT_SECRET", "not set: one of this installation's own is kept in the home's keys")
    if len(value) < SHORTEST_SECRET or len(set(value)) < FEWEST_DIFFERENT_CHARACTERS:
        return bad(
            "JWT_SECRET",
            f"can be guessed: it has {len(value)} characters, {len(set(value))} of them different",
            MAKE_ONE,
        )
    return good("JWT_SECRET", f"{len(value)} characters")


def environment_file(path: Path, *, production: bool) -> Finding:
    """Say whether other people of this machine can read the secrets in `.env`."""
    if not path.exists():
        return good(".env", "none: settings come from the environment alone")
    if not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return good(".env", "readable by its owner only")
    mend = f"Run: chmod 600 {path}"
    if production:
        return bad(".env", "other accounts of this machine can read it", mend)
    return good(".env", "other accounts of this machine can read it; outside development they must not", mend)


def keys(folder: Path) -> Finding:
    """Say whether anybody but the owner can read the secret and signing keys."""
    if not folder.exists():
        return good("Keys", "none yet: they are made at the first start")
    # Locks hold nothing; what lies below a closed folder is closed, and the files are closed as well.
    held = [folder, *(path for path in folder.rglob("*") if path.suffix != ".lock")]
    opened = [path for path in held if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if opened:
        return bad(
            "Keys",
            f"other accounts can reach {', '.join(str(path) for path in opened[:3])}",
            f"Run: chmod -R go= {folder}",
        )
    return good("Keys", f"{sum(path.is_file() for path in held)} files in {folder}, readable by their owner only")


def credentials(path: Path) -> Finding:
    """Say whether the people of a streamlit-authenticator file can be read from it."""
    if not path.exists():
        return good("Credentials file", f"none at {path}; people are kept in the database")
    try:
        found, wrong = read_credentials(path.read_bytes())
    except OSError as failure:
        return bad("Credentials file", f"{path} can't be read ({failure.strerror})", f"Run: chmod u+r {path}")
    if wrong:
        return bad("Credentials file", f"{path}, {wrong[0]}", "Mend that line; everybody else in the file is imported.")
    return good("Credentials file", f"{path} holds {len(found)} people")


def certificate(path: Path, key: Path, *, now: datetime) -> Finding:
    """Say whether the certificate can be read and how long it is valid."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        key.read_bytes()
    except (OSError, ValueError) as failure:
        return bad(
            "Certificate",
            f"{path} or {key} can't be read: {failure}",
            "Let CALOS_TLS_CERT and CALOS_TLS_KEY name a PEM certificate and its key that this account may read.",
        )
    left = found.not_valid_after_utc - now
    if left < timedelta(0):
        return bad("Certificate", f"ran out on {found.not_valid_after_utc:%Y-%m-%d}", "Renew it and restart Calos.")
    if left < RENEW_WITHIN:
        return bad("Certificate", f"runs out in {left.days} days", "Renew it and restart Calos.")
    return good("Certificate", f"valid until {found.not_valid_after_utc:%Y-%m-%d}")
