"""What verification is asked, what it knows and what it answers: the three shapes of every decision."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_type_hints


class Code(StrEnum):
    """Why a verdict is what it is; stable, for machines."""

    NOT_FOUND = "NOT_FOUND"
    REVOKED = "REVOKED"
    SUSPENDED = "SUSPENDED"
    NOT_STARTED = "NOT_STARTED"
    # Given by clients and for license files, which know two clocks; a question carries none.
    CLOCK_TAMPERED = "CLOCK_TAMPERED"
    EXPIRED = "EXPIRED"
    OVERDUE = "OVERDUE"
    FINGERPRINT_MISMATCH = "FINGERPRINT_MISMATCH"
    DOMAIN_NOT_ALLOWED = "DOMAIN_NOT_ALLOWED"
    VERSION_NOT_ALLOWED = "VERSION_NOT_ALLOWED"
    ENTITLEMENT_MISSING = "ENTITLEMENT_MISSING"
    TOO_MANY_INSTALLS = "TOO_MANY_INSTALLS"
    TOO_MANY_SEATS = "TOO_MANY_SEATS"
    EXPIRING = "EXPIRING"
    VALID = "VALID"


@dataclass(frozen=True, slots=True)
class Question:
    """What an installation sends. `seats` is how many are in use there; `authenticated`: it proved its secret."""

    install_id: str
    fingerprint: str | None = None
    domain: str | None = None
    version: str | None = None
    nonce: str | None = None
    seats: int | None = None
    entitlements: tuple[str, ...] = ()
    authenticated: bool = False

    @property
    def installation(self) -> str | None:
        """The fingerprint of the installation that asks: `""` is the unnamed one, None is nobody in particular.

        Only who proves the secret is an installation without saying which; the bare install id asks about the license.
        """
        return self.fingerprint or ("" if self.authenticated else None)


@dataclass(frozen=True, slots=True)
class LicenseState:
    """Everything known of a license at the moment of a decision, its tier's own rules already filled in.

    `installs` counts its installations and is None where the count decides nothing (unlimited, or `activated`);
    `activated` tells whether the installation that asks is one of them; `leases` counts the seats on lease, and is None
    where there is no limit of seats. None is no rule, or unlimited.
    """

    license_id: str
    organization_id: str
    install_id: str
    tier: str
    term: str
    billing_period: str | None
    issued_at: datetime
    starts_at: datetime
    expires_at: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    max_installs: int | None
    max_seats: int | None
    domains: tuple[str, ...]
    fingerprint_required: bool
    check_in_days: int | None
    expiry_strategy: str
    overage: str
    entitlements: tuple[str, ...]
    versions: str | None
    first_verified_at: datetime | None
    last_check_in_at: datetime | None
    state_version: int
    installs: int | None
    activated: bool
    # With a default, since decisions that were kept before seats could be leased say nothing of them.
    leases: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: `valid` may stand beside a code that complains, so both are told."""

    valid: bool
    code: Code
    detail: str
    check_again_at: datetime


def as_json(shape: Question | LicenseState) -> dict[str, Any]:
    """Return the shape as the decision log keeps it: plain JSON, instants in ISO 8601; the nonce is left out."""
    kept = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(shape).items()}
    kept.pop("nonce", None)
    return kept


def question_from_json(kept: dict[str, Any]) -> Question:
    """Return the question that `as_json` kept."""
    return Question(**_read(Question, kept))


def state_from_json(kept: dict[str, Any]) -> LicenseState:
    """Return the state that `as_json` kept."""
    return LicenseState(**_read(LicenseState, kept))


def _read(shape: type, kept: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(shape)
    return {field.name: _value(hints[field.name], kept[field.name]) for field in fields(shape) if field.name in kept}


def _value(hint: Any, value: Any) -> Any:
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is not None and datetime in kinds:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value
