"""What issuing a license and changing a tier are asked and answer; and the customer that an e-mail stands for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from core.finance.reads import Movement
from core.licensing.policy import Policy
from core.licensing.status import Status
from core.money import Money

LONGEST_TRIAL: Final = 365
# Addresses at these hosts say nothing of the company behind them.
_MAILBOX_HOSTS: Final = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "me.com"}
    | {"aol.com", "gmx.de", "gmx.net", "gmx.com", "web.de", "proton.me", "protonmail.com", "mail.com", "zoho.com"}
)
# Second-level names under which countries register companies: acme.co.uk is Acme, not Co.
_REGISTRY_LABELS: Final = frozenset({"co", "com", "org", "net", "ac", "gov", "edu", "ltd", "plc"})


@dataclass(frozen=True)
class LicenseRequest:
    """A license to issue. `user_id` is the id of a person or an organization, or an e-mail.

    With `trial_days` it is a trial of the tier, without a price until it is converted; the billing period is what is
    agreed for afterwards. `amount` is a price by contract in place of the list's; `currency` and `name` (of a customer
    that is new) are found out where they aren't given, and so are `install_id` and `install_secret`.
    """

    user_id: str
    tier: str
    billing_period: str = "monthly"
    trial_days: int = 0
    notes: str = ""
    currency: str | None = None
    amount: Money | None = None
    quantity: int = 1
    name: str | None = None
    country: str | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    policy: Policy | None = None
    install_id: str | None = None
    install_secret: str | None = None


@dataclass(frozen=True)
class Created:
    """A license just issued; `install_secret` is known here and then never again."""

    organization_id: UUID
    organization: str
    license_id: UUID
    install_id: str
    install_secret: str
    tier_id: str
    term: str
    status: Status
    billing_period: str | None
    expires_at: datetime | None
    mrr: Money | None
    new_customer: bool


@dataclass(frozen=True)
class Terms:
    """What a license is worth to its holder and to us at a moment; `mrr` is None without `finance:read`."""

    tier_id: str
    term: str
    billing_period: str | None
    mrr: Money | None


@dataclass(frozen=True)
class Changed:
    """A license before and after an act, and the movement of MRR it caused (None without one or `finance:read`)."""

    organization_id: UUID
    install_id: str
    status: Status
    before: Terms
    after: Terms
    movement: Movement | None


@dataclass(frozen=True)
class Transferred:
    """A license that has changed hands; the movements of both customers are None without any or `finance:read`.

    `install_secret` is None unless a new one was asked for, and known here and then never again.
    """

    install_id: str
    from_organization_id: UUID
    from_organization: str
    organization_id: UUID
    organization: str
    status: Status
    expires_at: datetime | None
    install_secret: str | None
    movement_from: Movement | None
    movement_to: Movement | None


def name_from_email(email: str) -> str:
    """Return the company name that an e-mail suggests: ada@acme-foods.co.uk is of Acme Foods.

    At a public mail host the part before the @ has to do.
    """
    local, _, host = email.partition("@")
    labels = host.split(".")[:-1]
    if len(labels) > 1 and labels[-1] in _REGISTRY_LABELS:
        labels = labels[:-1]
    source = local if host in _MAILBOX_HOSTS or not labels else labels[-1]
    words = source.replace("_", "-").replace(".", "-").replace("+", "-").split("-")
    return " ".join(word.capitalize() for word in words if word)
