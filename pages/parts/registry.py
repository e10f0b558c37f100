"""Every screen: its section, address, icon, and the permission that shows it in the navigation."""

from dataclasses import dataclass
from typing import Literal

from core.access.actor import Actor
from core.access.permissions import Permission

Section = Literal["Home", "Ask", "Customers", "Culture", "Finance", "Usage", "Security", "Settings"]


@dataclass(frozen=True)
class Screen:
    """One screen; `module` holds its `page()`. A hidden screen is reached from a row, not from the navigation."""

    section: Section
    title: str
    path: str
    module: str
    icon: str
    permission: Permission
    hidden: bool = False


SCREENS = (
    Screen("Home", "Overview", "overview", "pages.home.overview", "dashboard", Permission.CUSTOMER_READ),
    Screen("Ask", "Ask", "ask", "pages.ask.ask", "forum", Permission.AI_QUERY),
    Screen("Customers", "Customers", "customers", "pages.customers.customers", "groups", Permission.CUSTOMER_READ),
    Screen("Customers", "Customer", "customer", "pages.customers.customer", "domain", Permission.CUSTOMER_READ, True),
    Screen("Customers", "Brand", "brand", "pages.customers.brand", "palette", Permission.CUSTOMER_READ, True),
    Screen("Customers", "Upsells", "upsells", "pages.customers.upsells", "trending_up", Permission.CULTURE_READ),
    Screen("Customers", "Licenses", "licenses", "pages.customers.licenses", "key", Permission.CUSTOMER_READ),
    Screen("Customers", "Installs", "installs", "pages.customers.installs", "dns", Permission.CUSTOMER_READ),
    Screen("Culture", "Culture profile", "culture", "pages.culture.profile", "psychology", Permission.CULTURE_READ),
    Screen("Culture", "Cultures", "cultures", "pages.culture.cultures", "diversity_2", Permission.CULTURE_READ),
    Screen(
        "Culture", "Health, tested", "health-tested", "pages.culture.backtest", "fact_check", Permission.CULTURE_READ
    ),
    Screen("Finance", "Revenue", "revenue", "pages.finance.revenue", "payments", Permission.FINANCE_READ),
    Screen("Finance", "Retention", "retention", "pages.finance.retention", "group_work", Permission.FINANCE_READ),
    Screen("Finance", "Movements", "movements", "pages.finance.movements", "swap_vert", Permission.FINANCE_READ, True),
    Screen(
        "Finance",
        "Subscriptions",
        "subscriptions",
        "pages.finance.subscriptions",
        "autorenew",
        Permission.FINANCE_READ,
        True,
    ),
    Screen("Finance", "Metric policy", "policy", "pages.finance.policy", "rule", Permission.FINANCE_READ, True),
    Screen("Finance", "Unit economics", "economics", "pages.finance.economics", "calculate", Permission.FINANCE_READ),
    Screen("Finance", "Costs", "costs", "pages.finance.costs", "savings", Permission.FINANCE_READ),
    Screen("Finance", "Cash", "cash", "pages.finance.cash", "account_balance", Permission.FINANCE_READ),
    Screen("Finance", "Invoices", "invoices", "pages.finance.invoices", "receipt_long", Permission.FINANCE_READ),
    Screen("Finance", "Invoice", "invoice", "pages.finance.invoice", "receipt", Permission.FINANCE_READ, True),
    Screen(
        "Finance",
        "Bill a month",
        "invoice-run",
        "pages.finance.invoice_run",
        "playlist_add_check",
        Permission.FINANCE_READ,
        True,
    ),
    Screen("Finance", "Billing setup", "billing", "pages.finance.billing", "tune", Permission.FINANCE_READ, True),
    Screen("Finance", "Plans", "plans", "pages.finance.plans", "sell", Permission.FINANCE_READ),
    Screen(
        "Finance",
        "Reconciliation",
        "reconciliation",
        "pages.finance.reconciliation",
        "difference",
        Permission.FINANCE_READ,
    ),
    Screen(
        "Finance",
        "Parallel run",
        "parallel-run",
        "pages.finance.parallel_run",
        "compare_arrows",
        Permission.FINANCE_READ,
        True,
    ),
    Screen("Finance", "Reports", "reports", "pages.finance.reports", "summarize", Permission.FINANCE_EXPORT),
    Screen(
        "Finance", "Board report", "board-report", "pages.finance.board", "co_present", Permission.FINANCE_READ, True
    ),
    Screen("Usage", "Usage", "usage", "pages.usage.usage", "speed", Permission.USAGE_READ),
    Screen("Usage", "Limits", "limits", "pages.usage.limits", "tune", Permission.USAGE_READ),
    Screen("Usage", "Telemetry", "telemetry", "pages.usage.telemetry", "sensors", Permission.USAGE_READ),
    Screen("Security", "Security score", "security", "pages.security.score", "shield", Permission.SECURITY_READ),
    Screen("Security", "Audit", "audit", "pages.security.audit", "history", Permission.AUDIT_READ),
    Screen("Security", "People", "people", "pages.security.people", "badge", Permission.MEMBER_READ),
    Screen("Settings", "Import", "import", "pages.settings.imports", "upload_file", Permission.ORGANIZATION_CREATE),
    Screen(
        "Settings",
        "Destinations",
        "destinations",
        "pages.settings.destinations",
        "send",
        Permission.SECURITY_MANAGE_POLICY,
    ),
    Screen("Settings", "Mails", "mails", "pages.settings.mails", "mail", Permission.AUDIT_READ),
)


def visible_to(actor: Actor) -> tuple[Screen, ...]:
    """Return the screens that the actor may open; a customer's people have none of the vendor's console."""
    if actor.realm != "vendor":
        return ()
    return tuple(screen for screen in SCREENS if actor.may(screen.permission))
