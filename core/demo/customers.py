"""What a customer of the demo world is: who they are, what they hold, and how they behave."""

from dataclasses import dataclass, field

from core.demo.behavior import Behavior

DEMO_INSTALL = "demo-install-abc123456789abcdef"


@dataclass(frozen=True)
class DemoCustomer:
    """One customer: who they are, what they hold, since when, and how they behave.

    `changes` are (months ago, tier, billing period) of later tier changes; `trial_days_left` makes it a running trial;
    what is `air_gapped` sends nothing by itself; a `coupon` was redeemed when they came.
    """

    name: str
    tier: str
    country: str
    segment: str
    behavior: Behavior
    months: int = 12
    period: str = "monthly"
    install_id: str | None = None
    trial_days_left: int | None = None
    trial_lost_days_ago: int | None = None
    trial_won_days_ago: int | None = None
    telemetry_days: int = 84
    installations: int = 1
    air_gapped: bool = False
    changes: tuple[tuple[float, str, str], ...] = ()
    coupon: str | None = None
    churned_months_ago: float | None = None
    returned: tuple[float, str] | None = None
    suspended_days_ago: tuple[int, int] | None = None
    expires_in_days: int | None = None
    seats: int | None = None
    owner: str = "sam@calos.test"
    note: str = ""
    policy: dict[str, object] = field(default_factory=dict)


OFFICE = {"pos": 6.0, "email": 3.0, "chatbot": 1.0}
