"""Every setting of Calos, from the environment or `.env`; the only reader of `os.environ`."""

import functools
import hashlib
import hmac
import os
import secrets
import sys
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from core.errors import InvalidInput

DEMO_PASSWORD = "calos-demo-password"  # noqa: S105 - published on purpose, demo mode only
DEMO_INSTALL_SECRET = "demo-install-secret"  # noqa: S105 - likewise
SHORTEST_SECRET = 32


def _default_home() -> Path:
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/calos")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "calos"


class Settings(BaseSettings):
    """The settings by their lower-case names; docs/operating.md documents each (a test holds it to that)."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    home: Path = Field(default_factory=_default_home, alias="CALOS_HOME")
    env: Literal["development", "production"] = Field("development", alias="CALOS_ENV")
    host: str = Field("127.0.0.1", alias="CALOS_HOST")
    port: int = Field(5001, ge=1, le=65535, alias="CALOS_PORT")
    public_url: str = Field("", alias="CALOS_PUBLIC_URL")
    demo: bool = Field(True, alias="CALOS_DEMO")
    demo_password: str = Field(DEMO_PASSWORD, alias="CALOS_DEMO_PASSWORD")
    demo_install_secret: str = Field(DEMO_INSTALL_SECRET, alias="CALOS_DEMO_INSTALL_SECRET")
    database_url: str = Field("", alias="DATABASE_URL")
    telemetry_url: str = Field("", alias="TELEMETRY_URL")
    db_roles: str = Field("calos", pattern=r"^[a-z][a-z0-9_]{0,40}$", alias="CALOS_DB_ROLES")
    jwt_secret: str = Field("", alias="JWT_SECRET")
    credentials_file: Path = Field(Path(".streamlit/credentials.yaml"), alias="CALOS_CREDENTIALS")
    https_proxy: bool = Field(False, alias="CALOS_HTTPS_PROXY")
    tls_cert: str = Field("", alias="CALOS_TLS_CERT")
    tls_key: str = Field("", alias="CALOS_TLS_KEY")
    session_idle_minutes: int = Field(30, ge=1, le=1440, alias="CALOS_SESSION_IDLE_MINUTES")
    session_hours: int = Field(12, ge=1, le=720, alias="CALOS_SESSION_HOURS")
    door_rate: int = Field(60_000, ge=60, alias="CALOS_DOOR_RATE")
    worker: bool = Field(True, alias="CALOS_WORKER")
    telemetry_retention_days: int = Field(395, ge=31, le=3650, alias="CALOS_TELEMETRY_RETENTION_DAYS")
    support_email: str = Field("support@calos.test", alias="CALOS_SUPPORT_EMAIL")
    sales_email: str = Field("sales@calos.test", alias="CALOS_SALES_EMAIL")
    security_email: str = Field("security@calos.test", alias="CALOS_SECURITY_EMAIL")
    smtp_url: str = Field("", alias="CALOS_SMTP_URL")
    mail_from: str = Field("calos@calos.test", alias="CALOS_MAIL_FROM")
    webhook_private: bool = Field(False, alias="CALOS_WEBHOOK_PRIVATE")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="CALOS_LOG_LEVEL")
    log_format: Literal["auto", "json", "console"] = Field("auto", alias="CALOS_LOG_FORMAT")
    otlp_endpoint: str = Field("", alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    sentry_dsn: str = Field("", alias="SENTRY_DSN")
    stripe_secret_key: str = Field("", alias="STRIPE_SECRET_KEY")
    stripe_webhook_secret: str = Field("", alias="STRIPE_WEBHOOK_SECRET")
    stripe_url: str = Field("https://api.stripe.com", min_length=1, alias="STRIPE_API_BASE")
    openai_api_key: str = Field("", alias="OPENAI_API_KEY")
    openai_base_url: str = Field("https://api.openai.com/v1", alias="OPENAI_BASE_URL")
    openai_model: str = Field("gpt-6-luna", min_length=1, alias="OPENAI_MODEL")
    openai_second_model: str = Field("gpt-6.1-terra", alias="OPENAI_SECOND_MODEL")
    ask: Literal["grammar", "model"] = Field("grammar", alias="CALOS_ASK")
    redis_url: str = Field("", alias="REDIS_URL")

    @field_validator("database_url", "telemetry_url")
    @classmethod
    def _is_postgresql(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql:// (PostgreSQL 14 or newer is the only database Calos speaks)")
        try:
            _ = urlsplit(value).port
        except ValueError as wrong:
            raise ValueError(
                "must be postgresql://user:password@host:port/name, with % codes for @ : / # in a password"
            ) from wrong
        return value.replace("postgres://", "postgresql://", 1)

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: str) -> str:
        try:
            where = urlsplit(value)
            well = where.scheme in {"smtp", "smtps"} and bool(where.hostname) and where.port != 0
        except ValueError:
            well = False
        if value and not well:
            raise ValueError(
                "must be smtp://user:password@host:port (STARTTLS) or smtps://…, with % codes in a password"
            )
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_one_address(cls, value: str) -> str:
        local, at, host = value.partition("@")
        if not (local and at and host) or "@" in host or not value.isprintable() or set(value) & set(' <>,;:"\\'):
            raise ValueError("must be one plain address such as calos@example.com; the name before it is the brand's")
        return value

    @property
    def production(self) -> bool:
        """Whether this is a real installation, where weak secrets and plain http are refused."""
        return self.env == "production"

    @property
    def https(self) -> bool:
        """Whether people reach Calos over HTTPS: its own certificate, or a proxy declared to speak it."""
        return bool(self.tls_cert) or self.https_proxy

    @property
    def origin(self) -> str:
        """The address people type, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        return f"{'https' if self.tls_cert else 'http'}://localhost:{self.port}"

    @property
    def smtp_host(self) -> str:
        """The mail server's host; empty without one."""
        return urlsplit(self.smtp_url).hostname or ""

    @property
    def loopback(self) -> bool:
        """Whether the door is only open to this machine."""
        return self.host in {"127.0.0.1", "localhost", "::1"}


