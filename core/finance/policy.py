"""The metric policy: every choice by which revenue figures differ between systems, and the standard of each; pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any, Final, Literal

from core.errors import InvalidInput

Coupons = Literal["as_invoiced", "permanent_only", "ignored"]
Usage = Literal["excluded", "included"]
ChurnDate = Literal["service_end", "paid_period_end", "when_scheduled"]
Denominator = Literal["start", "start_and_new"]
SameMonth = Literal["both", "ignored"]
Window = Literal["forever", "90_days", "180_days", "365_days"]
PastDue = Literal["counts", "excluded"]
Paused = Literal["zero", "counts"]
FxSource = Literal["service_start", "month_average"]
WeekFactor = Literal["calendar", "averaged", "four_weeks"]
LtvForm = Literal["margin_trailing", "trailing", "spot"]
Together = Literal["apart", "grouped"]
AnnualWindow = Literal["as_others", "year"]
Unit = Literal["day", "week", "month"]


@dataclass(frozen=True)
class MetricPolicy:
    """One choice for each switch; the defaults are the standard that the ledger holds."""

    coupons: Coupons = "as_invoiced"
    usage: Usage = "excluded"
    churn_date: ChurnDate = "service_end"
    denominator: Denominator = "start"
    same_month: SameMonth = "both"
    reactivation_window: Window = "forever"
    past_due: PastDue = "counts"
    paused: Paused = "zero"
    fx_source: FxSource = "service_start"
    week_factor: WeekFactor = "calendar"
    ltv_form: LtvForm = "margin_trailing"
    together: Together = "apart"
    annual_window: AnnualWindow = "as_others"

    def but(self, switch: str, choice: str) -> "MetricPolicy":
        """Return it with one switch on another choice; InvalidInput for what there is none of."""
        if choice not in {each.id for each in switch_of(switch).choices}:
            raise InvalidInput(f"“{choice}” is no choice of {switch}.", field="choice")
        changed: dict[str, Any] = {switch: choice}
        return replace(self, **changed)

    def settings(self) -> dict[str, str]:
        """Return it as it is stored: the id of each choice by its switch."""
        return asdict(self)

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> "MetricPolicy":
        """Return what `settings` gave; a switch that came later than they is on its standard."""
        found = cls()
        for switch, choice in settings.items():
            found = found.but(switch, choice)
        return found

    @property
    def window_days(self) -> int | None:
        """Within how many days of leaving somebody who comes back is reactivated; None is forever."""
        return None if self.reactivation_window == "forever" else int(self.reactivation_window.partition("_")[0])


@dataclass(frozen=True)
class Choice:
    """One way of a switch: in a few words, and which systems count so."""

    id: str
    words: str
    who: str


@dataclass(frozen=True)
class Switch:
    """One question that systems answer differently; the first choice is the standard.

    `ledger` says that the answer changes MRR or movements; otherwise it changes a rate that is made of them.
    """

    id: str
    question: str
    choices: tuple[Choice, ...]
    ledger: bool = True


def switch_of(switch: str) -> Switch:
    """Return a switch by its id, or raise InvalidInput."""
    found = next((each for each in SWITCHES if each.id == switch), None)
    if found is None:
        raise InvalidInput(f"The metric policy has no switch “{switch}”.", field="switch")
    return found


def moves_ledger(policy: MetricPolicy) -> bool:
    """Whether figures under a policy have to be derived from histories, since the ledger does not hold them so."""
    chosen = policy.settings()
    return any(each.ledger and chosen[each.id] != each.choices[0].id for each in SWITCHES)


def per_month(unit: Unit, factor: WeekFactor) -> Decimal:
    """Return how many days, weeks or months a month counts as, exactly for the calendar's 365 ÷ 12 and 52 ÷ 12."""
    if unit == "month":
        return Decimal(1)
    days, weeks = {
        "calendar": (Decimal(365) / 12, Decimal(52) / 12),
        "averaged": (Decimal("30.437"), Decimal("4.345")),
        "four_weeks": (Decimal(30), Decimal(4)),
    }[factor]
    return days if unit == "day" else weeks


