"""The license that a customer's history amounts to: one for each, of the tier that its books name."""

from datetime import datetime, timedelta
from uuid import UUID

from core.ids import new_id, new_install_id
from core.imports.gathering import Account
from core.imports.rows import CustomerRow, SubscriptionRow
from core.licensing.past_licenses import PastLicense


def license_of(
    account: Account, customer: CustomerRow, organization_id: UUID, *, lowest_tier: str, trial_days: int
) -> PastLicense:
    """Return the license: paid where anything ever was paid for, else a trial; over when every subscription is."""
    paid = [one for one in account.subscriptions if one.mrr]
    last = max(account.subscriptions, key=lambda one: (one.starts, one.origin.id), default=None)
    tier = customer.tier or (last.tier if last else lowest_tier)
    if tier == lowest_tier:
        return PastLicense(new_id(), organization_id, new_install_id(), tier, "free", None, customer.signed_up)
    first_paid = min((one.starts for one in paid), default=None)
    tried = any(one.trial for one in account.subscriptions)
    period = max(paid, key=lambda one: one.starts).billing if paid else None
    return PastLicense(
        new_id(),
        organization_id,
        new_install_id(),
        tier,
        "paid" if paid else "trial",
        period,
        issued_at=customer.signed_up,
        expires_at=_end(account.subscriptions, customer, bool(paid), trial_days),
        converted_at=first_paid if tried else None,
        max_seats=customer.seats,
    )


def _end(subscriptions: list[SubscriptionRow], customer: CustomerRow, paid: bool, trial_days: int) -> datetime | None:
    ends = [one.ends for one in subscriptions]
    over = max((end for end in ends if end is not None), default=None) if ends and None not in ends else None
    if paid:
        return max(over, customer.signed_up + timedelta(seconds=1)) if over else None
    return over or customer.signed_up + timedelta(days=trial_days)