@functools.cache
def settings() -> Settings:
    """Return the settings, read once per process, or raise InvalidInput with what is wrong with which."""
    try:
        return Settings()
    except ValidationError as wrong:
        # The values stay out of it: one may hold a password.
        found = [f"{one['loc'][0]}: {one['msg'].removeprefix('Value error, ')}" for one in wrong.errors()]
        raise InvalidInput(f"Mend these settings (docs/operating.md lists them all): {'; '.join(found)}.") from None


def unread_names() -> tuple[str, ...]:
    """Return the names set in the environment or `.env` that begin with CALOS_ and that no setting reads."""
    known = {field.alias for field in Settings.model_fields.values()}
    given = {name.upper() for name in (*os.environ, *DotEnvSettingsSource(Settings).env_vars)}
    # CALOS_TEST_… is how the processes of one test run find each other.
    ours = {name for name in given if name.startswith("CALOS_") and not name.startswith("CALOS_TEST_")}
    return tuple(sorted(ours - known))


def check(current: Settings) -> None:
    """Raise InvalidInput with a sentence that says what to set, where the settings are unsafe to start with."""
    if current.production and len(current.jwt_secret) < SHORTEST_SECRET:
        raise InvalidInput(
            f"JWT_SECRET is {'missing' if not current.jwt_secret else 'too short'}: outside development set it to at "
            f'least {SHORTEST_SECRET} random characters, for example from: python3 -c "import secrets; '
            'print(secrets.token_urlsafe(48))"'
        )
    if current.production and not current.https:
        raise InvalidInput(
            "Outside development Calos speaks HTTPS only: set CALOS_TLS_CERT and CALOS_TLS_KEY, or put a proxy that "
            "terminates TLS in front and declare it with CALOS_HTTPS_PROXY=1."
        )
    if bool(current.tls_cert) != bool(current.tls_key):
        raise InvalidInput("CALOS_TLS_CERT and CALOS_TLS_KEY belong together: set both, or neither.")
    if current.demo and not current.loopback and current.demo_password == DEMO_PASSWORD:
        raise InvalidInput(
            "The demo sign-ins have a published password, so they are only served on this machine: set "
            "CALOS_DEMO_PASSWORD to one of your own, or CALOS_DEMO=0, or leave CALOS_HOST at 127.0.0.1."
        )
    if current.demo and current.production and current.demo_install_secret == DEMO_INSTALL_SECRET:
        raise InvalidInput(
            "Outside development set CALOS_DEMO=0, or give CALOS_DEMO_INSTALL_SECRET a value of its own."
        )


def key_file(home: Path, name: str) -> bytes:
    """Return the 32-byte secret `name` kept in `home/keys` (mode 0600), making it on first use."""
    path = home / "keys" / name
    try:
        return bytes.fromhex(path.read_text().strip())
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = secrets.token_bytes(32)
    draft = path.with_name(f"{name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(made.hex())
    try:
        # link() never replaces: of two processes starting at once, both end with the first one's secret.
        os.link(draft, path)
    except FileExistsError:
        return bytes.fromhex(path.read_text().strip())
    finally:
        draft.unlink()
    return made


def secret_for(current: Settings, use: str) -> bytes:
    """Derive the 32-byte key for one use from JWT_SECRET, or from the key file kept in CALOS_HOME when it is unset."""
    root = current.jwt_secret.encode() if current.jwt_secret else key_file(current.home, "jwt")
    return hmac.new(root, f"calos:{use}".encode(), hashlib.sha256).digest()


def interactive() -> bool:
    """Whether a person is looking at this process's standard error."""
    return sys.stderr.isatty()
