"""Checks of data protection: the way to people, the secret, the keys, the way to the database, retention."""

from typing import Final

from core.config import SHORTEST_SECRET
from core.security.check import CRITICAL, HIGH, MEDIUM, Category, Check, Judged, counted, not_assessed, part
from core.security.observed import Observed, Secrets

FEWEST_DIFFERENT: Final = 10
RENEW_DAYS: Final = 14
OLDEST_KEY_DAYS: Final = 365
# Partitions are dropped hourly by whole days: a day and the one under way may stand beyond the setting.
RETENTION_SLACK: Final = 2


def weak(secrets: Secrets) -> bool:
    """Whether the secret could be guessed; without one set, a random key of 32 bytes is used."""
    return bool(secrets.length) and (secrets.length < SHORTEST_SECRET or secrets.different < FEWEST_DIFFERENT)


def _https(seen: Observed) -> Judged:
    transport = seen.transport
    remedy = (
        "Set CALOS_TLS_CERT and CALOS_TLS_KEY, or put a proxy that terminates TLS in front and declare it with "
        "CALOS_HTTPS_PROXY=1."
    )
    if not transport.https:
        where = ", so far only from this machine" if transport.only_here else ""
        return Judged(
            0.0, f"People reach Calos over plain http{where}.", f"Served at {transport.origin} without TLS.", remedy
        )
    if transport.certificate_days is None:
        return Judged(
            1.0 if transport.by_proxy else 0.0,
            "A proxy in front speaks HTTPS, by its declaration."
            if transport.by_proxy
            else "The certificate can't be read.",
            f"CALOS_HTTPS_PROXY is set; served at {transport.origin}."
            if transport.by_proxy
            else "CALOS_TLS_CERT was opened and is no PEM certificate.",
            "Let CALOS_TLS_CERT name a PEM certificate that this account may read.",
        )
    left = transport.certificate_days
    return Judged(
        0.0 if left < 0 else 0.5 if left < RENEW_DAYS else 1.0,
        "The certificate has run out." if left < 0 else f"HTTPS, with a certificate valid for {left} more days.",
        f"The certificate file was read; served at {transport.origin}.",
        "Renew the certificate and restart Calos.",
    )


def _secret(seen: Observed) -> Judged:
    secrets = seen.secrets
    if not secrets.length:
        return Judged(
            1.0, "Tokens hang on a random key of this installation's own.", "JWT_SECRET is unset; keys/jwt is used."
        )
    return Judged(
        0.0 if weak(secrets) else 1.0,
        "The secret can be guessed." if weak(secrets) else "The secret is long and varied.",
        f"JWT_SECRET has {secrets.length} characters, {secrets.different} of them different.",
        'Set JWT_SECRET to the output of: python3 -c "import secrets; print(secrets.token_urlsafe(48))"',
    )


def _key_files(seen: Observed) -> Judged:
    secrets = seen.secrets
    if not secrets.key_files:
        return not_assessed("There are no key files yet.", "They are made at the first start.")
    closed = secrets.key_files - len(secrets.open_files)
    return Judged(
        part(closed, secrets.key_files),
        "Keys can be read by their owner only."
        if not secrets.open_files
        else f"Other accounts of this machine can reach {', '.join(secrets.open_files[:3])}.",
        f"File modes in the home's keys: {closed} of {secrets.key_files} closed to others.",
        "Run: chmod -R go= on the folder keys of CALOS_HOME.",
    )


def _environment_file(seen: Observed) -> Judged:
    secrets = seen.secrets
    if not secrets.environment_file:
        return Judged(1.0, "Secrets come from the environment alone.", "There is no .env file beside the program.")
    return Judged(
        0.0 if secrets.environment_file_open else 1.0,
        "Other accounts of this machine can read the secrets in .env."
        if secrets.environment_file_open
        else "Secrets come from .env, which its owner alone can read.",
        "The mode of .env.",
        "Run: chmod 600 .env",
    )


def _key_ages(seen: Observed) -> Judged:
    if not seen.keys:
        return not_assessed("No signing key has been made yet.", "The first answer to an install makes one.")
    young = sum(key.days <= OLDEST_KEY_DAYS for key in seen.keys)
    oldest = max(key.days for key in seen.keys)
    return Judged(
        part(young, len(seen.keys)),
        f"The oldest key that signs is {counted(oldest, 'day')} old.",
        f"Key files of {', '.join(key.use for key in seen.keys)}; renewed at least every {OLDEST_KEY_DAYS} days.",
        "Run: python manage.py keys rotate; older keys stay published while installs move over.",
    )


def _database_link(seen: Observed) -> Judged:
    storage = seen.storage
    safe = storage.local or storage.encrypted
    how = "is encrypted" if storage.encrypted else "stays on this machine" if storage.local else "is open to a network"
    return Judged(
        1.0 if safe else 0.0,
        f"The connection to the database {how}.",
        "pg_stat_ssl and the server's address, asked on this connection.",
        "Add sslmode=verify-full to DATABASE_URL.",
    )


def _retention(seen: Observed) -> Judged:
    storage = seen.storage
    if storage.oldest_event_days is None:
        return not_assessed(
            "No raw telemetry is kept in this database.", "It is assessed once installs have sent events."
        )
    kept = storage.oldest_event_days <= storage.retention_days + RETENTION_SLACK
    return Judged(
        1.0 if kept else 0.0,
        f"Raw telemetry is dropped after {storage.retention_days} days."
        if kept
        else f"Raw telemetry of {storage.oldest_event_days} days ago is still there.",
        f"The oldest partition is {counted(storage.oldest_event_days, 'day')} old; "
        f"CALOS_TELEMETRY_RETENTION_DAYS is {storage.retention_days}.",
        "See that a Calos with CALOS_WORKER=1 runs: it drops what is past retention once an hour.",
    )


CHECKS: Final = (
    Check("https", Category.DATA, "People reach Calos over HTTPS", CRITICAL, _https, practice=1),
    Check("secret", Category.DATA, "The secret cannot be guessed", CRITICAL, _secret),
    Check("key_files", Category.DATA, "Keys are closed to other accounts", HIGH, _key_files),
    Check("database_link", Category.DATA, "The way to the database is closed", HIGH, _database_link),
    Check("environment_file", Category.DATA, "Secrets stay in the environment", MEDIUM, _environment_file, practice=7),
    Check("key_ages", Category.DATA, "Signing keys are renewed", MEDIUM, _key_ages),
    Check("retention", Category.DATA, "Raw telemetry is not kept forever", MEDIUM, _retention),
)