SWITCHES: Final = (
    Switch(
        "coupons",
        "What does a coupon take off MRR?",
        (
            Choice("as_invoiced", "What invoices subtract, while they do", "ChartMogul, ProfitWell, Maxio"),
            Choice("permanent_only", "Only one that is granted forever", "Stripe's default"),
            Choice("ignored", "Nothing: MRR is before any discount", "Zuora's standard MRR"),
        ),
    ),
    Switch(
        "usage",
        "Is metered usage MRR?",
        (
            Choice("excluded", "No", "Stripe, Maxio, Lago, ChartMogul's standard"),
            Choice("included", "Yes, as a plan of its own", "ProfitWell; newer ChartMogul"),
        ),
    ),
    Switch(
        "churn_date",
        "When has a customer who cancels churned?",
        (
            Choice("service_end", "When the subscription ends", "ChartMogul's standard, Stripe"),
            Choice("paid_period_end", "When what is paid has been used up", "ProfitWell; an option of ChartMogul"),
            Choice("when_scheduled", "When the cancellation was asked for", "ChartMogul's committed MRR"),
        ),
    ),
    Switch(
        "denominator",
        "Churned of whom?",
        (
            Choice("start", "Of those at the start", "ChartMogul, Baremetrics, Polar"),
            Choice("start_and_new", "Of those at the start and those who came", "Stripe"),
        ),
        ledger=False,
    ),
    Switch(
        "same_month",
        "Who comes and leaves within a month?",
        (
            Choice("both", "Is new, and churned", "ChartMogul, Stripe, Maxio, Chargebee"),
            Choice("ignored", "Is neither", "ProfitWell"),
        ),
    ),
    Switch(
        "reactivation_window",
        "Until when is who comes back a reactivation?",
        (
            Choice("forever", "However long they were away", "ChartMogul's standard"),
            Choice("90_days", "Within 90 days; later they are new", "Common among CRM tools"),
            Choice("180_days", "Within 180 days; later they are new", "An own choice"),
            Choice("365_days", "Within a year; later they are new", "An own choice"),
        ),
    ),
    Switch(
        "past_due",
        "Does who owes an overdue invoice count?",
        (
            Choice("counts", "Yes, until canceled", "Stripe, ChartMogul, ProfitWell"),
            Choice("excluded", "No, while it is overdue", "A stricter choice of some boards"),
        ),
    ),
    Switch(
        "paused",
        "What is a paused subscription worth?",
        (
            Choice("zero", "Nothing", "ChartMogul's standard, ProfitWell"),
            Choice("counts", "What it is worth when it runs", "Maxio, Polar"),
        ),
    ),
    Switch(
        "fx_source",
        "At which exchange rate?",
        (
            Choice("service_start", "The dated rate in force", "ChartMogul"),
            Choice("month_average", "The average of the month's rates", "Polar"),
        ),
    ),
    Switch(
        "week_factor",
        "How many weeks and days has a month?",
        (
            Choice("calendar", "52 ÷ 12 and 365 ÷ 12", "ChartMogul's standard, Polar"),
            Choice("averaged", "4.345 and 30.437", "Kaching"),
            Choice("four_weeks", "4 and 30", "Recurly, old formulas"),
        ),
    ),
    Switch(
        "together",
        "Two subscriptions that change at one moment?",
        (
            Choice("apart", "Are two movements", "Stripe; ChartMogul without grouping"),
            Choice("grouped", "Are one", "ChartMogul's smart grouping"),
        ),
    ),
    Switch(
        "ltv_form",
        "What is LTV made of?",
        (
            Choice("margin_trailing", "ARPA × gross margin ÷ churn of six whole months", "The house's standard"),
            Choice("trailing", "ARPA ÷ churn of six whole months", "ChartMogul"),
            Choice("spot", "ARPA ÷ churn of the last month", "Older ChartMogul, Baremetrics"),
        ),
        ledger=False,
    ),
    Switch(
        "annual_window",
        "Over how long is the churn of yearly plans taken?",
        (
            Choice("as_others", "Over the same time as all", "ChartMogul, Stripe"),
            Choice("year", "Over 365 days", "Baremetrics"),
        ),
        ledger=False,
    ),
)
