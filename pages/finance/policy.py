"""Policy: by which choices every revenue figure is made, whose choices they are, and what each other would change."""

from core.access.permissions import Permission
from core.finance.policy_figures import compared
from core.finance.policy_reads import policy_versions
from pages.finance import policy_history, policy_now, policy_switches
from pages.parts import session
from pages.parts.cards import header
from pages.parts.load import load, minute, told


def page() -> None:
    """Draw the screen."""
    actor = session.require(Permission.FINANCE_READ)
    header(
        "Metric policy",
        "Questions that revenue systems answer differently. The ledger holds the standard, figures follow your choice.",
    )
    with told("the policy"):
        found = load(compared, actor, as_of=minute())
        policy_now.show(found)
        policy_switches.show(actor, found)
        policy_history.show(load(policy_versions, actor))
