"""Shapes of licenses on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AliasChoices, Field, StringConstraints

from api.depends import Answer, Strict
from core.licensing.status import Status
from core.licensing.verdicts import Code

InstallId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,80}$")]
# Echoed as it was sent, so its ends are left alone.
Nonce = Annotated[str, StringConstraints(strip_whitespace=False, min_length=1, max_length=200)]


class VerifyQuestion(Strict):
    """What an installation sends when it phones home."""

    install_id: InstallId
    fingerprint: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    domain: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    version: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    nonce: Nonce | None = None
    seats: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    entitlements: Annotated[list[Annotated[str, Field(min_length=1, max_length=80)]], Field(max_length=100)] | None = (
        None
    )


class VerifiedLicense(Answer):
    """Whom a verdict is for and, where the secret was proved, the license: null there is no rule, or unlimited."""

    install_id: str
    fingerprint: str | None
    tier: str | None
    term: Literal["trial", "paid", "free"] | None
    billing_period: Literal["monthly", "quarterly", "annual"] | None
    status: Status | None
    starts_at: datetime | None
    expires_at: datetime | None
    max_installs: int | None
    max_seats: int | None
    domains: list[str] | None
    versions: str | None


class VerifyAnswer(Answer):
    """The signed verdict; what the license grants is told only to those who prove its secret, else null."""

    valid: bool
    code: Code
    detail: str
    license: VerifiedLicense
    entitlements: list[str] | None
    limits: dict[str, int | None] | None = Field(description="By meter; null is unlimited.")
    check_again_at: datetime
    issued_at: datetime
    nonce: str | None
    kid: str = Field(description="Which key of /.well-known/calos-keys.json signed this.")
    signature: str = Field(description="base64url Ed25519 over the RFC 8785 form of this answer without `signature`.")


class LicenseRow(Answer):
    """A license as lists show it."""

    install_id: str
    organization_id: UUID
    organization_name: str
    # The core's name for it stands second, since the description is written from the first.
    tier: str = Field(validation_alias=AliasChoices("tier", "tier_id"))
    term: str
    billing_period: str | None
    status: Status
    issued_at: datetime
    starts_at: datetime
    expires_at: datetime | None
    first_verified_at: datetime | None
    last_check_in_at: datetime | None


class LicensePage(Answer):
    """Some licenses, newest first."""

    licenses: list[LicenseRow]
    next_cursor: str | None


class InstallationRow(Answer):
    """An activated installation; the empty fingerprint is the unnamed one."""

    fingerprint: str
    domain: str | None
    version: str | None
    activated_at: datetime
    last_seen_at: datetime


class LicenseDetail(LicenseRow):
    """A license with its policy; `notes` and `revokeReason` are for staff."""

    suspended_at: datetime | None
    revoked_at: datetime | None
    revoke_reason: str | None
    converted_at: datetime | None
    notes: str
    max_installs: int | None
    max_seats: int | None
    domains: list[str]
    fingerprint_required: bool
    check_in_days: int | None
    expiry_strategy: str
    overage: str
    entitlements: list[str]
    versions: str | None
    seat_heartbeat_seconds: int
    state_version: int


class LicenseWithInstallations(Answer):
    """A license and what is installed under it."""

    license: LicenseDetail
    installations: list[InstallationRow]


class DecisionReplay(Answer):
    """The same decision made again by today's checks from what was known then."""

    valid: bool
    code: Code
    detail: str
    agrees: bool


class DecisionRow(Answer):
    """An answer given first `at` and `times` in all until `lastAt`; `asked` and `known` are all it rested on."""

    id: int
    at: datetime
    last_at: datetime
    times: int
    valid: bool
    code: Code
    state_version: int
    asked: dict[str, Any]
    known: dict[str, Any]
    replay: DecisionReplay


class DecisionPage(Answer):
    """Some decisions, newest first."""

    decisions: list[DecisionRow]
    next_cursor: str | None


class Reason(Strict):
    """Why something is done to a license; kept in the audit trail."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]
