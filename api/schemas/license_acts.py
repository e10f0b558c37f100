"""Shapes of what is done to licenses: policies, renewals, transfers, installations, secrets, many at once, seats."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from api.depends import Answer, Strict
from api.schemas.enterprise import BillingPeriodName, MovementMade
from api.schemas.licenses import InstallId
from api.schemas.policy import PolicyRules
from api.schemas.releases import Moment
from core.accounts.bulk import MOST, BulkAct
from core.accounts.requests import Transferred
from core.accounts.transfers import Expiry
from core.licensing.renewals import Strategy
from core.licensing.seats import LONGEST_HOLDER
from core.licensing.status import Status
from core.licensing.verdicts import Code

Why = Annotated[str, Field(min_length=1, max_length=1000)]
MaybeWhy = Annotated[str, Field(max_length=1000)]
Fingerprint = Annotated[str, Field(max_length=200)]
Holder = Annotated[
    str, Field(min_length=1, max_length=LONGEST_HOLDER, description="Who sits there; a pseudonym will do.")
]


class ChangePolicy(PolicyRules):
    """Rules to change; what is left out stays as it is."""

    reason: MaybeWhy = ""


class RenewLicense(Strict):
    """Until when it runs: a time, or so many days, or (neither given) one billing period more."""

    until: Moment | None = None
    days: Annotated[int | None, Field(ge=1, le=3650)] = None
    strategy: Annotated[Strategy, Field(description="Where days or the period begin.")] = "from_now_if_expired"
    reason: MaybeWhy = ""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.until is not None and self.model_fields_set & {"days", "strategy"}:
            raise ValueError("give either until, or days and strategy")
        return self


class ConvertLicense(Strict):
    """How a trial is billed from now on; as agreed when it was issued, unless said."""

    billing_period: BillingPeriodName | None = None
    reason: MaybeWhy = ""


class TransferLicense(Strict):
    """To whom a license goes: the id of a person or an organization, or an e-mail that a customer goes by."""

    user_id: Annotated[str, Field(min_length=1, max_length=320)]
    expiry: Annotated[Expiry, Field(description="reset begins its term anew.")] = "keep"
    new_secret: Annotated[bool, Field(description="Whether the old install secret shall prove nothing any more.")] = (
        False
    )
    reason: Why


class TransferredLicense(Answer):
    """A license in other hands; `installSecret` is shown this once, and null unless a new one was asked for."""

    install_id: str
    from_organization_id: UUID
    from_organization: str
    organization_id: UUID
    organization: str
    status: Status
    expires_at: datetime | None
    install_secret: str | None
    movement_from: MovementMade | None
    movement_to: MovementMade | None

    @classmethod
    def of(cls, done: Transferred) -> Self:
        """Return the answer for a transfer."""
        return cls.model_validate(done)


class RetireInstallation(Strict):
    """An installation to take off a license; the empty fingerprint is the unnamed one."""

    fingerprint: Fingerprint
    reason: Why


class RotatedSecret(Answer):
    """The new install secret, shown this once."""

    install_id: str
    install_secret: str


class BulkRequest(Strict):
    """One act on many licenses; `days` and `strategy` are for renew."""

    act: BulkAct
    install_ids: Annotated[list[InstallId], Field(min_length=1, max_length=MOST)]
    reason: Why
    days: Annotated[int | None, Field(ge=1, le=3650)] = None
    strategy: Strategy = "from_now_if_expired"


class BulkOutcome(Answer):
    """What became of one license; `code` and `detail` say why it was not done."""

    install_id: str
    done: bool
    code: str | None
    detail: str | None


class BulkAnswer(Answer):
    """What became of each, in the order asked."""

    done: int
    results: list[BulkOutcome]


class LeaseRow(Answer):
    """A seat in use; it is free again after `expiresAt`, unless a heartbeat comes before."""

    holder: str
    fingerprint: str | None
    taken_at: datetime
    renewed_at: datetime
    expires_at: datetime


class SeatsAnswer(Answer):
    """The seats of a license that are in use; `maxSeats` null is unlimited."""

    install_id: str
    seats_in_use: int
    max_seats: int | None
    overage: str
    lease_seconds: int
    leases: list[LeaseRow]


class ReleaseSeat(Strict):
    """A seat to take from who sits on it."""

    holder: Holder
    reason: Why


class TakeSeat(Strict):
    """Who wants to sit, or sits and is still there."""

    install_id: InstallId
    holder: Holder
    fingerprint: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class SeatTaken(Answer):
    """Whether a seat was granted, and until when without another heartbeat; `code` as in a verification.

    Ask again after `heartbeatSeconds`: a third of the lease, so that a lost heartbeat does no harm.
    """

    granted: bool
    code: Code
    detail: str
    holder: str
    expires_at: datetime | None
    heartbeat_seconds: int | None
    seats_in_use: int | None
    max_seats: int | None


class GiveSeatBack(Strict):
    """Who gets up."""

    install_id: InstallId
    holder: Holder


class SeatGivenBack(Answer):
    """Whether there was a seat to give back."""

    released: bool
